"""The life of a Process: made, started, joined, closed."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from multiprocessing.connection import Connection

from .support import append, finish, raises, scratch_file, shows, start, words


def _return() -> None:
    pass


def _send_arguments(connection: Connection, *args: object, **kwargs: object) -> None:
    connection.send((args, kwargs))


def _wait_for_word(gate: Connection) -> None:
    gate.recv()


def check_args_and_kwargs_reach_the_target() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.Process(
        target=_send_arguments, args=[writer, 1, "two", None], kwargs={"three": [3, {"four": (5,)}]}
    )
    child.start()
    assert reader.recv() == ((1, "two", None), {"three": [3, {"four": (5,)}]})
    finish(child)


def check_target_in_the_main_module() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    child = start(sys.modules["__main__"].greet, writer, name="greeter")
    assert reader.recv() == ("greeter", "__mp_main__")
    finish(child)


def check_large_argument() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    child = start(_send_length, writer, bytes(8_000_000))
    assert reader.recv() == 8_000_000
    finish(child)


def _send_length(connection: Connection, data: bytes) -> None:
    connection.send(len(data))


def _append_to_list(connection: Connection, items: list[int]) -> None:
    items.append(99)
    connection.send(items)


def check_arguments_are_copies() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    items = [1]
    child = start(_append_to_list, writer, items)
    assert reader.recv() == [1, 99]
    finish(child)
    assert items == [1]


def check_process_without_target() -> None:
    child = multiprocessing.Process()
    child.start()
    finish(child)


def check_before_start() -> None:
    child = multiprocessing.Process(target=_return)
    assert not child.is_alive()
    assert child.exitcode is None and child.pid is None and child.ident is None
    assert child not in multiprocessing.active_children()
    with raises(ValueError, "process not started"):
        _ = child.sentinel
    with raises(AssertionError, "can only join a started process"):
        child.join()


def check_while_running_and_after() -> None:
    reader, gate = multiprocessing.Pipe(duplex=False)
    child = start(_wait_for_word, reader)
    assert child.is_alive() and child.exitcode is None
    assert type(child.pid) is int and child.pid == child.ident
    assert child.join(timeout=0) is None and child.join(0.05) is None
    assert child.is_alive() and child.exitcode is None
    gate.send("go")
    assert child.join() is None
    assert not child.is_alive() and child.exitcode == 0
    assert type(child.pid) is int


def check_join_again() -> None:
    child = start(_return)
    finish(child)
    child.join()
    child.join(timeout=0)
    assert child.exitcode == 0


def check_join_with_timeout_returns_when_the_child_ends() -> None:
    child = start(_return)
    child.join(60)
    assert child.exitcode == 0


def check_join_from_several_threads() -> None:
    reader, gate = multiprocessing.Pipe(duplex=False)
    child = start(_wait_for_word, reader)
    thread = threading.Thread(target=child.join, args=(0.01,))
    thread.start()
    thread.join()
    gate.send("go")
    finish(child)


def check_start_twice() -> None:
    child = start(_return)
    with raises(AssertionError, "cannot start a process twice"):
        child.start()
    finish(child)
    with raises(AssertionError, "cannot start a process twice"):
        child.start()


def check_group_must_be_none() -> None:
    with raises(AssertionError, "group argument must be None for now"):
        multiprocessing.Process(1, _return)


def check_run_called_directly_runs_here() -> None:
    found: list[int] = []
    multiprocessing.Process(target=found.append, args=(os.getpid(),)).run()
    assert found == [os.getpid()]


def check_argument_that_cannot_travel() -> None:
    child = multiprocessing.Process(target=_return, args=(threading.Lock(),))
    with raises(TypeError, begins="cannot pickle '_thread.lock' object"):
        child.start()
    assert not child.is_alive()
    assert multiprocessing.active_children() == []


def check_close_after_join() -> None:
    child = start(_return)
    finish(child)
    child.close()
    child.close()
    for act in (child.start, child.join, child.is_alive, child.terminate):
        with raises(ValueError, "process object is closed"):
            act()
    for name in ("exitcode", "pid", "ident", "sentinel"):
        with raises(ValueError, "process object is closed"):
            getattr(child, name)


def check_close_before_start() -> None:
    child = multiprocessing.Process(target=_return)
    child.close()
    with raises(ValueError, "process object is closed"):
        child.start()


def check_close_while_running() -> None:
    reader, gate = multiprocessing.Pipe(duplex=False)
    child = start(_wait_for_word, reader)
    text = "Cannot close a process while it is still running. You should first call join() or terminate()."
    with raises(ValueError, text):
        child.close()
    gate.send("go")
    finish(child)


def check_repr_through_life() -> None:
    reader, gate = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.Process(target=_wait_for_word, args=(reader,), name="x", daemon=True)
    parent = f"parent={os.getpid()}"
    assert shows(repr(child), "Process", "name='x'", parent, "initial", "daemon"), child
    child.start()
    assert shows(repr(child), "Process", "name='x'", f"pid={child.pid}", parent, "started", "daemon"), child
    pid = child.pid
    gate.send("go")
    finish(child)
    assert shows(repr(child), "name='x'", f"pid={pid}", parent, "stopped", "exitcode=0", "daemon"), child
    child.close()
    assert shows(repr(child), "Process", "name='x'", parent, "closed", "daemon"), child


class Adder(multiprocessing.Process):
    """A subclass with an `__init__` of its own; what it keeps travels with it."""

    def __init__(self, connection: Connection, left: int, right: int) -> None:
        super().__init__()
        self.connection = connection
        self.numbers = (left, right)

    def run(self) -> None:
        self.numbers = (*self.numbers, sum(self.numbers))
        myself = multiprocessing.current_process() is self
        self.connection.send((self.name, self.pid, self.numbers, myself))


def check_subclass_with_run_and_init() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    child = Adder(writer, 2, 3)
    assert child.name.startswith("Adder-")
    child.start()
    assert reader.recv() == (child.name, child.pid, (2, 3, 5), True)
    finish(child)
    assert child.numbers == (2, 3)


def check_subclass_without_super_init_is_refused() -> None:
    child = Careless()
    with raises(AttributeError):
        child.start()


class Careless(multiprocessing.Process):
    """A subclass that forgets `super().__init__()`."""

    def __init__(self) -> None:
        pass


def _add_name(path: str) -> None:
    append(path, multiprocessing.current_process().name)


def check_more_processes_than_any_machine_has_idle() -> None:
    with scratch_file() as path:
        children = [multiprocessing.Process(target=_add_name, args=(path,), name=f"n{i}") for i in range(9)]
        for child in children:
            child.start()
        assert all(child.exitcode in (None, 0) for child in children)
        finish(*children)
        assert sorted(words(path)) == [f"n{i}" for i in range(9)]


def check_start_and_join_in_one_loop() -> None:
    with scratch_file() as path:
        for i in range(5):
            finish(start(_add_name, path, name=f"n{i}"))
        assert words(path) == [f"n{i}" for i in range(5)]


def _thread_outlives_target(gate: Connection, report: Connection) -> None:
    threading.Thread(target=lambda: report.send(gate.recv())).start()


def check_child_waits_for_its_threads() -> None:
    gate_reader, gate = multiprocessing.Pipe(duplex=False)
    reader, report = multiprocessing.Pipe(duplex=False)
    child = start(_thread_outlives_target, gate_reader, report)
    child.join(0.05)
    assert child.is_alive()
    gate.send("late word")
    assert reader.recv() == "late word"
    finish(child)


def check_start_from_a_thread() -> None:
    with scratch_file() as path:
        children = [multiprocessing.Process(target=_add_name, args=(path,), name=f"n{i}") for i in range(2)]
        threads = [threading.Thread(target=child.start) for child in children]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        finish(*children)
        assert sorted(words(path)) == ["n0", "n1"]
