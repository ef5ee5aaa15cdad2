"""Barrier: all arrive or none passes; action, timeout, abort, reset."""

from __future__ import annotations

import functools
import multiprocessing
import signal
import threading
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from threading import BrokenBarrierError

from .support import append, finish, raises, scratch_file, start, until, words


def _wait(barrier: Barrier, report: Connection, rounds: int = 1) -> None:
    for _ in range(rounds):
        report.send(barrier.wait())


def _wait_broken(barrier: Barrier) -> None:
    with raises(BrokenBarrierError):
        barrier.wait()


def check_of_one() -> None:
    barrier = multiprocessing.Barrier(1)
    for _ in range(3):
        assert barrier.wait() == 0
    assert not barrier.broken


def check_fresh_barrier() -> None:
    barrier = multiprocessing.Barrier(3)
    assert barrier.parties == 3 and barrier.n_waiting == 0 and barrier.broken is False


def check_arguments() -> None:
    barrier = multiprocessing.Barrier(parties=1, action=None, timeout=60)
    assert barrier.wait(timeout=60) == 0


def check_each_party_gets_its_own_index() -> None:
    barrier = multiprocessing.Barrier(4)
    reader, report = multiprocessing.Pipe(duplex=False)
    children = [start(_wait, barrier, report) for _ in range(3)]
    mine = barrier.wait()
    assert sorted([mine, *(reader.recv() for _ in children)]) == [0, 1, 2, 3]
    finish(*children)
    assert barrier.n_waiting == 0 and not barrier.broken


def check_indices_in_every_round() -> None:
    barrier = multiprocessing.Barrier(3)
    reader, report = multiprocessing.Pipe(duplex=False)
    children = [start(_wait, barrier, report, 5) for _ in range(3)]
    finish(*children)
    found = [reader.recv() for _ in range(15)]
    assert sorted(found) == sorted(5 * [0, 1, 2])


def _sign_in_and_out(barrier: Barrier, path: str) -> None:
    for number in range(3):
        append(path, f"in{number}")
        barrier.wait()
        append(path, f"out{number}")
        barrier.wait()


def check_nobody_passes_before_all_have_arrived() -> None:
    barrier = multiprocessing.Barrier(3)
    with scratch_file() as path:
        finish(*[start(_sign_in_and_out, barrier, path) for _ in range(3)])
        expected = [word for number in range(3) for word in 3 * [f"in{number}"] + 3 * [f"out{number}"]]
        assert words(path) == expected


def check_more_rounds_than_one_with_threads() -> None:
    barrier = multiprocessing.Barrier(3)
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.extend(barrier.wait() for _ in range(4))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(4 * [0, 1, 2])


def check_action_runs_once_per_round_before_anyone_passes() -> None:
    with scratch_file() as path:
        barrier = multiprocessing.Barrier(3, action=functools.partial(append, path, "action"))
        children = [start(_see_action, barrier, path) for _ in range(3)]
        finish(*children)
        assert words(path) == ["action", "action"]


def _see_action(barrier: Barrier, path: str) -> None:
    barrier.wait()
    assert words(path)[:1] == ["action"]
    barrier.wait()
    assert words(path) == ["action", "action"]


def _fail() -> None:
    raise KeyError("in the action")


def check_action_that_fails_breaks_the_barrier() -> None:
    barrier = multiprocessing.Barrier(1, _fail)
    with raises(KeyError):
        barrier.wait()
    assert barrier.broken
    _wait_broken(barrier)


def check_action_that_fails_is_seen_by_one_and_broken_by_the_rest() -> None:
    barrier = multiprocessing.Barrier(3, _fail)
    reader, report = multiprocessing.Pipe(duplex=False)
    children = [start(_tell_error, barrier, report) for _ in range(3)]
    assert sorted(reader.recv() for _ in children) == ["BrokenBarrierError", "BrokenBarrierError", "KeyError"]
    finish(*children)
    assert barrier.broken


def _tell_error(barrier: Barrier, report: Connection) -> None:
    try:
        barrier.wait()
    except Exception as error:
        report.send(type(error).__name__)


