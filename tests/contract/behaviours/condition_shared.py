"""Condition between processes: who wakes, when, with what, and what others find meanwhile."""

from __future__ import annotations

import multiprocessing
import threading
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Condition, RLock

from .condition import NOT_MINE, NOT_RLOCK, sleeping
from .support import append, finish, raises, scratch_file, start, until, words


def _sleep(condition: Condition, report: Connection, timeout: float | None = None) -> None:
    with condition:
        report.send("sleeps")  # who holds the lock after this was sent finds it asleep
        report.send(condition.wait(timeout))


def asleep(number: int, condition: Condition, reader: Connection) -> None:
    """Return when so many have said that they sleep, and do."""
    assert [reader.recv() for _ in range(number)] == ["sleeps"] * number
    with condition:
        assert sleeping(condition, number), condition


def check_notified_by_the_parent() -> None:
    for lock in (None, multiprocessing.Lock(), multiprocessing.RLock()):
        condition = multiprocessing.Condition(lock)
        reader, report = multiprocessing.Pipe(duplex=False)
        child = start(_sleep, condition, report)
        asleep(1, condition, reader)
        with condition:
            condition.notify()
        assert reader.recv() is True
        finish(child)
        with condition:
            assert sleeping(condition, 0)


def _notify(condition: Condition, number: int) -> None:
    with condition:
        condition.notify(number)


def check_notified_by_a_child() -> None:
    condition = multiprocessing.Condition()
    with condition:
        child = start(_notify, condition, 1)
        assert condition.wait() is True
    finish(child)


def check_child_notifies_child() -> None:
    condition = multiprocessing.Condition()
    reader, report = multiprocessing.Pipe(duplex=False)
    child = start(_sleep, condition, report)
    asleep(1, condition, reader)
    finish(start(_notify, condition, 1), child)
    assert reader.recv() is True


def check_notify_wakes_as_many_as_asked() -> None:
    condition = multiprocessing.Condition()
    reader, report = multiprocessing.Pipe(duplex=False)
    children = [start(_sleep, condition, report) for _ in range(4)]
    asleep(4, condition, reader)
    with condition:
        condition.notify()
    assert reader.recv() is True
    with condition:
        assert sleeping(condition, 3) and not reader.poll()
        condition.notify(2)
    assert [reader.recv(), reader.recv()] == [True, True]
    with condition:
        assert sleeping(condition, 1) and not reader.poll()
        condition.notify(5)
    assert reader.recv() is True
    finish(*children)


def check_notify_all_wakes_all() -> None:
    condition = multiprocessing.Condition()
    reader, report = multiprocessing.Pipe(duplex=False)
    children = [start(_sleep, condition, report) for _ in range(4)]
    asleep(4, condition, reader)
    with condition:
        condition.notify_all()
    assert [reader.recv() for _ in children] == [True] * 4
    finish(*children)


def check_notify_of_none_wakes_nobody() -> None:
    condition = multiprocessing.Condition()
    reader, report = multiprocessing.Pipe(duplex=False)
    child = start(_sleep, condition, report)
    asleep(1, condition, reader)
    with condition:
        condition.notify(0)
        condition.notify(-1)
        assert sleeping(condition, 1)
        condition.notify()
    finish(child)


def _sleep_in_vain(condition: Condition) -> None:
    with condition:
        for timeout in (0.02, 0, -1):
            assert condition.wait(timeout) is False
        with raises(TypeError, "must be real number, not str"):
            condition.wait("1")  # type: ignore[arg-type]
    with raises(AssertionError, NOT_MINE):
        condition.wait()


def check_waits_in_vain_in_children() -> None:
    condition = multiprocessing.Condition()
    finish(*[start(_sleep_in_vain, condition) for _ in range(3)])
    with condition:
        assert sleeping(condition, 0)


def _write_when_awake(condition: Condition, report: Connection, path: str) -> None:
    with condition:
        report.send("sleeps")
        assert condition.wait() is True
        append(path, "awake")


def check_nobody_is_awake_before_the_lock_is_free() -> None:
    condition = multiprocessing.Condition()
    reader, report = multiprocessing.Pipe(duplex=False)
    with scratch_file() as path:
        children = [start(_write_when_awake, condition, report, path) for _ in range(3)]
        asleep(3, condition, reader)
        with condition:
            condition.notify_all()
            children[0].join(0.05)
            append(path, "notifier")
        finish(*children)
        assert words(path) == ["notifier", "awake", "awake", "awake"]


