"""Managers: queues that a manager keeps."""

from __future__ import annotations

import multiprocessing
import threading
from queue import Empty, Full
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
