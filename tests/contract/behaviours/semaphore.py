"""Semaphore and BoundedSemaphore: units that are taken, given back, or handed from one process to another."""

from __future__ import annotations

import multiprocessing
import threading
from multiprocessing.connection import Connection
from multiprocessing.synchronize import SEM_VALUE_MAX, BoundedSemaphore, Semaphore, SemLock

from .support import append, finish, raises, scratch_file, shows, start, words

TOO_OFTEN = "semaphore or lock released too many times"


# ---- in one process ---------------------------------------------------------------------------------------------------


def check_one_unit_by_default() -> None:
    for semaphore in (multiprocessing.Semaphore(), multiprocessing.BoundedSemaphore()):
        assert semaphore.get_value() == 1
        assert semaphore.acquire() is True
        assert semaphore.get_value() == 0
        assert semaphore.release() is None
        assert semaphore.get_value() == 1


def check_as_many_as_there_are() -> None:
    semaphore = multiprocessing.Semaphore(3)
    for left in (2, 1, 0):
        assert semaphore.acquire(block=False) is True
        assert semaphore.get_value() == left
    assert semaphore.acquire(block=False) is False
    assert semaphore.acquire(False) is False
    for count in (1, 2, 3):
        semaphore.release()
        assert semaphore.get_value() == count


def check_none_at_first() -> None:
    semaphore = multiprocessing.Semaphore(0)
    assert semaphore.acquire(block=False) is False
    semaphore.release()
    assert semaphore.acquire(block=False) is True


def check_value_by_keyword() -> None:
    assert multiprocessing.Semaphore(value=4).get_value() == 4
    assert multiprocessing.BoundedSemaphore(value=4).get_value() == 4


def check_more_releases_than_acquires() -> None:
    semaphore = multiprocessing.Semaphore(1)
    for count in (2, 3, 4):
        semaphore.release()
        assert semaphore.get_value() == count
    assert all(semaphore.acquire(block=False) for _ in range(4))
    assert not semaphore.acquire(block=False)


def check_bounded_release_beyond_the_first_value() -> None:
    semaphore = multiprocessing.BoundedSemaphore(2)
    with raises(ValueError, TOO_OFTEN):
        semaphore.release()
    assert semaphore.get_value() == 2
    semaphore.acquire()
    semaphore.release()
    with raises(ValueError, TOO_OFTEN):
        semaphore.release()
    assert semaphore.get_value() == 2


def check_bounded_of_none() -> None:
    semaphore = multiprocessing.BoundedSemaphore(0)
    assert semaphore.acquire(block=False) is False
    with raises(ValueError, TOO_OFTEN):
        semaphore.release()
    assert semaphore.get_value() == 0


def check_negative_value() -> None:
    with raises(OSError, "[Errno 22] Invalid argument"):
        multiprocessing.Semaphore(-1)
    with raises(OSError, "[Errno 22] Invalid argument"):
        multiprocessing.BoundedSemaphore(-1)


def check_value_too_large() -> None:
    with raises(OverflowError):
        multiprocessing.Semaphore(2**40)
    with raises(OverflowError):
        multiprocessing.BoundedSemaphore(2**40)


def check_value_that_is_no_number() -> None:
    for value in ("1", None, 1.5):
        with raises(TypeError, f"'{type(value).__name__}' object cannot be interpreted as an integer"):
            multiprocessing.Semaphore(value)  # type: ignore[arg-type]
    assert multiprocessing.Semaphore(True).get_value() == 1


def check_the_largest_value() -> None:
    semaphore = multiprocessing.Semaphore(SEM_VALUE_MAX)
    assert semaphore.get_value() == SEM_VALUE_MAX
    with raises(ValueError, TOO_OFTEN):
        semaphore.release()
    assert semaphore.acquire(block=False)
    semaphore.release()


def check_acquire_with_timeout() -> None:
    semaphore = multiprocessing.Semaphore(1)
    assert semaphore.acquire(timeout=60) is True
    assert semaphore.acquire(timeout=0.02) is False
    assert semaphore.acquire(True, 0.02) is False
    assert semaphore.acquire(timeout=0) is False
    assert semaphore.acquire(timeout=-1) is False
    assert semaphore.acquire(False, 60) is False
    semaphore.release()
    assert semaphore.acquire(True, None) is True


