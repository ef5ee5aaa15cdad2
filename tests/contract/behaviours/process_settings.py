"""Process: what one has set for itself is not set in the next."""

from __future__ import annotations

import builtins
import calendar
import contextvars
import decimal
import gc
import json
import locale
import logging
import multiprocessing
import os
import random
import resource
import signal
import socket
import sys
import tempfile
import threading
import time
import tracemalloc
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .support import finish, start

PLACES = 4 if "mpiprocessing" in sys.modules else 1
"""As many processes at a time as there are places for them: the next ones run where they were. With the standard library
each one is a new one of the system, so one is enough, and many take long to come."""

_variable = contextvars.ContextVar("_variable", default=0)


class _Finder:
    def find_spec(self, *arguments: Any) -> None:
        return None


class _Finders(list[Any]):
    pass


class _Logger(logging.Logger):
    pass


def _nothing(*arguments: Any) -> None:
    return None


# ---- each spoils something, and says how to see it ----


def _timers() -> Any:
    return [
        signal.getitimer(number)[0] > 0
        for number in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
    ]


def _set_timers() -> None:
    for number in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
        signal.setitimer(number, 1000.0)


def _mask() -> Any:
    return sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, ())))


def _block() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2, signal.SIGWINCH})


def _hooks() -> Any:
    functions = sys.gettrace(), sys.getprofile(), sys.displayhook, sys.breakpointhook, warnings.showwarning
    return [function is _nothing for function in functions], hasattr(sys, "tracebacklimit")


def _set_hooks() -> None:
    threading.settrace(_nothing)
    threading.setprofile(_nothing)
    sys.displayhook = sys.breakpointhook = warnings.showwarning = _nothing  # type: ignore[assignment]
    sys.tracebacklimit = 1
    sys.setprofile(_nothing)
    sys.settrace(_nothing)


def _threads() -> Any:
    found = []
    thread = threading.Thread(target=lambda: found.append([sys.gettrace() is None, sys.getprofile() is None]))
    thread.start()
    thread.join()
    with ThreadPoolExecutor(1) as executor:
        name = executor.submit(lambda: threading.current_thread().name).result()
    return threading.stack_size(), found, threading.current_thread().name, thread.name, name


def _set_threads() -> None:
    threading.stack_size(1 << 20)
    threading.current_thread().name = "spoilt"
    threading.Thread()
    ThreadPoolExecutor(1)
    threading.settrace(_nothing)
    threading.setprofile(_nothing)


def _builtins() -> Any:
    return hasattr(builtins, "spoilt"), builtins.oct(8), hasattr(builtins, "credits")


def _set_builtins() -> None:
    builtins.spoilt = True  # type: ignore[attr-defined]
    builtins.oct = lambda number: "eight"  # type: ignore[assignment]
    del builtins.credits


def _imports() -> Any:
    return (
        [type(finder).__name__ == "_Finder" for finder in sys.meta_path],
        _nothing in sys.path_hooks,
        sys.dont_write_bytecode,
        sys.modules["calendar"] is calendar,
        type(sys.meta_path) is list,
    )


def _set_imports() -> None:
    sys.meta_path.append(_Finder())  # type: ignore[arg-type]
    sys.meta_path = _Finders(sys.meta_path)
    sys.path_hooks.append(_nothing)  # type: ignore[arg-type]
    sys.dont_write_bytecode = not sys.dont_write_bytecode
    sys.modules["calendar"] = None  # type: ignore[assignment]


def _interpreter() -> Any:
    return (
        sys.getrecursionlimit(),
        sys.getswitchinterval(),
        gc.isenabled(),
        gc.get_threshold(),
        gc.get_debug(),
        _nothing in gc.callbacks,
        tracemalloc.is_tracing(),
        sys.get_coroutine_origin_tracking_depth(),
        [hook is None for hook in sys.get_asyncgen_hooks()],
        getattr(sys, "get_int_max_str_digits", lambda: 0)(),
    )


