"""Signals and sudden ends: what a child makes of terminate, kill and its own signals, and what os._exit leaves undone."""

from __future__ import annotations

import _thread
import asyncio
import multiprocessing
import os
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection
from typing import Any

from .support import PATIENCE, finish, raises, scratch_file, start, until, words


def _wait(ready: Connection) -> None:
    ready.send("ready")
    threading.Event().wait()


def _ended(how: str, target: object, *args: Any) -> int | None:
    """Let a child get ready, then end it that way."""
    reader, ready = multiprocessing.Pipe(duplex=False)
    child = start(target, ready, *args)
    assert reader.recv() == "ready"
    getattr(child, how)()
    child.join()
    return child.exitcode


def check_kill() -> None:
    assert _ended("kill", _wait) == -9


def _ignore(ready: Connection) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _wait(ready)


def check_a_child_may_ignore_terminate_but_not_kill() -> None:
    reader, ready = multiprocessing.Pipe(duplex=False)
    child = start(_ignore, ready)
    assert reader.recv() == "ready"
    child.terminate()
    child.join(0.1)
    assert child.is_alive()
    child.kill()
    child.join()
    assert child.exitcode == -9


def _handle(ready: Connection, code: int) -> None:
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(code + number))
    _wait(ready)


def check_a_handler_of_its_own_decides_the_exit_code() -> None:
    assert _ended("terminate", _handle, 5) == 20


def _clean_up_at_leisure(ready: Connection, report: Connection) -> None:
    def stop(number: int, frame: object) -> None:
        time.sleep(0.3)
        report.send("cleaned up")
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    _wait(ready)


def check_a_handler_may_take_its_time_and_is_called_once() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    assert _ended("terminate", _clean_up_at_leisure, report) == 0
    report.close()
    assert reader.recv() == "cleaned up"
    with raises(EOFError):
        reader.recv()


def _catch_everything(ready: Connection, path: str) -> None:
    ready.send("ready")
    while True:
        try:
            time.sleep(60)
        except BaseException:
            with open(path, "a") as file:
                file.write("caught ")


def check_a_child_that_catches_everything_is_ended() -> None:
    with scratch_file() as path:
        assert _ended("terminate", _catch_everything, path) == -15
        assert words(path) == []


class _Manager:
    def __init__(self, path: str) -> None:
        self.path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> bool:
        with open(self.path, "a") as file:
            file.write("left ")
        return True


def _nest(ready: Connection, path: str) -> None:
    for _ in range(3):
        try:
            with _Manager(path):
                try:
                    ready.send("ready")
                    threading.Event().wait()
                finally:
                    print("finally", file=open(path, "a"))  # noqa: SIM115
        except BaseException:
            print("except", file=open(path, "a"))  # noqa: SIM115


def check_no_block_of_the_child_runs_after_terminate_or_kill() -> None:
    with scratch_file() as path:
        assert _ended("terminate", _nest, path) == -15
        assert _ended("kill", _nest, path) == -9
        assert words(path) == []


def _terminate_myself() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait()


def _alarm() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    threading.Event().wait()


def check_a_signal_without_handler_is_the_exit_code() -> None:
    children = [start(target) for target in (_terminate_myself, _alarm)]
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [-15, -14]


class _Late(Exception):
    pass


def _be_late(number: int, frame: object) -> None:
    raise _Late


def _with_alarm(report: Connection) -> None:
    before = signal.signal(signal.SIGALRM, _be_late)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        threading.Event().wait()
    except _Late:
        report.send((before == signal.SIG_DFL, signal.getsignal(signal.SIGALRM) is _be_late))


def check_a_handler_of_a_child_may_raise() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    finish(start(_with_alarm, report))
    assert reader.recv() == (True, True)


def _tell_handlers(report: Connection) -> None:
    report.send(
        [
            signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,
            signal.getsignal(signal.SIGINT) is signal.default_int_handler,
            signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL,
        ]
    )


def _spoil_handlers() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)


def check_each_child_starts_with_the_default_handlers() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    finish(*[start(_spoil_handlers) for _ in range(4)])
    for _ in range(4):
        finish(start(_tell_handlers, report))
        assert reader.recv() == [True, True, True]


def _interrupted(wait: Any) -> bool:
    """Whether a handler that raises ends a wait of the main process."""
    before = signal.signal(signal.SIGALRM, _be_late)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        wait()
    except _Late:
        return True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return False


def check_waits_of_the_main_process_end_by_a_signal_and_lose_nothing() -> None:
    gate_reader, gate = multiprocessing.Pipe(duplex=False)
    queue, lock = multiprocessing.Queue(), multiprocessing.Lock()
    child = start(_pass_on, gate_reader, queue)
    lock.acquire()
    for wait in (child.join, queue.get, lock.acquire):
        assert _interrupted(wait), wait
    gate.send("word")
    assert queue.get() == "word"
    finish(child)
    lock.release()
    assert lock.acquire(timeout=0)


def _pass_on(gate: Connection, queue: Any) -> None:
    queue.put(gate.recv())


