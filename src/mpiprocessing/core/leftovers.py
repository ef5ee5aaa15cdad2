"""What a child process leaves behind on its rank is undone, so that the next one starts as if in a new interpreter.

The rank outlives the child, so what the system does when a process ends is done by hand: its threads are ended, its standard
descriptors restored, its logging handlers put back. Random numbers begin anew, as two children that continue the same
sequence would be worse than slow. Modules and the environment are `preparation.clean_up`'s, what the interpreter and the
system keep for a process is `settings`', signal handlers are `signals`', exit calls `exitcalls`', finalizers `finalizers`'.
"""

from __future__ import annotations

import ctypes
import functools
import gc
import logging
import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterable
from time import sleep
from typing import Any

from mpiprocessing.core.errors import ProcessTerminated
from mpiprocessing.core.halfway import is_halfway
from mpiprocessing.core.settings import Settings, is_of_installed

__all__ = ["Leftovers", "renew_chance"]

_LOOKS, _MOMENT = 5, 1e-3
"""How often a thread is found at the same place before it is taken for blocked there, and the seconds between two looks."""


class Leftovers:
    """How the rank was before a child began.

    Args:
        is_ended: whether the child was ended before its time.
    """

    _descriptors: tuple[int, ...] = ()
    _settings: Settings | None = None  # like these the same before every child, and read before the first

    def __init__(self, is_ended: Callable[[], bool]) -> None:
        self._threads = set(threading.enumerate())
        _gone.is_next = is_ended
        _tell_nothing_of_the_gone()
        self._loggers = [(logger, _state(logger)) for logger in _loggers()]
        # What is there already need not be looked through when the child has ended (tens of milliseconds).
        gc.freeze()
        if Leftovers._settings is None:
            Leftovers._settings = Settings()
            Leftovers._descriptors = tuple(_duplicate(number) for number in range(3))

    def disown(self) -> list[threading.Thread]:
        """The child has ended, and all that it holds is closed next: what its threads make of that is told by nobody.

        Returns:
            Those that are left.
        """
        assert self._settings is not None
        self._settings.put_back()  # its hooks among them
        left = [thread for thread in threading.enumerate() if thread not in self._threads]
        _gone.add(left)
        return left

    def end_threads(self, evict: Callable[[int], bool]) -> None:
        """Threads of a process that has ended: each ends at its next line of Python.

        Args:
            evict: told the number of a thread, says whether it is where it must not be disturbed and ends by itself.
        """
        _gone.end(evict)

    def undo(self) -> None:
        """The rank is as it was."""
        known = {id(logger) for logger, _ in self._loggers}
        for logger in _loggers():
            if id(logger) not in known:
                _set_state(logger, ([], [], logging.NOTSET, True, False))
        for logger, state in self._loggers:
            _set_state(logger, state)
        _forget_loggers([logger for logger in _loggers() if not is_of_installed(logger)])
        for number, copy in enumerate(Leftovers._descriptors):
            if copy >= 0:
                os.dup2(copy, number)

    def collect(self) -> None:
        """Let go what the child's objects hold, now that its modules are forgotten: each of them is part of a circle.

        Python would look for circles much later, by the number of new objects, not by their size: the arrays of a few children
        that have ended would fill the memory. What a child itself has taken out by `gc.freeze` stays.
        """
        gc.collect()
        gc.unfreeze()


def renew_chance() -> None:
    """Random numbers of a new process are like nobody else's."""
    for name in ("random", "numpy.random"):
        module: Any = sys.modules.get(name)
        if module is not None and hasattr(module, "seed"):
            module.seed()


def _duplicate(number: int) -> int:
    try:
        return os.dup(number)
    except OSError:  # this rank was started without it
        return -1


def _raise_in(ident: int, error: type[BaseException] | None) -> None:
    """Have a thread meet an exception; with None, none after all."""
    what = ctypes.py_object() if error is None else ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), what)


def _let_finish(ident: int) -> None:
    """A thread that is about to take a lock for its caller has a moment to do so, and to begin the block that gives it back."""
    for _ in range(_LOOKS):
        if not is_halfway(sys._current_frames().get(ident)):
            break
        sleep(_MOMENT)


def _nothing() -> None:
    """What a thread runs whose process is gone before it has begun."""


