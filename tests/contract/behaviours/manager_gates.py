"""Managers: locks, semaphores, conditions, events and barriers that a manager keeps."""

from __future__ import annotations

import multiprocessing
import threading
from multiprocessing.connection import Connection
from threading import BrokenBarrierError
from typing import Any

from .support import finish, raises, start, until


def check_locks() -> None:
    with multiprocessing.Manager() as manager:
        lock, counts = manager.Lock(), manager.dict(total=0)
        assert lock.acquire()
        assert not lock.acquire(False) and not lock.acquire(True, 0.01)
        lock.release()
        with raises(RuntimeError, "release unlocked lock"):
            lock.release()
        finish(*[start(_count, lock, counts) for _ in range(3)])
        assert counts["total"] == 30
        with lock as got:
            assert got is True
        lock.acquire()
        finish(start(_release, lock))
        assert lock.acquire(False)


def _count(lock: Any, counts: Any) -> None:
    for _ in range(10):
        with lock:
            counts["total"] += 1


def _release(lock: Any) -> None:
    lock.release()


def check_a_recursive_lock_belongs_to_a_thread_of_a_process() -> None:
    with multiprocessing.Manager() as manager:
        lock = manager.RLock()
        assert lock.acquire() and lock.acquire() and lock.acquire(False)
        finish(start(_find_taken, lock))
        thread = threading.Thread(target=_find_taken, args=(lock,))
        thread.start()
        thread.join()
        for _ in range(3):
            lock.release()
        with raises(RuntimeError, "cannot release un-acquired lock"):
            lock.release()
        finish(start(_take, lock))


def _find_taken(lock: Any) -> None:
    assert not lock.acquire(False)
    with raises(RuntimeError, "cannot release un-acquired lock"):
        lock.release()


def _take(lock: Any) -> None:
    with lock, lock:
        pass


def check_a_recursive_lock_is_released_by_who_has_just_filled_a_dict() -> None:
    with multiprocessing.Manager() as manager:
        lock, numbers = manager.RLock(), manager.dict()
        mine, other = multiprocessing.Pipe()
        child = start(_fill, lock, numbers, other)
        assert mine.recv() == "holds it"
        numbers["of the program's own"] = _Own()
        mine.send("fill it")
        finish(child)
        assert lock.acquire(False) and numbers[59] == 59


class _Own:
    pass


def _fill(lock: Any, numbers: Any, connection: Connection) -> None:
    with lock:
        numbers[0] = 0
        connection.send("holds it")
        assert connection.recv() == "fill it"
        for number in range(60):
            numbers[number] = number


def check_semaphores() -> None:
    with multiprocessing.Manager() as manager:
        semaphore, bounded = manager.Semaphore(2), manager.BoundedSemaphore(1)
        assert semaphore.acquire() and semaphore.acquire() and not semaphore.acquire(False)
        finish(start(_release, semaphore))
        assert semaphore.acquire()
        with bounded:
            assert not bounded.acquire(True, 0.01)
        with raises(ValueError, "Semaphore released too many times"):
            bounded.release()


def check_events() -> None:
    with multiprocessing.Manager() as manager:
        event, other = manager.Event(), manager.Event()
        assert not event.is_set() and not event.wait(0.01)
        child = start(_answer, event, other)
        event.set()
        assert other.wait() and other.wait(0)
        finish(child)
        event.clear()
        assert not event.is_set()


def _answer(event: Any, other: Any) -> None:
    assert event.wait(60)
    other.set()


def check_conditions() -> None:
    with multiprocessing.Manager() as manager:
        condition, state = manager.Condition(), manager.dict(waiting=0, go=False)
        children = [start(_wait_for_go, condition, state) for _ in range(3)]
        until(lambda: state["waiting"] == 3)
        with condition:
            state["go"] = True
            condition.notify_all()
        finish(*children)
        with condition:
            assert not condition.wait(0.01)
            assert condition.wait_for(lambda: True) and not condition.wait_for(lambda: False, 0.01)
        with raises(RuntimeError, "cannot notify on un-acquired lock"):
            condition.notify()
        with raises(RuntimeError, "cannot wait on un-acquired lock"):
            condition.wait()


def _wait_for_go(condition: Any, state: Any) -> None:
    with condition:
        state["waiting"] += 1
        assert condition.wait_for(lambda: state["go"], 60)


def check_barriers() -> None:
    with multiprocessing.Manager() as manager:
        barrier, order = manager.Barrier(3), manager.list()
        children = [start(_meet, barrier, order) for _ in range(2)]
        order.append(barrier.wait())
        finish(*children)
        assert sorted(order) == [0, 1, 2]
        assert barrier.parties == 3 and barrier.n_waiting == 0 and not barrier.broken
        with raises(BrokenBarrierError):
            barrier.wait(0.01)
        assert barrier.broken
        barrier.reset()
        assert not barrier.broken
        barrier.abort()
        with raises(BrokenBarrierError, ""):
            barrier.wait()


def _meet(barrier: Any, order: Any) -> None:
    order.append(barrier.wait())
