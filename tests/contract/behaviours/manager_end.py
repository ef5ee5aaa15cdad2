"""Managers: what callers meet when a manager ends, or the process it belongs to, or they themselves."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from typing import Any

from .support import finish, raises, start, until


def check_calls_after_the_end() -> None:
    manager = multiprocessing.Manager()
    shared = manager.dict(a=1)
    assert shared["a"] == 1
    manager.shutdown()
    with raises(BrokenPipeError):
        shared["a"]
    assert "typeid 'dict'" in repr(shared) and str(shared).endswith("; '__str__()' failed>")


def check_calls_of_a_new_thread_after_the_end() -> None:
    manager = multiprocessing.Manager()
    shared = manager.dict(a=1)
    manager.shutdown()
    caught: list[BaseException] = []

    def call() -> None:
        try:
            shared["a"]
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    assert isinstance(caught[0], (FileNotFoundError, ConnectionRefusedError)), caught


def check_a_blocked_call_at_the_end() -> None:
    manager = multiprocessing.Manager()
    barrier = manager.Barrier(2)
    child = start(_wait_until_the_end, barrier)
    until(lambda: barrier.n_waiting == 1)
    manager.shutdown()
    finish(child)


def _wait_until_the_end(barrier: Any) -> None:
    try:
        barrier.wait()
    except (EOFError, OSError):
        return
    raise AssertionError("nothing was raised")


def check_the_process_is_terminated() -> None:
    manager = multiprocessing.Manager()
    shared = manager.dict(a=1)
    assert shared["a"] == 1
    manager._process.terminate()
    manager._process.join()
    assert manager._process.exitcode == -signal.SIGTERM
    try:
        shared["a"]
    except (OSError, EOFError):
        pass
    else:
        raise AssertionError("nothing was raised")
    manager.shutdown()


def check_a_manager_that_is_collected_ends() -> None:
    manager = multiprocessing.Manager()
    process = manager._process
    del manager
    gc.collect()
    until(lambda: not process.is_alive())


def check_proxies_of_ended_children_do_not_count() -> None:
    with multiprocessing.Manager() as manager:
        shared = manager.list()
        children = [start(_append, shared) for _ in range(3)]
        finish(*children)
        assert len(shared) == 3
        del shared, children
        gc.collect()
        until(lambda: manager._number_of_objects() == 0)


def _append(shared: Any) -> None:
    shared.append(os.getpid())


def check_calls_after_the_child_that_managed_has_ended() -> None:
    here, there = multiprocessing.Pipe()
    child = start(_manage_and_leave, there)
    shared = here.recv()
    assert shared["a"] == 1
    here.send("enough")
    finish(child)
    try:
        shared["a"]
    except (OSError, EOFError):
        return
    raise AssertionError("nothing was raised")


def _manage_and_leave(connection: Any) -> None:
    manager = multiprocessing.Manager()
    shared = manager.dict(a=1)
    connection.send(shared)
    connection.recv()


def check_a_child_that_is_terminated_in_a_call() -> None:
    with multiprocessing.Manager() as manager:
        queue, ready = manager.Queue(), manager.Event()
        child = start(_get_forever, queue, ready)
        assert ready.wait(60)
        child.terminate()
        child.join()
        assert child.exitcode == -signal.SIGTERM
        other = manager.Queue()
        other.put("still works")
        assert other.get() == "still works"


def _get_forever(queue: Any, ready: Any) -> None:
    ready.set()
    queue.get()