def check_number_of_waiters() -> None:
    barrier = multiprocessing.Barrier(3)
    reader, report = multiprocessing.Pipe(duplex=False)
    children = [start(_wait, barrier, report)]
    until(lambda: barrier.n_waiting == 1)
    children.append(start(_wait, barrier, report))
    until(lambda: barrier.n_waiting == 2)
    assert not reader.poll()
    assert barrier.wait() == 2
    finish(*children)
    assert sorted([reader.recv(), reader.recv()]) == [0, 1]
    assert barrier.n_waiting == 0


def check_timeout_breaks_the_barrier() -> None:
    barrier = multiprocessing.Barrier(2)
    with raises(BrokenBarrierError):
        barrier.wait(timeout=0.02)
    assert barrier.broken is True and barrier.n_waiting == 0
    _wait_broken(barrier)
    finish(start(_wait_broken, barrier))


def check_default_timeout() -> None:
    barrier = multiprocessing.Barrier(2, timeout=0.02)
    _wait_broken(barrier)
    assert barrier.broken


def check_timeout_of_one_releases_the_others() -> None:
    barrier = multiprocessing.Barrier(3)
    child = start(_wait_broken, barrier)
    until(lambda: barrier.n_waiting == 1)
    with raises(BrokenBarrierError):
        barrier.wait(0.02)
    finish(child)
    assert barrier.broken


def check_signal_that_ends_a_wait_leaves_the_barrier_to_the_others() -> None:
    barrier = multiprocessing.Barrier(2)
    old = signal.signal(signal.SIGALRM, _ring)
    try:
        with raises(_Rung):
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            barrier.wait()
    finally:
        signal.signal(signal.SIGALRM, old)
    assert not barrier.broken and barrier.n_waiting == 0
    reader, report = multiprocessing.Pipe(duplex=False)
    child = start(_wait, barrier, report)
    assert {barrier.wait(), reader.recv()} == {0, 1}
    finish(child)


class _Rung(Exception):
    pass


def _ring(number: int, frame: object) -> None:
    raise _Rung


def check_abort_releases_those_that_wait() -> None:
    barrier = multiprocessing.Barrier(4)
    children = [start(_wait_broken, barrier) for _ in range(2)]
    until(lambda: barrier.n_waiting == 2)
    assert barrier.abort() is None
    finish(*children)
    assert barrier.broken is True and barrier.n_waiting == 0
    _wait_broken(barrier)


def _abort(barrier: Barrier) -> None:
    barrier.abort()


def check_abort_from_a_child() -> None:
    barrier = multiprocessing.Barrier(2)
    child = start(_abort, barrier)
    _wait_broken(barrier)
    finish(child)
    assert barrier.broken


def check_reset_mends_a_broken_barrier() -> None:
    barrier = multiprocessing.Barrier(2)
    barrier.abort()
    assert barrier.broken
    assert barrier.reset() is None
    assert not barrier.broken
    reader, report = multiprocessing.Pipe(duplex=False)
    child = start(_wait, barrier, report)
    assert {barrier.wait(), reader.recv()} == {0, 1}
    finish(child)


def check_reset_releases_those_that_wait_and_leaves_it_whole() -> None:
    barrier = multiprocessing.Barrier(3)
    children = [start(_wait_broken, barrier) for _ in range(2)]
    until(lambda: barrier.n_waiting == 2)
    barrier.reset()
    finish(*children)
    assert not barrier.broken and barrier.n_waiting == 0
    reader, report = multiprocessing.Pipe(duplex=False)
    children = [start(_wait, barrier, report) for _ in range(2)]
    assert {barrier.wait(), reader.recv(), reader.recv()} == {0, 1, 2}
    finish(*children)


def check_reset_of_an_idle_barrier_changes_nothing() -> None:
    barrier = multiprocessing.Barrier(1)
    barrier.reset()
    assert not barrier.broken and barrier.wait() == 0


def check_two_barriers_are_two() -> None:
    first, second = multiprocessing.Barrier(2), multiprocessing.Barrier(2)
    first.abort()
    assert first.broken and not second.broken


def check_barrier_with_a_lock() -> None:
    barrier, lock = multiprocessing.Barrier(2), multiprocessing.Lock()
    with scratch_file() as path:
        finish(*[start(_pass_and_write, barrier, lock, path, name=f"p{i}") for i in range(2)])
        assert sorted(words(path)) == ["p0", "p1"]


def _pass_and_write(barrier: Barrier, lock: object, path: str) -> None:
    barrier.wait()
    with lock:  # type: ignore[attr-defined]
        append(path, multiprocessing.current_process().name)