class _Met(SystemExit):
    """What a thread may end of without a word."""


def _clear_flag() -> None:
    """Have the interpreter forget that an exception is pending for some thread; that thread reminds it as soon as it goes on.

    A thread that is blocked for ever never would. Meanwhile the flag slows every thread down, and in Python 3.11 a function
    that is traced never begins: the interpreter looks at the flag before it counts the instruction as done. A thread that
    meets an exception takes the flag away, whoever else it was set for.
    """
    try:
        while True:
            # Again and again: a thread that this one has just started has its number until it runs, and would meet it instead.
            _raise_in(threading.get_ident(), _Met)
            for _ in range(100):
                pass
    except _Met:
        pass


class _Gone:
    """Threads whose process is gone."""

    def __init__(self) -> None:
        self._threads: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
        self._ending: list[threading.Thread] = []
        self._idents: frozenset[int] = frozenset()
        self.is_next: Callable[[], bool] = lambda: False  # whether what runs now will be gone at once

    def add(self, threads: Iterable[threading.Thread]) -> None:
        """These are the threads of the process that has just ended."""
        self._ending = list(threads)
        self._threads.update(self._ending)

    def end(self, evict: Callable[[int], bool]) -> None:
        """Each of them ends at its next line of Python, or by itself."""
        ending, self._ending = self._ending, []
        for thread in ending:
            if thread.ident is None:  # only just started, and the first that it does is to take its number
                thread.run = _nothing  # type: ignore[method-assign]
        self._idents = frozenset(thread.ident for thread in ending if thread.ident is not None)
        for ident in self._idents & sys._current_frames().keys():
            if not evict(ident):
                _let_finish(ident)
                _raise_in(ident, SystemExit)
                if evict(ident):  # it has just got there
                    _raise_in(ident, None)
        if self._idents:
            _clear_flag()

    def threads_error(self, error: threading.ExceptHookArgs) -> bool:
        """Whether what a thread raised concerns nobody: told to end inside a `with` block, it may raise anything."""
        return error.thread is not None and (error.thread in self._threads or self.is_next())

    def ignored_error(self, error: Any) -> bool:
        """Whether what Python can only report, in a `__del__` for one, is no more than the end of a process or a thread."""
        me = threading.get_ident()
        if error.exc_type is SystemExit:  # a thread that has nearly ended has no object any more
            return me in self._idents
        if issubclass(error.exc_type, ProcessTerminated):
            return True
        thread = threading._active.get(me)  # type: ignore[attr-defined]  # `current_thread` would make one
        return thread in self._threads or self.is_next()


_gone = _Gone()


@functools.cache
def _tell_nothing_of_the_gone() -> None:
    """Have both hooks of the interpreter leave out what ends processes and their threads."""
    for module, name, is_of_the_gone in (
        (threading, "excepthook", _gone.threads_error),
        (sys, "unraisablehook", _gone.ignored_error),
    ):
        setattr(module, name, _except_for(is_of_the_gone, getattr(module, name)))


def _except_for(is_left_out: Callable[[Any], bool], hook: Callable[[Any], Any]) -> Callable[[Any], None]:
    def told(error: Any) -> None:
        if not is_left_out(error):
            hook(error)

    return told


def _loggers() -> list[logging.Logger]:
    known = list(logging.Logger.manager.loggerDict.values())
    return [logging.getLogger(), *(logger for logger in known if isinstance(logger, logging.Logger))]


def _forget_loggers(loggers: list[logging.Logger]) -> None:
    """Forget loggers of the program's own classes; those below them hang on what is above them."""
    manager: Any = logging.Logger.manager
    for logger in loggers:
        manager.loggerDict.pop(logger.name, None)
    for logger in _loggers():
        if logger.parent in loggers:
            manager._fixupParents(logger)


def _state(logger: logging.Logger) -> tuple[Any, ...]:
    return list(logger.handlers), list(logger.filters), logger.level, logger.propagate, logger.disabled


def _set_state(logger: logging.Logger, state: tuple[Any, ...]) -> None:
    if _state(logger) != state:
        handlers, filters, level, logger.propagate, logger.disabled = state
        logger.handlers[:], logger.filters[:] = handlers, filters
        logger.setLevel(level)
