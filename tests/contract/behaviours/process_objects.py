"""Process: what becomes of its objects at its end, by `__del__`, finalizers and exit calls."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import time
import weakref
from multiprocessing import util
from typing import Any

from .support import append, finish, scratch_file, start, words

_kept: list[Any] = []
"""What lives as long as the process."""

_TIMES = 6
"""More processes than there are ranks: some run where others have been."""


class _Object:
    pass


class _Teller:
    """It holds what it needs: at the end of the interpreter the rest may be gone."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND)
        self._write = os.write

    def __del__(self) -> None:
        self._write(self._file, b"del ")


def _keep(path: str) -> _Object:
    """Have everything that a process can register for its objects and its end tell of its call.

    Returns:
        A local object.
    """
    kept, local = _Object(), _Object()
    _kept.extend([_Teller(path), kept])
    util.Finalize(kept, append, (path, "kept"), exitpriority=2)
    util.Finalize(local, append, (path, "local"))
    util.Finalize(None, append, (path, "nobody's"), exitpriority=1)
    weakref.finalize(kept, append, path, "weak-kept-first")
    weakref.finalize(kept, append, path, "weak-kept")
    weakref.finalize(local, append, path, "weak-local")
    weakref.finalize(kept, append, path, "never").atexit = False
    atexit.register(append, path, "exit-call")
    return local


_ALL = ["weak-local", "local", "kept", "nobody's", "exit-call", "weak-kept", "weak-kept-first", "del"]


def _leave(path: str, how: str) -> None:
    local = _keep(path)
    if how == "status":
        sys.exit(3)
    if how == "exception":
        raise RuntimeError("on purpose")
    if how == "at once":
        os._exit(3)
    if how == "signal":
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
    del local


def check_all_are_called_when_it_returns() -> None:
    with scratch_file() as path:
        finish(start(_leave, path, "return"))
        _told_in_order(words(path))


def check_all_are_called_when_it_leaves_with_a_status() -> None:
    with scratch_file() as path:
        child = start(_leave, path, "status")
        child.join()
        assert child.exitcode == 3
        assert set(_ALL) - {"weak-local", "local"} <= set(told := words(path)) <= set(_ALL), told


def check_those_of_the_process_are_called_when_it_raises() -> None:
    with scratch_file() as path:
        child = start(_leave, path, "exception")
        child.join()
        assert child.exitcode == 1
        assert {"kept", "nobody's", "exit-call", "weak-kept", "weak-kept-first"} <= set(words(path))


def check_none_is_called_when_it_leaves_at_once() -> None:
    _leaves_without(3, "at once")


def check_none_is_called_when_a_signal_ends_it() -> None:
    _leaves_without(-signal.SIGTERM, "signal")


def check_each_process_calls_its_own() -> None:
    with scratch_file() as path:
        for n in range(_TIMES):
            child = start(_leave, path, ["return", "at once"][n % 2])
            child.join()
        told = words(path)
        assert sorted(told) == sorted(_ALL * (_TIMES // 2)), told


def check_one_that_fails_does_not_keep_the_others_from_being_called() -> None:
    with scratch_file() as path:
        child = start(_fail_in_the_middle, path)
        child.join()
        assert child.exitcode == 0
        assert words(path) == ["second", "ZeroDivisionError", "first"]


def _fail_in_the_middle(path: str) -> None:
    kept = _Object()
    _kept.append(kept)
    weakref.finalize(kept, append, path, "first")
    weakref.finalize(kept, lambda: 1 / 0)
    weakref.finalize(kept, append, path, "second")
    sys.excepthook = lambda kind, error, trace: append(path, kind.__name__)


def check_one_may_make_another_one() -> None:
    with scratch_file() as path:
        finish(start(_make_another, path))
        assert words(path) == ["one", "another", "first"]


def _make_another(path: str) -> None:
    kept = _Object()
    _kept.append(kept)
    weakref.finalize(kept, append, path, "first")
    weakref.finalize(kept, _append_and_make, kept, path)


def _append_and_make(kept: _Object, path: str) -> None:
    append(path, "one")
    weakref.finalize(kept, append, path, "another")


def _told_in_order(told: list[str]) -> None:
    """Those of local objects go with their function's frame, in whichever order; all others have theirs."""
    assert set(told[:2]) == {"weak-local", "local"}, told
    assert told[2:] == _ALL[2:], told


def _leaves_without(exitcode: int, how: str) -> None:
    with scratch_file() as path:
        for _ in range(_TIMES):
            child = start(_leave, path, how)
            child.join()
            assert child.exitcode == exitcode
        assert (told := words(path)) == [], told
