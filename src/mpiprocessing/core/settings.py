"""What a process can set for itself alone, of the interpreter and of the system: how to read it, how to put it back.

A child may pin itself to a core, limit its memory, block signals, choose a locale, replace `print`, patch the import system:
none of it is its successor's. Context variables need no line here, `decimal`'s context and NumPy's error state among them:
each child runs in a context of its own. What a child changes in a module that stays on the rank stays with the module.

A limit that a process without privileges has lowered for good (the hard one) cannot be raised again, nor its niceness lowered.
"""

from __future__ import annotations

import _locale
import builtins
import contextlib
import gc
import itertools
import logging
import multiprocessing.util
import os
import resource
import signal
import sys
import tempfile
import threading
import warnings

from mpiprocessing.core.inherited import LIMITS, umask
from mpiprocessing.core.program import is_installed, names_beside

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["Settings", "is_of_installed"]

_GONE: Any = object()


class Settings:
    """How they are before a child begins."""

    def __init__(self) -> None:
        self._before = [read() for read, _ in _ALL]

    def put_back(self) -> None:
        """The child has ended."""
        for (_, put_back), value in zip(_ALL, self._before, strict=True):
            put_back(value)


# ---- how each is read and put back ----


def _attribute(module: Any, name: str) -> tuple[Callable[[], Any], Callable[[Any], None]]:
    def put_back(value: Any) -> None:
        if value is not _GONE:
            setattr(module, name, value)
        elif hasattr(module, name):
            delattr(module, name)

    return (lambda: getattr(module, name, _GONE)), put_back


def _hooks(items: list[Any]) -> tuple[Callable[[], Any], Callable[[Any], None]]:
    def put_back(before: list[Any]) -> None:
        # What an installed package has put there (six, say, for its moves) is needed as long as the package is there.
        kept = [item for item in items if item in before or is_of_installed(item)]
        items[:] = [*kept, *(item for item in before if item not in kept)]

    return items.copy, put_back


def is_of_installed(thing: Any) -> bool:
    """Whether a function, a class or an object's class is of a module that stays on the rank."""
    names = names_beside(thing)
    return names is not None and is_installed(names)


def _if_changed(
    read: Callable[[], Any], put_back: Callable[[Any], Any]
) -> tuple[Callable[[], Any], Callable[[Any], None]]:
    """For what takes note of being set, or cannot be set before a child has changed it."""

    def put_back_if_changed(value: Any) -> None:
        if read() != value:
            put_back(value)

    return read, put_back_if_changed


def _put_back_builtins(before: dict[str, Any]) -> None:
    now = vars(builtins)
    if now == before:
        return
    for name in now.keys() - before.keys():
        if not is_of_installed(now[name]):
            del now[name]
    for name, value in before.items():
        if now.get(name, _GONE) is not value:
            now[name] = value


def _set_switch_interval(seconds: float) -> None:
    # Python keeps whole microseconds, rounded down, of what it has told itself.
    sys.setswitchinterval(seconds + 0.5e-6)


def _set_umask(mask: int) -> None:
    os.umask(mask)


def _set_collecting(on: bool) -> None:
    (gc.enable if on else gc.disable)()


def _set_filters(filters: list[Any]) -> None:
    warnings.resetwarnings()  # so that what was warned of already is forgotten, also of modules that stay
    warnings.filters[:] = filters  # type: ignore[index]


def _set_disabled(level: int) -> None:
    logging.disable(level)  # so that loggers forget what they may tell


def _count_threads_anew(nothing: None) -> None:
    threading._counter = itertools.count(1).__next__  # type: ignore[attr-defined]
    module: Any = sys.modules.get("concurrent.futures.thread")
    if module is not None:
        module.ThreadPoolExecutor._counter = itertools.count().__next__


def _set_thread_name(name: str) -> None:
    threading.main_thread().name = name


def _show_no_stacks_later(nothing: None) -> None:
    module: Any = sys.modules.get("faulthandler")
    if module is not None:
        module.cancel_dump_traceback_later()


def _default_timeout() -> float | None:
    socket: Any = sys.modules.get("_socket")
    timeout: float | None = socket.getdefaulttimeout() if socket is not None else None
    return timeout


def _set_default_timeout(timeout: float | None) -> None:
    sys.modules["_socket"].setdefaulttimeout(timeout)


def _places() -> str:
    return _locale.setlocale(_locale.LC_ALL)


def _set_places(places: str) -> None:
    _locale.setlocale(_locale.LC_ALL, places)


