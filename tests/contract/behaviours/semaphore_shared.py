"""Semaphore and BoundedSemaphore between processes: units taken, given back, or handed from one to another."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from multiprocessing.synchronize import BoundedSemaphore, Semaphore

from .semaphore import TOO_OFTEN
from .support import append, finish, raises, scratch_file, start, words


def _release(semaphore: Semaphore, times: int) -> None:
    for _ in range(times):
        semaphore.release()


def check_child_releases_what_the_parent_waits_for() -> None:
    semaphore = multiprocessing.Semaphore(0)
    child = start(_release, semaphore, 5)
    for _ in range(5):
        assert semaphore.acquire() is True
    finish(child)
    assert semaphore.get_value() == 0


def _acquire(semaphore: Semaphore, times: int) -> None:
    for _ in range(times):
        assert semaphore.acquire() is True


def check_parent_releases_what_children_wait_for() -> None:
    semaphore = multiprocessing.Semaphore(0)
    children = [start(_acquire, semaphore, 3) for _ in range(3)]
    _release(semaphore, 9)
    finish(*children)
    assert semaphore.get_value() == 0


def check_handed_from_child_to_child() -> None:
    semaphore = multiprocessing.Semaphore(0)
    finish(*[start(_acquire, semaphore, 20), start(_release, semaphore, 25)])
    assert semaphore.get_value() == 5


def _take_turns(mine: Semaphore, other: Semaphore, path: str, name: str) -> None:
    for _ in range(5):
        mine.acquire()
        append(path, name)
        other.release()


def check_two_semaphores_make_two_processes_take_turns() -> None:
    first, second = multiprocessing.Semaphore(1), multiprocessing.Semaphore(0)
    with scratch_file() as path:
        finish(
            start(_take_turns, second, first, path, "b"),
            start(_take_turns, first, second, path, "a"),
        )
        assert words(path) == ["a", "b"] * 5


def _come_and_go(semaphore: Semaphore, path: str, rounds: int) -> None:
    for _ in range(rounds):
        with semaphore:
            append(path, "in")
            append(path, "out")


def check_never_more_inside_than_units() -> None:
    semaphore = multiprocessing.BoundedSemaphore(2)
    with scratch_file() as path:
        finish(*[start(_come_and_go, semaphore, path, 15) for _ in range(4)])
        inside = 0
        for word in words(path):
            inside += 1 if word == "in" else -1
            assert 0 <= inside <= 2
        assert len(words(path)) == 120
    assert semaphore.get_value() == 2


def _find(semaphore: Semaphore, value: int, report: Connection) -> None:
    assert semaphore.get_value() == value
    report.send(repr(semaphore))


def check_value_and_repr_in_a_child() -> None:
    semaphore = multiprocessing.Semaphore(3)
    semaphore.acquire()
    reader, report = multiprocessing.Pipe(duplex=False)
    finish(start(_find, semaphore, 2, report))
    assert reader.recv() == "<Semaphore(value=2)>"


def _acquire_some(semaphore: Semaphore, held: Connection, go: Connection) -> None:
    assert semaphore.acquire() and semaphore.acquire()
    held.send("held")
    assert go.recv() == "go"
    semaphore.release()
    semaphore.release()


def check_units_held_elsewhere_are_not_free() -> None:
    semaphore = multiprocessing.Semaphore(3)
    reader, held = multiprocessing.Pipe(duplex=False)
    waiting, go = multiprocessing.Pipe(duplex=False)
    child = start(_acquire_some, semaphore, held, waiting)
    assert reader.recv() == "held"
    assert semaphore.get_value() == 1
    assert semaphore.acquire(block=False) is True
    assert semaphore.acquire(timeout=0.02) is False
    go.send("go")
    assert semaphore.acquire() is True
    finish(child)
    assert semaphore.get_value() == 1


def check_units_of_a_process_that_ended_stay_taken() -> None:
    semaphore = multiprocessing.BoundedSemaphore(3)
    finish(start(_acquire, semaphore, 2))
    assert semaphore.get_value() == 1
    semaphore.release()
    semaphore.release()
    with raises(ValueError, TOO_OFTEN):
        semaphore.release()
    assert semaphore.get_value() == 3


def _release_then_too_often(semaphore: BoundedSemaphore, taken: Connection, go: Connection) -> None:
    semaphore.acquire()
    taken.send("taken")
    assert go.recv() == "go"
    with raises(ValueError, TOO_OFTEN):
        semaphore.release()


def check_bounded_released_by_another_than_took_it() -> None:
    semaphore = multiprocessing.BoundedSemaphore(1)
    reader, taken = multiprocessing.Pipe(duplex=False)
    waiting, go = multiprocessing.Pipe(duplex=False)
    child = start(_release_then_too_often, semaphore, taken, waiting)
    assert reader.recv() == "taken"
    semaphore.release()
    assert semaphore.get_value() == 1
    go.send("go")
    finish(child)
    assert semaphore.get_value() == 1


def _use_both(pair: tuple[Semaphore, Semaphore]) -> None:
    first, second = pair
    assert first.acquire(block=False) is True
    assert second.acquire(block=False) is False
    assert second.get_value() == 0
    second.release()
    assert first.get_value() == 1


def check_same_semaphore_twice() -> None:
    semaphore = multiprocessing.Semaphore(1)
    finish(start(_use_both, (semaphore, semaphore)))
    assert semaphore.get_value() == 1


def check_many_semaphores() -> None:
    semaphores = [multiprocessing.Semaphore(number) for number in range(20)]
    finish(start(_release_all, semaphores))
    assert [semaphore.get_value() for semaphore in semaphores] == list(range(1, 21))


def _release_all(semaphores: list[Semaphore]) -> None:
    for semaphore in semaphores:
        semaphore.release()


def _wait_for_ever(semaphore: Semaphore, ready: Connection) -> None:
    ready.send("waits")
    semaphore.acquire()


def check_terminated_while_it_waits() -> None:
    semaphore = multiprocessing.Semaphore(0)
    reader, ready = multiprocessing.Pipe(duplex=False)
    children = [start(_wait_for_ever, semaphore, ready) for _ in range(2)]
    assert [reader.recv(), reader.recv()] == ["waits", "waits"]
    children[0].terminate()
    children[0].join()
    assert children[0].exitcode == -15
    semaphore.release()
    finish(children[1])
    assert semaphore.get_value() == 0
    semaphore.release()
    assert semaphore.acquire(timeout=60) is True


def _hold_for_ever(semaphore: Semaphore, ready: Connection, block: Connection) -> None:
    semaphore.acquire()
    ready.send("held")
    block.recv()


def check_unit_of_a_terminated_process_stays_taken() -> None:
    semaphore = multiprocessing.Semaphore(2)
    reader, ready = multiprocessing.Pipe(duplex=False)
    never, _open = multiprocessing.Pipe(duplex=False)
    child = start(_hold_for_ever, semaphore, ready, never)
    assert reader.recv() == "held"
    child.terminate()
    child.join()
    assert semaphore.get_value() == 1
    assert semaphore.acquire(block=False) and not semaphore.acquire(block=False)


def _write_then_release(semaphore: Semaphore, report: Connection) -> None:
    report.send("written")
    semaphore.release()


def check_what_was_sent_before_the_release_is_there() -> None:
    semaphore = multiprocessing.Semaphore(0)
    reader, report = multiprocessing.Pipe(duplex=False)
    child = start(_write_then_release, semaphore, report)
    semaphore.acquire()
    assert reader.poll()
    assert reader.recv() == "written"
    finish(child)


def check_number_of_those_inside_is_seen_by_the_value() -> None:
    semaphore = multiprocessing.Semaphore(3)
    reader, held = multiprocessing.Pipe(duplex=False)
    go = multiprocessing.Semaphore(0)
    children = [start(_acquire_one, semaphore, held, go) for _ in range(3)]
    assert [reader.recv() for _ in children] == ["held"] * 3
    assert semaphore.get_value() == 0
    for _ in children:
        go.release()
    finish(*children)
    assert semaphore.get_value() == 3


def _acquire_one(semaphore: Semaphore, held: Connection, go: Semaphore) -> None:
    with semaphore:
        held.send("held")
        go.acquire()