def _notified_in_time(condition: Condition) -> bool:
    reader, report = multiprocessing.Pipe(duplex=False)
    child = start(_sleep, condition, report, 0.3)
    assert reader.recv() == "sleeps"
    with condition:
        condition.notify()
        child.join(0.4)  # its time is over meanwhile
    notified: bool = reader.recv()
    finish(child)
    return notified


def check_notified_in_time_though_the_lock_is_not_free_in_time() -> None:
    condition = multiprocessing.Condition()
    # On a busy machine its time may be over before it is notified: then once more.
    assert any(_notified_in_time(condition) for _ in range(10))


def check_too_late_while_the_lock_is_held() -> None:
    condition = multiprocessing.Condition()
    reader, report = multiprocessing.Pipe(duplex=False)
    child = start(_sleep, condition, report, 0.05)
    assert reader.recv() == "sleeps"
    with condition:
        until(lambda: sleeping(condition, 0))
        condition.notify()  # to nobody
        assert not reader.poll()
    assert reader.recv() is False
    finish(child)


def check_waits_that_timed_out_take_no_notification() -> None:
    condition = multiprocessing.Condition()
    reader, report = multiprocessing.Pipe(duplex=False)
    finish(*[start(_sleep, condition, report, 0.005) for _ in range(3)])
    assert sorted(str(reader.recv()) for _ in range(6)) == ["False"] * 3 + ["sleeps"] * 3
    child = start(_sleep, condition, report)
    asleep(1, condition, reader)
    with condition:
        condition.notify()
    assert reader.recv() is True
    finish(child)


def _hold_thrice(lock: RLock, condition: Condition, report: Connection) -> None:
    with condition, lock, condition:
        report.send("sleeps")
        assert condition.wait() is True
        assert lock._semlock._count() == 3  # type: ignore[attr-defined]
        report.send("awake")
    with raises(AssertionError, NOT_RLOCK):
        condition.release()


def check_recursive_lock_is_given_back_and_taken_as_often_as_it_was_held() -> None:
    lock = multiprocessing.RLock()
    condition = multiprocessing.Condition(lock)
    reader, report = multiprocessing.Pipe(duplex=False)
    child = start(_hold_thrice, lock, condition, report)
    asleep(1, condition, reader)
    with lock, lock:
        condition.notify()
    assert reader.recv() == "awake"
    finish(child)
    with lock:
        pass


def check_two_conditions_are_two() -> None:
    lock = multiprocessing.Lock()
    first, second = multiprocessing.Condition(lock), multiprocessing.Condition(lock)
    reader, report = multiprocessing.Pipe(duplex=False)
    child = start(_sleep, first, report)
    asleep(1, first, reader)
    with lock:
        second.notify_all()
        assert sleeping(first, 1) and sleeping(second, 0)
        assert second.wait(0.02) is False
        first.notify()
    assert reader.recv() is True
    finish(child)


def _sleep_then_notify(pair: tuple[Condition, Condition], report: Connection) -> None:
    first, second = pair
    with first:
        report.send("sleeps")
        assert second.wait() is True
        first.notify()


def check_same_condition_twice() -> None:
    condition = multiprocessing.Condition()
    reader, report = multiprocessing.Pipe(duplex=False)
    child = start(_sleep_then_notify, (condition, condition), report)
    asleep(1, condition, reader)
    with condition:
        condition.notify()
        assert condition.wait() is True
    finish(child)


def check_threads_and_children_sleep_together() -> None:
    condition = multiprocessing.Condition()
    reader, report = multiprocessing.Pipe(duplex=False)
    threads = [threading.Thread(target=_sleep, args=(condition, report)) for _ in range(2)]
    for thread in threads:
        thread.start()
    children = [start(_sleep, condition, report) for _ in range(2)]
    asleep(4, condition, reader)
    with condition:
        condition.notify_all()
    assert [reader.recv() for _ in range(4)] == [True] * 4
    for thread in threads:
        thread.join()
    finish(*children)


def check_repr_counts_the_sleepers() -> None:
    condition = multiprocessing.Condition(multiprocessing.Lock())
    reader, report = multiprocessing.Pipe(duplex=False)
    children = [start(_sleep, condition, report) for _ in range(2)]
    asleep(2, condition, reader)
    assert repr(condition) == "<Condition(<Lock(owner=None)>, 2)>"
    with condition:
        assert repr(condition) == "<Condition(<Lock(owner=MainProcess)>, 2)>"
        condition.notify_all()
        assert repr(condition) == "<Condition(<Lock(owner=MainProcess)>, 0)>"
    finish(*children)