def _set_interpreter() -> None:
    sys.setrecursionlimit(1234)
    sys.setswitchinterval(0.01)
    gc.disable()
    gc.set_threshold(1, 2, 3)
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.callbacks.append(_nothing)
    tracemalloc.start()
    sys.set_coroutine_origin_tracking_depth(3)
    sys.set_asyncgen_hooks(_nothing, _nothing)
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(1000)


def _library() -> Any:
    return (
        socket.getdefaulttimeout(),
        tempfile.gettempdir(),
        logging.getLoggerClass().__name__,
        logging.root.manager.disable,
        logging.root.level,
        logging.raiseExceptions,
        len(warnings.filters),
    )


def _set_library() -> None:
    socket.setdefaulttimeout(3.0)
    tempfile.tempdir = "/"
    logging.setLoggerClass(_Logger)
    logging.disable()
    logging.root.setLevel(1)
    logging.raiseExceptions = False
    warnings.simplefilter("error")


def _context() -> Any:
    return _variable.get(), decimal.getcontext().prec, decimal.getcontext().traps[decimal.Inexact]


def _set_context() -> None:
    _variable.set(1)
    decimal.getcontext().prec = 3
    decimal.getcontext().traps[decimal.Inexact] = True


def _system() -> Any:
    mask = os.umask(0)
    os.umask(mask)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    limits = [resource.getrlimit(limit)[0] for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_AS)]
    return (
        type(os.environ).__name__,
        mask,
        cores,
        limits,
        locale.setlocale(locale.LC_ALL),
        time.tzname,
        os.environ.get("TZ"),
    )


def _set_system() -> None:
    os.umask(0o123)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for limit, soft in ((resource.RLIMIT_NOFILE, 200), (resource.RLIMIT_AS, 1 << 40)):
        resource.setrlimit(limit, (soft, resource.getrlimit(limit)[1]))
    locale.setlocale(locale.LC_ALL, "C" if "UTF" in locale.setlocale(locale.LC_ALL) else "C.UTF-8")
    os.environ["TZ"] = "America/New_York"
    time.tzset()
    os.environ = dict(os.environ)  # type: ignore[assignment]  # noqa: B003


# ---- the behaviours ----


def check_timers() -> None:
    is_not_set_in_the_next(_set_timers, _timers)


def check_blocked_signals() -> None:
    is_not_set_in_the_next(_block, _mask)


def check_hooks() -> None:
    is_not_set_in_the_next(_set_hooks, _hooks)


def check_threads() -> None:
    is_not_set_in_the_next(_set_threads, _threads)


def check_builtins() -> None:
    is_not_set_in_the_next(_set_builtins, _builtins)


def check_the_import_system() -> None:
    is_not_set_in_the_next(_set_imports, _imports)


def check_the_interpreter() -> None:
    is_not_set_in_the_next(_set_interpreter, _interpreter)


def check_modules_with_settings() -> None:
    is_not_set_in_the_next(_set_library, _library)


def check_context_variables() -> None:
    is_not_set_in_the_next(_set_context, _context)


def check_the_system() -> None:
    is_not_set_in_the_next(_set_system, _system)


def is_not_set_in_the_next(spoil: Callable[[], Any], state: Callable[[], Any]) -> None:
    before, spoilt, after = seen(state), seen(state, spoil), seen(state)
    assert before[0] != spoilt[0], spoilt[0]
    assert after == before, (before, after)


def seen(state: Callable[[], Any], spoil: Callable[[], Any] | None = None) -> list[Any]:
    """What as many processes at a time as there are places see of their state."""
    barrier = multiprocessing.Barrier(PLACES)
    receiver, sender = multiprocessing.Pipe(duplex=False)
    children = [start(_tell, barrier, sender, state, spoil) for _ in range(PLACES)]
    found = [json.loads(receiver.recv()) for _ in children]
    for child in children:
        finish(child)
    return found


def _tell(barrier: Any, sender: Any, state: Callable[[], Any], spoil: Callable[[], Any] | None) -> None:
    random.seed()
    barrier.wait()
    if spoil is not None:
        spoil()
    seen = state()
    sys.settrace(None)
    sys.setprofile(None)
    sender.send(json.dumps(seen))
