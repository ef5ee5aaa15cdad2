"""Condition: who holds the lock may sleep until notified, and has the lock again when it wakes."""

from __future__ import annotations

import multiprocessing
import threading
from multiprocessing.synchronize import Condition

from .support import raises

NOT_MINE = "must acquire() condition before using wait()"
NOT_OWNED = "lock is not owned"
NOT_RLOCK = "attempt to release recursive lock not owned by thread"


def sleeping(condition: Condition, number: int) -> bool:
    """Whether so many sleep; as the repr tells, the only place where it can be read."""
    return repr(condition).endswith(f", {number})>")


def check_wait_without_the_lock() -> None:
    for condition in (multiprocessing.Condition(), multiprocessing.Condition(multiprocessing.Lock())):
        with raises(AssertionError, NOT_MINE):
            condition.wait()
        with raises(AssertionError, NOT_MINE):
            condition.wait(0)
        with raises(AssertionError, NOT_MINE):
            condition.wait_for(lambda: False)
        with condition:
            pass


def check_notify_without_the_lock() -> None:
    for condition in (multiprocessing.Condition(), multiprocessing.Condition(multiprocessing.Lock())):
        with raises(AssertionError, NOT_OWNED):
            condition.notify()
        with raises(AssertionError, NOT_OWNED):
            condition.notify_all()
        with condition:
            pass


def check_release_without_the_lock() -> None:
    with raises(AssertionError, NOT_RLOCK):
        multiprocessing.Condition().release()
    with raises(ValueError, "semaphore or lock released too many times"):
        multiprocessing.Condition(multiprocessing.Lock()).release()


def check_another_thread_does_not_own_it() -> None:
    condition = multiprocessing.Condition()
    found: list[str] = []

    def try_everything() -> None:
        with raises(AssertionError, NOT_MINE):
            condition.wait(0)
        with raises(AssertionError, NOT_OWNED):
            condition.notify()
        found.append("refused")

    with condition:
        thread = threading.Thread(target=try_everything)
        thread.start()
        thread.join()
    assert found == ["refused"]


def check_wait_in_vain() -> None:
    for condition in (multiprocessing.Condition(), multiprocessing.Condition(multiprocessing.Lock())):
        with condition:
            assert condition.wait(0.02) is False
            assert condition.wait(timeout=0) is False
            assert condition.wait(-1) is False
        with condition:
            pass


def check_timeout_that_is_no_number() -> None:
    condition = multiprocessing.Condition()
    with condition:
        with raises(TypeError, "must be real number, not str"):
            condition.wait("1")  # type: ignore[arg-type]
        assert condition.wait(0) is False
    with raises(AssertionError, NOT_RLOCK):
        condition.release()


def check_notify_nobody() -> None:
    condition = multiprocessing.Condition()
    with condition:
        assert condition.notify() is None
        assert condition.notify(3) is None
        assert condition.notify(n=0) is None
        assert condition.notify(-1) is None
        assert condition.notify_all() is None
        assert condition.wait(0.02) is False  # it is not remembered


def check_acquire_and_release_are_the_locks() -> None:
    lock = multiprocessing.Lock()
    condition = multiprocessing.Condition(lock)
    assert condition.acquire() is True
    assert lock.acquire(block=False) is False
    assert condition.acquire(False) is False
    assert condition.acquire(timeout=0.01) is False
    assert condition.release() is None
    with lock:
        assert condition.acquire(block=False) is False
    with condition as entered:
        assert entered is True
        assert lock.acquire(block=False) is False
    with raises(KeyError), condition:
        raise KeyError("inside")
    assert lock.acquire(block=False) is True


def check_recursive_by_itself() -> None:
    condition = multiprocessing.Condition()
    with condition, condition:
        assert condition.acquire(block=False) is True
        condition.release()
    with raises(AssertionError, NOT_RLOCK):
        condition.release()


def check_lock_by_keyword() -> None:
    lock = multiprocessing.RLock()
    condition = multiprocessing.Condition(lock=lock)
    with lock:
        assert condition.wait(0.005) is False
        condition.notify()


def check_what_is_no_lock() -> None:
    with raises(AttributeError, "'int' object has no attribute 'acquire'"):
        multiprocessing.Condition(5)  # type: ignore[arg-type]


def check_wait_for_what_is_so() -> None:
    condition = multiprocessing.Condition()
    assert condition.wait_for(lambda: "so") == "so"  # the lock is not needed where nobody waits
    with condition:
        assert condition.wait_for(lambda: [1]) == [1]
        assert condition.wait_for(predicate=lambda: 5, timeout=0) == 5
        assert condition.wait_for(lambda: 5, -1) == 5


def check_wait_for_what_never_is() -> None:
    condition = multiprocessing.Condition()
    asked: list[int] = []
    with condition:
        assert condition.wait_for(lambda: 0, 0.02) == 0
        assert condition.wait_for(list, timeout=0) == []
        assert condition.wait_for(lambda: asked.append(1), -1) is None
        assert asked == [1]
        assert condition.wait_for(lambda: asked.append(1), 0.02) is None
        assert len(asked) >= 3


def check_predicate_that_raises() -> None:
    condition = multiprocessing.Condition()
    with condition:
        with raises(ZeroDivisionError):
            condition.wait_for(lambda: 1 // 0)
        assert condition.wait(0) is False
    with raises(AssertionError, NOT_RLOCK):
        condition.release()


def check_class() -> None:
    assert type(multiprocessing.Condition()) is Condition
    context = multiprocessing.get_context("spawn")
    for condition in (Condition(ctx=context), Condition(context.Lock(), ctx=context), context.Condition()):
        with condition:
            assert condition.wait(0) is False


def check_repr() -> None:
    condition = multiprocessing.Condition()
    assert repr(condition) == "<Condition(<RLock(None, 0)>, 0)>"
    with condition, condition:
        assert repr(condition) == "<Condition(<RLock(MainProcess, 2)>, 0)>"
        condition.wait(0)
        assert repr(condition) == "<Condition(<RLock(MainProcess, 2)>, 0)>"
    assert repr(multiprocessing.Condition(multiprocessing.Lock())) == "<Condition(<Lock(owner=None)>, 0)>"


def check_thread_notifies_thread() -> None:
    condition = multiprocessing.Condition()
    steps: list[object] = []

    def sleep() -> None:
        with condition:
            steps.append("sleeps")
            condition.notify()
            steps.append(condition.wait())

    with condition:
        thread = threading.Thread(target=sleep)
        thread.start()
        assert condition.wait() is True
        steps.append("notified")
        condition.notify()
        steps.append("still inside")
    thread.join()
    assert steps == ["sleeps", "notified", "still inside", True]


def check_many_threads_sleep() -> None:
    condition = multiprocessing.Condition()
    awake: list[bool] = []

    def sleep() -> None:
        with condition:
            awake.append(condition.wait())

    threads = [threading.Thread(target=sleep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in (0, 1, 2, 3):
        with condition:
            while not sleeping(condition, 4 - number):
                condition.wait(0.002)
            condition.notify()
        threads_awake(condition, awake, number + 1)
    for thread in threads:
        thread.join()
    assert awake == [True] * 4


def threads_awake(condition: Condition, awake: list[bool], number: int) -> None:
    while True:
        with condition:
            if len(awake) >= number:
                break
    assert len(awake) == number