def _is_tracing_memory() -> bool:
    module: Any = sys.modules.get("_tracemalloc")
    return module is not None and bool(module.is_tracing())


def _stop_tracing_memory(traced_before: bool) -> None:
    if _is_tracing_memory() and not traced_before:
        sys.modules["_tracemalloc"].stop()


def _event_loops() -> Any:
    events: Any = sys.modules.get("asyncio.events")
    return getattr(events, "_event_loop_policy", None)


def _set_event_loops(policy: Any) -> None:
    sys.modules["asyncio.events"]._event_loop_policy = policy  # type: ignore[attr-defined]


def _limits() -> list[tuple[int, int]]:
    return [resource.getrlimit(limit) for limit in LIMITS]


def _set_limits(before: list[tuple[int, int]]) -> None:
    for limit, (soft, hard) in zip(LIMITS, before, strict=True):
        now, most = resource.getrlimit(limit)
        if (now, most) == (soft, hard):
            continue
        try:
            resource.setrlimit(limit, (soft, hard))
        except (ValueError, OSError):  # the hard one was lowered
            fits = 0 <= soft <= most  # no limit at all is -1
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(limit, (soft if fits else most, most))


_ALL: list[tuple[Callable[[], Any], Callable[[Any], Any]]] = [
    # what sees errors and frames; in this order: what ends the threads is not told by hooks of the child's
    _attribute(sys, "excepthook"),
    _attribute(sys, "unraisablehook"),
    _attribute(threading, "excepthook"),
    _if_changed(sys.gettrace, sys.settrace),
    _if_changed(sys.getprofile, sys.setprofile),
    _attribute(threading, "_trace_hook"),
    _attribute(threading, "_profile_hook"),
    _attribute(sys, "displayhook"),
    _attribute(sys, "breakpointhook"),
    _attribute(sys, "tracebacklimit"),
    # the interpreter
    (lambda: dict(vars(builtins)), _put_back_builtins),
    _attribute(sys, "path_hooks"),  # the list, and then what is in it
    _hooks(sys.path_hooks),
    _attribute(sys, "meta_path"),
    _hooks(sys.meta_path),
    _attribute(sys, "dont_write_bytecode"),
    (sys.getrecursionlimit, sys.setrecursionlimit),
    _if_changed(sys.getswitchinterval, _set_switch_interval),
    (sys.get_asyncgen_hooks, lambda hooks: sys.set_asyncgen_hooks(*hooks)),
    (sys.get_coroutine_origin_tracking_depth, sys.set_coroutine_origin_tracking_depth),
    (threading.stack_size, threading.stack_size),
    (lambda: threading.main_thread().name, _set_thread_name),
    (lambda: None, _count_threads_anew),
    (gc.isenabled, _set_collecting),
    (gc.get_threshold, lambda threshold: gc.set_threshold(*threshold)),
    (gc.get_debug, gc.set_debug),
    _hooks(gc.callbacks),
    (_is_tracing_memory, _stop_tracing_memory),
    (lambda: None, _show_no_stacks_later),
    # modules of the standard library that have settings
    (lambda: list(warnings.filters), _set_filters),
    _attribute(warnings, "showwarning"),
    _attribute(warnings, "formatwarning"),
    _attribute(logging, "_warnings_showwarning"),
    _attribute(multiprocessing.util, "_logger"),
    _attribute(multiprocessing.util, "_log_to_stderr"),
    _attribute(logging, "_loggerClass"),
    _attribute(logging, "_logRecordFactory"),
    _attribute(logging, "raiseExceptions"),
    (lambda: logging.Logger.manager.disable, _set_disabled),
    _attribute(tempfile, "tempdir"),
    _if_changed(_default_timeout, _set_default_timeout),
    _if_changed(_event_loops, _set_event_loops),
    # the system
    _attribute(os, "environ"),
    (umask, _set_umask),
    _if_changed(_places, _set_places),
    (_limits, _set_limits),
    (
        lambda: signal.pthread_sigmask(signal.SIG_BLOCK, ()),
        lambda mask: signal.pthread_sigmask(signal.SIG_SETMASK, mask),
    ),
]
if hasattr(sys, "get_int_max_str_digits"):
    _ALL.append((sys.get_int_max_str_digits, sys.set_int_max_str_digits))
if sys.platform == "linux":
    _ALL.append((lambda: os.sched_getaffinity(0), lambda cores: os.sched_setaffinity(0, cores)))
