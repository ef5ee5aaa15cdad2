"""Managers: how they start, what their process looks like, and what they count."""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys
from multiprocessing.managers import BaseManager, SyncManager
from typing import Any

from .support import append, finish, raises, scratch_file, start, until, words


def check_a_manager_is_a_process() -> None:
    manager = multiprocessing.Manager()
    assert type(manager) is SyncManager and isinstance(manager, BaseManager)
    process = manager._process
    assert process.is_alive() and process.exitcode is None and process in multiprocessing.active_children()
    assert process.name.startswith("SyncManager-") and isinstance(process.pid, int) and not process.daemon
    assert isinstance(process, multiprocessing.process.BaseProcess)
    manager.shutdown()
    assert not process.is_alive() and process.exitcode == 0
    assert process not in multiprocessing.active_children()


def check_names_take_part_in_counting() -> None:
    first = multiprocessing.Process()
    with multiprocessing.Manager() as manager:
        name = manager._process.name
        second = multiprocessing.Process()
    numbers = [int(name.rpartition("-")[2]) for name in (first.name, name, second.name)]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]


def check_starting_twice() -> None:
    manager = SyncManager()
    assert not hasattr(manager, "shutdown")
    with raises(AssertionError, "server not yet started"):
        manager.dict()
    manager.start()
    with raises(multiprocessing.ProcessError, "Already started server"):
        manager.start()
    with raises(multiprocessing.ProcessError, "Already started server"):
        manager.get_server()
    manager.shutdown()
    with raises(multiprocessing.ProcessError, "Manager has shut down"):
        manager.start()
    with raises(multiprocessing.ProcessError, "Manager has shut down"):
        manager.__enter__()
    with raises(AssertionError, "server not yet started"):
        manager.dict()
    manager.shutdown()


def check_with_starts_and_ends() -> None:
    with SyncManager() as manager:
        process = manager._process
        assert process.is_alive() and manager.list([1])[:] == [1]
    assert not process.is_alive()
    with multiprocessing.Manager() as manager, manager as same:
        assert same is manager


def _note_start(path: str, word: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    append(path, word)


def check_the_initializer() -> None:
    with scratch_file() as path:
        before = signal.getsignal(signal.SIGINT)
        manager = SyncManager()
        manager.start(_note_start, (path, "started"))
        assert words(path) == ["started"]
        assert signal.getsignal(signal.SIGINT) is before
        assert manager.list([1])[:] == [1]
        manager.shutdown()
    with raises(TypeError, "initializer must be a callable"):
        SyncManager().start(1)  # type: ignore[arg-type]


def _fail() -> None:
    raise ValueError("on purpose")


def _leave() -> None:
    sys.exit(2)


def check_an_initializer_that_fails() -> None:
    for initializer in (_fail, _leave):
        manager = SyncManager()
        with raises(EOFError):
            manager.start(initializer)
        manager._process.join()
        assert manager._process.exitcode in (1, 2) and not manager._process.is_alive()


def check_join() -> None:
    manager = multiprocessing.Manager()
    manager.join(0.01)
    assert manager._process is not None
    manager.shutdown()
    manager.join()
    assert manager._process is None


def check_objects_are_counted() -> None:
    with multiprocessing.Manager() as manager:
        assert manager._number_of_objects() == 0
        shared, items = manager.dict(), manager.list()
        assert manager._number_of_objects() == 2
        assert "refcount=" in manager._debug_info() and "{}" in manager._debug_info()
        del items
        gc.collect()
        until(lambda: manager._number_of_objects() == 1)
        assert shared.copy() == {}


def check_a_manager_inside_a_child() -> None:
    here, there = multiprocessing.Pipe()
    child = start(_manage, there)
    shared = here.recv()
    shared["seen"] = True
    assert shared.copy() == {"seen": True}
    here.send("enough")
    finish(child)


def _manage(connection: Any) -> None:
    with multiprocessing.Manager() as manager:
        shared = manager.dict()
        connection.send(shared)
        connection.recv()
        assert shared["seen"]


def check_a_daemon_may_not_start_one() -> None:
    finish(start(_find_daemonic, daemon=True))


def _find_daemonic() -> None:
    with raises(AssertionError, "daemonic processes are not allowed to have children"):
        multiprocessing.Manager()


def check_several_managers() -> None:
    with multiprocessing.Manager() as first, multiprocessing.Manager() as second:
        outer, inner = first.dict(), second.list([1])
        outer["inner"] = inner
        finish(start(_append_to_inner, outer))
        assert inner[:] == [1, 2]


def _append_to_inner(outer: Any) -> None:
    outer["inner"].append(2)


def check_a_context_makes_managers() -> None:
    with multiprocessing.get_context("spawn").Manager() as manager:
        assert manager.list([1])[:] == [1]