def check_a_wait_goes_on_after_a_handler_that_returns() -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: seen.append(number))
    try:
        reader, gate = multiprocessing.Pipe(duplex=False)
        queue = multiprocessing.Queue()
        child = start(_pass_on, reader, queue)
        thread = threading.Thread(target=_send_after, args=(gate, seen))
        thread.start()
        signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
        assert queue.get() == "late"
        signal.setitimer(signal.ITIMER_REAL, 0)
        thread.join()
        finish(child)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert set(seen) == {signal.SIGALRM}


def _send_after(gate: Connection, seen: list[int]) -> None:
    """There is nothing to get before the handler was called a few times."""
    until(lambda: len(seen) > 3)
    gate.send("late")


def _leave_at_once(code: int, path: str) -> None:
    multiprocessing.util.Finalize(None, print, args=("finalizer",), exitpriority=1)
    try:
        os._exit(code)
    finally:
        with open(path, "a") as file:
            file.write("finally ")


def _leave_from_a_thread(code: int, path: str) -> None:
    threading.Thread(target=_leave_at_once, args=(code, path)).start()
    threading.Event().wait()


def check_os_exit_ends_the_child_with_its_code_and_nothing_else() -> None:
    with scratch_file() as path:
        for target in (_leave_at_once, _leave_from_a_thread):
            child = start(target, 7, path)
            child.join()
            assert child.exitcode == 7
        assert words(path) == []


def check_os_exit_as_the_target() -> None:
    child = start(os._exit, 256 + 5)
    child.join()
    assert child.exitcode == 5


def _fork_and_leave(report: Connection) -> None:
    copy = os.fork()
    if not copy:
        os._exit(6)
    report.send(os.waitpid(copy, 0)[1] >> 8)


def check_os_exit_in_a_copy_that_the_child_has_forked() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    finish(start(_fork_and_leave, report))
    assert reader.recv() == 6


def _interrupt_itself(report: Connection) -> None:
    for interrupt in (
        lambda: signal.raise_signal(signal.SIGINT),
        lambda: os.kill(os.getpid(), signal.SIGINT),
        _thread.interrupt_main,
        threading.Timer(0.01, _thread.interrupt_main).start,
    ):
        try:
            interrupt()
            until(lambda: False)  # in short waits: another thread that interrupts wakes nobody
        except KeyboardInterrupt:
            report.send("interrupted")
    for word in (signal.SIG_IGN, signal.SIG_DFL):
        signal.signal(signal.SIGINT, word)
        _thread.interrupt_main()  # calls handlers of Python only
    report.send("goes on")
    signal.raise_signal(signal.SIGINT)
    report.send("lives on")


def check_a_child_may_interrupt_itself() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    child = start(_interrupt_itself, report)
    assert [reader.recv() for _ in range(5)] == ["interrupted"] * 4 + ["goes on"]
    child.join()
    assert child.exitcode == -signal.SIGINT
    assert not reader.poll()


def _block_all(ready: Connection) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
    _wait(ready)


def check_a_child_that_has_blocked_all_signals_is_killed() -> None:
    assert _ended("kill", _block_all) == -9


def _kill_blocked(report: Connection) -> None:
    heard: list[int] = []
    signal.signal(signal.SIGUSR1, lambda number, frame: heard.append(number))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGUSR2})
    os.kill(os.getpid(), signal.SIGUSR1)
    os.kill(os.getpid(), signal.SIGUSR2)
    report.send((list(heard), signal.SIGUSR1 in signal.sigpending()))
    received = signal.sigtimedwait({signal.SIGUSR2}, PATIENCE)
    report.send(received and received.si_signo)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
    report.send(heard)


def check_what_a_process_sends_itself_waits_while_it_is_blocked() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    finish(start(_kill_blocked, report))
    assert [reader.recv() for _ in range(3)] == [([], True), signal.SIGUSR2, [signal.SIGUSR1]]


def check_what_the_main_process_sends_itself_waits_while_it_is_blocked() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    before = signal.getsignal(signal.SIGUSR1)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        _kill_blocked(report)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGUSR1, before)
    assert [reader.recv() for _ in range(3)] == [([], True), signal.SIGUSR2, [signal.SIGUSR1]]


def _leave_pending() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGVTALRM})
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGVTALRM)


def check_what_still_waits_at_the_end_of_a_process_is_gone_with_it() -> None:
    for _ in range(5):  # more than any rank has had
        finish(start(_leave_pending))


def _block_for_a_while(ready: Connection, report: Connection) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    ready.send("ready")
    while signal.SIGTERM not in signal.sigpending():
        time.sleep(1e-3)
    report.send("not to be disturbed")
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    report.send("too late")


def check_terminate_waits_while_it_is_blocked() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    assert _ended("terminate", _block_for_a_while, report) == -15
    report.close()
    assert reader.recv() == "not to be disturbed"
    with raises(EOFError):
        reader.recv()


def _await_signal(ready: Connection) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    ready.send("ready")
    sys.exit(signal.sigwait({signal.SIGTERM}) + 1)


def check_a_child_may_wait_for_terminate() -> None:
    assert _ended("terminate", _await_signal) == 16


def _run_loop(ready: Connection) -> None:
    async def run() -> None:
        told = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
        ready.send("ready")
        await asyncio.wait_for(told.wait(), PATIENCE)
        sys.exit(7)

    asyncio.run(run())


def check_an_event_loop_handles_terminate() -> None:
    assert _ended("terminate", _run_loop) == 7
