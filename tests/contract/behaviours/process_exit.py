"""How a Process ends: exit codes, tracebacks, terminate."""

from __future__ import annotations

import multiprocessing
import sys
import threading
from multiprocessing.connection import Connection

from .support import finish, raises, scratch_file, shows, start


def _exit(code: object) -> None:
    sys.exit(code)  # type: ignore[arg-type]


def _return_value() -> int:
    return 5


def _code_of(target: object, *args: object) -> int | None:
    child = start(target, *args)
    child.join()
    return child.exitcode


def check_return_is_0() -> None:
    assert _code_of(_return_value) == 0


def check_sys_exit_without_code_is_0() -> None:
    assert _code_of(sys.exit) == 0
    assert _code_of(_exit, None) == 0


def check_sys_exit_n_is_n() -> None:
    assert [_code_of(_exit, code) for code in (0, 3, 255)] == [0, 3, 255]


def check_sys_exit_beyond_a_byte_is_cut_as_by_the_system() -> None:
    assert [_code_of(_exit, code) for code in (-1, 256 + 7)] == [255, 7]


def check_system_exit_raised_is_like_sys_exit() -> None:
    assert _code_of(_raise, SystemExit(9)) == 9


def _raise(error: BaseException) -> None:
    raise error


def check_unhandled_exception_is_1() -> None:
    assert _code_of(_raise, KeyError("lost")) == 1
    assert _code_of(_raise, KeyboardInterrupt()) == 1


def _complain(path: str, error: BaseException) -> None:
    sys.stderr = open(path, "w")  # noqa: SIM115 - the library writes to it after this function
    raise error


def check_traceback_goes_to_stderr_with_the_name() -> None:
    with scratch_file() as path:
        child = start(_complain, path, ValueError("too bad"), name="unlucky")
        child.join()
        with open(path) as file:
            text = file.read()
    assert child.exitcode == 1
    assert "Process unlucky" in text and "in _complain" in text and "ValueError: too bad" in text, text


def check_sys_exit_text_is_1_and_says_it() -> None:
    with scratch_file() as path:
        child = start(_complain, path, SystemExit("good bye"))
        child.join()
        with open(path) as file:
            text = file.read()
    assert child.exitcode == 1
    assert text == "good bye\n", text


class _Odd(Exception):
    """What looks for its attributes in a table of its own."""

    def __getattr__(self, name: str) -> object:
        return {}[name]  # type: ignore[misc]


def _raise_odd() -> None:
    raise _Odd("odd")


def check_an_exception_that_cannot_be_shown_is_1() -> None:
    assert [_code_of(_raise_odd) for _ in range(5)] == [1] * 5
    assert _code_of(_return_value) == 0


def check_exception_of_a_child_leaves_the_parent_alone() -> None:
    assert _code_of(_raise, ValueError("mine alone")) == 1
    assert _code_of(_return_value) == 0


def check_exit_code_in_repr() -> None:
    child = start(_exit, 3)
    child.join()
    assert shows(repr(child), "stopped", "exitcode=3"), child


def _sleep(ready: Connection) -> None:
    ready.send("ready")
    threading.Event().wait()


def _compute(ready: Connection) -> None:
    ready.send("ready")
    number = 0
    while True:
        number += 1


def _get(ready: Connection, queue: object) -> None:
    ready.send("ready")
    queue.get()  # type: ignore[attr-defined]


def _recv(ready: Connection, reader: Connection) -> None:
    ready.send("ready")
    reader.recv()


def _acquire(ready: Connection, lock: object) -> None:
    ready.send("ready")
    lock.acquire()  # type: ignore[attr-defined]


def _wait(ready: Connection, barrier: object) -> None:
    ready.send("ready")
    barrier.wait()  # type: ignore[attr-defined]


def _terminated(target: object, *args: object) -> multiprocessing.Process:
    """Terminate a child that says that it is about to block for ever."""
    reader, ready = multiprocessing.Pipe(duplex=False)
    child = start(target, ready, *args)
    assert reader.recv() == "ready"
    assert child.is_alive()
    assert child.terminate() is None
    child.join()
    assert child.exitcode == -15 and not child.is_alive()
    return child


def check_terminate_while_sleeping() -> None:
    child = _terminated(_sleep)
    assert shows(repr(child), "stopped", "exitcode=-SIGTERM"), child


def check_terminate_while_computing() -> None:
    _terminated(_compute)


def check_terminate_while_blocked_in_queue_get() -> None:
    _terminated(_get, multiprocessing.Queue())


def check_terminate_while_blocked_in_recv() -> None:
    reader, _writer = multiprocessing.Pipe(duplex=False)
    _terminated(_recv, reader)


def check_terminate_while_blocked_in_lock_acquire() -> None:
    lock = multiprocessing.Lock()
    lock.acquire()
    _terminated(_acquire, lock)
    lock.release()


def check_terminate_while_blocked_in_barrier_wait() -> None:
    _terminated(_wait, multiprocessing.Barrier(2))


def check_terminate_right_after_start() -> None:
    _reader, ready = multiprocessing.Pipe(duplex=False)
    child = start(_sleep, ready)
    child.terminate()
    child.join()
    assert child.exitcode == -15


def check_terminate_after_the_end_changes_nothing() -> None:
    child = start(_exit, 3)
    child.join()
    child.terminate()
    child.join()
    assert child.exitcode == 3


def check_terminate_twice() -> None:
    reader, ready = multiprocessing.Pipe(duplex=False)
    child = start(_sleep, ready)
    assert reader.recv() == "ready"
    child.terminate()
    child.terminate()
    child.join()
    assert child.exitcode == -15


def _hold_on(ready: Connection) -> None:
    try:
        ready.send("ready")
        threading.Event().wait()
    except Exception:
        ready.send("caught")


def check_terminate_is_no_exception_that_the_child_can_catch() -> None:
    reader, ready = multiprocessing.Pipe(duplex=False)
    child = start(_hold_on, ready)
    ready.close()
    assert reader.recv() == "ready"
    child.terminate()
    with raises(EOFError):
        reader.recv()
    child.join()
    assert child.exitcode == -15


def _sleep_with_cleanup(ready: Connection) -> None:
    try:
        ready.send("ready")
        threading.Event().wait()
    finally:
        ready.send("finally")


def check_terminate_runs_no_finally_clause() -> None:
    reader, ready = multiprocessing.Pipe(duplex=False)
    child = start(_sleep_with_cleanup, ready)
    ready.close()
    assert reader.recv() == "ready"
    child.terminate()
    with raises(EOFError):
        reader.recv()
    child.join()
    assert child.exitcode == -15


def check_others_go_on_after_a_terminate() -> None:
    for _ in range(5):
        _terminated(_sleep)
    finish(*[start(_return_value) for _ in range(4)])