def check_timeout_that_is_no_number() -> None:
    semaphore = multiprocessing.Semaphore(1)
    for block in (True, False):
        with raises(TypeError, "must be real number, not str"):
            semaphore.acquire(block, "1")  # type: ignore[arg-type]
    with raises(TypeError):
        semaphore.acquire(blocking=False)  # type: ignore[call-arg]
    assert semaphore.get_value() == 1


def check_waits_that_timed_out_leave_no_trace() -> None:
    semaphore = multiprocessing.Semaphore(0)
    for _ in range(3):
        assert semaphore.acquire(timeout=0.005) is False
    semaphore.release()
    assert semaphore.get_value() == 1
    assert semaphore.acquire(timeout=60) is True


def check_context_manager() -> None:
    semaphore = multiprocessing.Semaphore(2)
    with semaphore as entered:
        assert entered is True
        assert semaphore.get_value() == 1
    with raises(KeyError), semaphore:
        raise KeyError("inside")
    assert semaphore.get_value() == 2


def check_repr() -> None:
    semaphore, bounded = multiprocessing.Semaphore(3), multiprocessing.BoundedSemaphore(2)
    assert repr(semaphore) == "<Semaphore(value=3)>"
    assert shows(repr(bounded), "BoundedSemaphore(value=2,", "maxvalue=2)"), bounded
    semaphore.acquire()
    bounded.acquire()
    assert repr(semaphore) == "<Semaphore(value=2)>"
    assert shows(repr(bounded), "BoundedSemaphore(value=1,", "maxvalue=2)"), bounded


def check_classes() -> None:
    assert issubclass(BoundedSemaphore, Semaphore) and issubclass(Semaphore, SemLock)
    assert type(multiprocessing.Semaphore()) is Semaphore
    assert type(multiprocessing.BoundedSemaphore()) is BoundedSemaphore


def check_made_from_the_class() -> None:
    context = multiprocessing.get_context("spawn")
    assert Semaphore(2, ctx=context).get_value() == 2
    assert BoundedSemaphore(2, ctx=context).get_value() == 2
    assert context.Semaphore(3).get_value() == 3
    assert context.BoundedSemaphore(3).get_value() == 3


def check_semlock_itself() -> None:
    context = multiprocessing.get_context("spawn")
    with raises(ValueError, "unrecognized kind"):
        SemLock(5, 1, 1, ctx=context)
    units = SemLock(1, 0, 2, ctx=context)
    units.release()
    units.release()
    with raises(ValueError, TOO_OFTEN):
        units.release()
    assert units.acquire(False) and units.acquire(False) and not units.acquire(False)


def check_what_programs_ask_the_inner_object() -> None:
    semaphore = multiprocessing.BoundedSemaphore(2)
    inner = semaphore._semlock  # type: ignore[attr-defined]
    assert inner._get_value() == 2 and not inner._is_zero() and inner._count() == 0
    assert inner.maxvalue == 2 and inner.kind == 1
    assert semaphore.acquire() and semaphore.acquire()
    assert inner._get_value() == 0 and inner._is_zero() and inner._count() == 2 and inner._is_mine()
    semaphore.release()
    assert inner._get_value() == 1 and inner._count() == 1


def check_locked_where_there_is_such_a_method() -> None:
    semaphore = multiprocessing.Semaphore(1)
    if hasattr(semaphore, "locked"):
        assert semaphore.locked() is False
        semaphore.acquire()
        assert semaphore.locked() is True


def check_thread_is_woken_by_another() -> None:
    semaphore = multiprocessing.Semaphore(0)
    found: list[bool] = []
    threads = [threading.Thread(target=lambda: found.append(semaphore.acquire())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in threads:
        semaphore.release()
    for thread in threads:
        thread.join()
    assert found == [True] * 3 and semaphore.get_value() == 0


# ---- between processes ------------------------------------------------------------------------------------------------


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
