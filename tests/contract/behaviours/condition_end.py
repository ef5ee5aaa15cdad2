"""Condition and the end of processes: a sleeper that is terminated, a holder that ends, a signal that ends a sleep."""

from __future__ import annotations

import multiprocessing
import signal
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Condition

from .condition import NOT_RLOCK, sleeping
from .condition_shared import _notify, _sleep, asleep
from .support import finish, raises, start


def check_terminated_sleeper_leaves_its_notification_to_another() -> None:
    # One that is alive must be left: the standard library waits for ever for a dead one to wake.
    condition = multiprocessing.Condition()
    reader, report = multiprocessing.Pipe(duplex=False)
    victim, child = (start(_sleep, condition, report) for _ in range(2))
    asleep(2, condition, reader)
    victim.terminate()
    victim.join()
    assert victim.exitcode == -15
    with condition:
        condition.notify()
    assert reader.recv() is True
    finish(child)


def check_lock_is_free_after_a_sleeper_was_terminated() -> None:
    for lock in (multiprocessing.Lock(), multiprocessing.RLock()):
        condition = multiprocessing.Condition(lock)
        reader, report = multiprocessing.Pipe(duplex=False)
        victim = start(_sleep, condition, report)
        asleep(1, condition, reader)
        victim.terminate()
        victim.join()
        assert victim.exitcode == -15
        assert condition.acquire(timeout=60) is True
        condition.release()


def check_sleeper_is_terminated_by_the_holder_of_the_lock() -> None:
    for lock in (multiprocessing.Lock(), multiprocessing.RLock()):
        condition = multiprocessing.Condition(lock)
        reader, report = multiprocessing.Pipe(duplex=False)
        victim = start(_sleep, condition, report)
        asleep(1, condition, reader)
        with condition:
            victim.terminate()
            victim.join()
            assert victim.exitcode == -15
            assert lock._semlock._is_mine()  # type: ignore[attr-defined]
        assert condition.acquire(timeout=60) is True
        condition.release()


def _acquire_and_end(condition: Condition) -> None:
    condition.acquire()


def check_lock_of_a_process_that_ended_stays_held() -> None:
    condition = multiprocessing.Condition()
    finish(start(_acquire_and_end, condition))
    assert condition.acquire(block=False) is False


def _notify_and_end(condition: Condition) -> None:
    condition.acquire()
    condition.notify()
    condition.release()


def check_notifier_may_end() -> None:
    condition = multiprocessing.Condition()
    reader, report = multiprocessing.Pipe(duplex=False)
    child = start(_sleep, condition, report)
    asleep(1, condition, reader)
    finish(start(_notify_and_end, condition))
    assert reader.recv() is True
    finish(child)


class _Alarm(Exception):
    pass


def _ring(number: int, frame: object) -> None:
    raise _Alarm


def _sleep_until_the_alarm(condition: Condition, report: Connection) -> None:
    signal.signal(signal.SIGALRM, _ring)
    with condition, condition:
        with raises(_Alarm):
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            condition.wait()
        assert condition._lock._semlock._count() == 2  # type: ignore[attr-defined]
    with raises(AssertionError, NOT_RLOCK):
        condition.release()
    report.send("awake")


def check_signal_that_ends_a_sleep_leaves_the_lock_held() -> None:
    condition = multiprocessing.Condition()
    reader, report = multiprocessing.Pipe(duplex=False)
    child = start(_sleep_until_the_alarm, condition, report)
    assert reader.recv() == "awake"
    finish(child)
    with condition:
        condition.notify()
        assert sleeping(condition, 0)


def check_signal_that_ends_a_sleep_takes_no_later_notification() -> None:
    condition = multiprocessing.Condition()
    reader, report = multiprocessing.Pipe(duplex=False)
    finish(start(_sleep_until_the_alarm, condition, report))
    assert reader.recv() == "awake"
    child = start(_sleep, condition, report)
    asleep(1, condition, reader)
    finish(start(_notify, condition, 1))
    assert reader.recv() is True
    finish(child)
