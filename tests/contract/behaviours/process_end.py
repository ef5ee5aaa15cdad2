"""The last things a child does: finalizers, exit calls, threads and executors, streams; and what the next child sees of it."""

from __future__ import annotations

import atexit
import logging
import logging.handlers
import multiprocessing
import multiprocessing.util
import os
import random
import sys
import threading
import time
import warnings
import weakref
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection

from .support import append, finish, raises, scratch_file, start, until, words

KEPT: list[object] = []


def _register(path: str) -> None:
    atexit.register(append, path, "first")
    atexit.register(append, path, "second")
    atexit.register(append, path, "never")
    atexit.unregister(print)
    multiprocessing.util.Finalize(None, append, args=(path, "finalizer"), exitpriority=1)
    append(path, "target")


def check_exit_calls_come_last_and_backwards() -> None:
    with scratch_file() as path:
        finish(start(_register, path))
        assert words(path) == ["target", "finalizer", "never", "second", "first"]
        finish(start(append, path, "other"))
        assert words(path)[5:] == ["other"]


def _register_and_fail(path: str) -> None:
    atexit.register(append, path, "called")
    sys.exit(3)


def check_exit_calls_after_sys_exit() -> None:
    with scratch_file() as path:
        child = start(_register_and_fail, path)
        child.join()
        assert child.exitcode == 3 and words(path) == ["called"]


def _register_what_raises(path: str) -> None:
    atexit.register(append, path, "called")
    for kind in (KeyboardInterrupt, GeneratorExit, SystemExit):
        atexit.register(_raise, kind)
    KEPT.append(threading.Event())
    weakref.finalize(KEPT[0], _raise, SystemExit)


def _raise(kind: type[BaseException]) -> None:
    raise kind


def check_exit_calls_that_raise_whatever_change_nothing() -> None:
    with scratch_file() as path:
        finish(start(_register_what_raises, path))
        assert words(path) == ["called"]


def _remember(path: str) -> None:
    handler = logging.handlers.MemoryHandler(1000, target=logging.FileHandler(path))
    logging.getLogger("contract").addHandler(handler)
    logging.getLogger("contract").warning("remembered")


def check_what_a_handler_of_logging_has_kept_is_written_at_the_end() -> None:
    with scratch_file() as path:
        finish(start(_remember, path))
        assert words(path) == ["remembered"]


def _finalizers(path: str) -> None:
    for priority in (1, 3, 2):
        multiprocessing.util.Finalize(None, append, args=(path, str(priority)), exitpriority=priority)
    KEPT.append(threading.Event())
    multiprocessing.util.Finalize(KEPT[0], append, args=(path, "never"))


def check_finalizers_run_by_priority() -> None:
    with scratch_file() as path:
        finish(start(_finalizers, path))
        assert words(path) == ["3", "2", "1"]


def _executor_kept(path: str) -> None:
    executor = ThreadPoolExecutor(2)
    KEPT.append(executor)
    executor.submit(append, path, "done")


def check_an_executor_that_is_never_shut_down_does_not_keep_the_child() -> None:
    with scratch_file() as path:
        for _ in range(5):  # more than any rank has had
            finish(start(_executor_kept, path))
        assert words(path) == ["done"] * 5


def _threads(path: str) -> None:
    def work() -> None:
        time.sleep(0.05)
        append(path, "thread")

    threading.Thread(target=work).start()
    threading.Thread(target=sys.exit, args=(5,)).start()
    threading.Thread(target=threading.Event().wait, daemon=True).start()


def check_threads_are_joined_daemons_are_not_and_their_exit_is_their_own() -> None:
    with scratch_file() as path:
        finish(start(_threads, path))
        assert words(path) == ["thread"]


def _chain(path: str) -> None:
    def first() -> None:
        time.sleep(0.05)
        threading.Thread(target=second).start()

    def second() -> None:
        time.sleep(0.05)
        append(path, "second")

    threading.Thread(target=first).start()


def check_threads_that_threads_start_at_the_end_are_joined_as_well() -> None:
    with scratch_file() as path:
        finish(start(_chain, path))
        assert words(path) == ["second"]


def _daemon_thread(path: str) -> None:
    def go_on() -> None:
        while True:
            append(path, "on")
            time.sleep(0.005)

    threading.Thread(target=go_on, daemon=True).start()


def check_a_daemon_thread_ends_with_its_process() -> None:
    with scratch_file() as path:
        finish(start(_daemon_thread, path))
        until(lambda: _is_at_rest(path))  # it may still be in its last line


def _is_at_rest(path: str) -> bool:
    before = words(path)
    time.sleep(0.1)
    return words(path) == before


def _break_streams(how: str) -> None:
    if how == "close":
        sys.stdout.close()
    elif how == "none":
        sys.stdout = None  # type: ignore[assignment]
    elif how == "descriptor":
        os.close(1)
    else:
        sys.stdout = object()  # type: ignore[assignment]


def _print() -> None:
    print(end="", flush=True)
    os.fstat(1)


def check_a_child_that_breaks_stdout_does_no_harm_to_the_next() -> None:
    for how in ("close", "none"):
        child = start(_break_streams, how)
        child.join()
        finish(*[start(_print) for _ in range(4)])


def _spoil(number: int) -> None:
    random.seed(1)
    warnings.simplefilter("error")
    sys.setrecursionlimit(5000)
    os.umask(0o000)
    logging.getLogger("contract").addHandler(logging.NullHandler())
    logging.getLogger("contract").setLevel(logging.CRITICAL)
    multiprocessing.util.log_to_stderr(logging.CRITICAL)
    sys.excepthook = print  # type: ignore[assignment]


def _look(report: Connection) -> None:
    umask = os.umask(0o077)
    logger = logging.getLogger("contract")
    warnings.warn("not an error", UserWarning, stacklevel=1) if not sys.warnoptions else None
    report.send(
        (
            random.random(),
            [
                sys.getrecursionlimit() == 5000,
                umask == 0,
                bool(logger.handlers),
                logger.level,
                sys.excepthook is print,
                bool(multiprocessing.util.get_logger().handlers),
            ],
        )
    )


def check_what_a_child_has_set_is_gone_with_it() -> None:
    warnings.simplefilter("ignore")
    finish(*[start(_spoil, number) for number in range(4)])
    reader, report = multiprocessing.Pipe(duplex=False)
    finish(*[start(_look, report) for _ in range(4)])
    told = [reader.recv() for _ in range(4)]
    assert len({number for number, _ in told}) == 4, "the same random numbers"
    assert [seen for _, seen in told] == [[False, False, False, 0, False, False]] * 4


def _tell_stdin(report: Connection) -> None:
    report.send((sys.stdin.read(), os.path.samestat(os.fstat(sys.stdin.fileno()), os.stat(os.devnull))))
    with raises(EOFError):
        input()


def check_stdin_of_a_child_is_empty() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    finish(start(_tell_stdin, report))
    assert reader.recv() == ("", True)
