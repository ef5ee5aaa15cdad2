"""Managers: queues, locks, semaphores, conditions, events, barriers and pools that a manager keeps."""

from __future__ import annotations

import multiprocessing
import threading
from queue import Empty, Full
from threading import BrokenBarrierError
from typing import Any

from .support import finish, raises, start, until


def _square_all(todo: Any, done: Any) -> None:
    for number in iter(todo.get, None):
        done.put(number * number)


def check_queues() -> None:
    with multiprocessing.Manager() as manager:
        todo, done = manager.Queue(), manager.Queue(50)
        child = start(_square_all, todo, done)
        for number in range(20):
            todo.put(number)
        todo.put(None)
        assert [done.get() for _ in range(20)] == [number * number for number in range(20)]
        finish(child)
        assert done.empty() and not done.full() and done.qsize() == 0


def check_limits_of_queues() -> None:
    with multiprocessing.Manager() as manager:
        queue = manager.Queue(1)
        with raises(Empty, ""):
            queue.get_nowait()
        with raises(Empty, ""):
            queue.get(timeout=0.01)
        with raises(Empty, ""):
            queue.get(False)
        queue.put("a")
        assert queue.full()
        with raises(Full, ""):
            queue.put_nowait("b")
        with raises(Full, ""):
            queue.put("b", True, 0.01)
        assert queue.get() == "a"
        with raises(ValueError, "'timeout' must be a non-negative number"):
            queue.get(timeout=-1)


def check_a_blocked_get_does_not_block_others() -> None:
    with multiprocessing.Manager() as manager:
        queue, other, done = manager.Queue(), manager.Queue(), manager.dict()
        children = [start(_move, queue, other, done, number) for number in range(3)]
        until(lambda: len(done) == 3)
        other.put("through")
        assert other.get() == "through"
        for number in range(3):
            queue.put(number)
        assert sorted(other.get() for _ in range(3)) == [0, 1, 2]
        finish(*children)


def _move(source: Any, target: Any, ready: Any, number: int) -> None:
    ready[number] = True
    target.put(source.get())


def check_a_joinable_queue_counts_tasks() -> None:
    with multiprocessing.Manager() as manager:
        todo, done = manager.JoinableQueue(), manager.list()
        child = start(_do_all, todo, done)
        for number in range(10):
            todo.put(number)
        todo.join()
        assert done[:] == list(range(10))
        todo.put(None)
        finish(child)
        todo.task_done()
        with raises(ValueError, "task_done() called too many times"):
            todo.task_done()


def _do_all(todo: Any, done: Any) -> None:
    for number in iter(todo.get, None):
        done.append(number)
        todo.task_done()


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


def _triple(number: int) -> int:
    return 3 * number


def _add(left: int, right: int) -> int:
    return left + right


def _fail(number: int) -> None:
    raise ValueError(f"bad {number}")


def check_pools() -> None:
    with multiprocessing.Manager() as manager:
        pool = manager.Pool(2)
        assert pool.apply(_triple, (2,)) == 6
        assert pool.map(_triple, range(5)) == [0, 3, 6, 9, 12]
        assert pool.starmap(_add, [(1, 2), (3, 4)]) == [3, 7]
        result = pool.map_async(_triple, [1, 2])
        assert result.get() == [3, 6] and result.ready() and result.successful()
        assert pool.apply_async(_triple, (7,)).get(60) == 21
        assert list(pool.imap(_triple, range(4))) == [0, 3, 6, 9]
        assert sorted(pool.imap_unordered(_triple, range(4))) == [0, 3, 6, 9]
        with raises(ValueError, "bad 3"):
            pool.apply(_fail, (3,))
        pool.close()
        pool.join()


def check_a_pool_ends_with_its_with() -> None:
    with multiprocessing.Manager() as manager:
        with manager.Pool(1) as pool:
            assert pool.map(_triple, [1]) == [3]
        with raises(ValueError, "Pool not running"):
            pool.map(_triple, [1])


def check_a_pools_tasks_use_what_the_manager_keeps() -> None:
    with multiprocessing.Manager() as manager, multiprocessing.Pool(3) as pool:
        lock, shared, queue = manager.Lock(), manager.dict(), manager.Queue()
        pool.starmap(_note, [(lock, shared, queue, number) for number in range(12)])
        assert shared.copy() == {number: number * number for number in range(12)}
        assert sorted(queue.get() for _ in range(12)) == list(range(12))


def _note(lock: Any, shared: Any, queue: Any, number: int) -> None:
    with lock:
        shared[number] = number * number
    queue.put(number)


def check_threads_of_one_process_do_not_hinder_each_other() -> None:
    with multiprocessing.Manager() as manager:
        queue, got = manager.Queue(), []
        threads = [threading.Thread(target=lambda: got.append(queue.get())) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(4):
            queue.put(number)
        for thread in threads:
            thread.join()
        assert sorted(got) == [0, 1, 2, 3]
