"""How a child process is ended before its time, on a rank that must outlive it.

`terminate`, `kill` and `os._exit` end a process of the standard library between two instructions: no `finally`, no `except`, no
handler of its own sees it. A rank cannot be left like that. So `ProcessTerminated` is raised in its main thread, and on its way
up the interpreter traces the program: at the first line that a `finally` or `except` block of the program would run, it is
raised again, until it has left the program.

    strike ──▶ main thread: raise ──▶ except block: raise ──▶ with block, before __exit__: raise ──▶ ... ──▶ the host

Python switches tracing off when the tracing function raises. So there are two of them, for lines (`settrace`) and for calls and
returns (`setprofile`), and each switches the other on before it raises.

Only the program's own modules are traced. The interpreter's, and installed packages', stay on the rank: what they hold, a lock
say, has to be given back.

An exception is lost where Python can only report it (in `__del__`, in a callback from C), so the strike is repeated until the
child has left; not at once where a library handles the first one, for a second one could tear its `finally`. C code that does
not return cannot be ended this way.
"""

from __future__ import annotations

import _thread
import contextlib
import functools
import operator
import os
import sys
import threading
from time import sleep

from mpiprocessing.core.errors import ProcessTerminated
from mpiprocessing.core.signals import Signals
from mpiprocessing.core.whosecode import is_programs

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Any

__all__ = ["Ending"]

_REPEAT = 2e-3, 0.2
"""Seconds after which a child that has not ended is told again: at first, and at most."""

_TRIES_IN_HANDLER = 8
"""How often it is not told again because a library handles what it was told before: for half a second."""


class Ending:
    """The end of the child that runs on this rank, should it come from outside.

    Args:
        signals: brings a step into the main thread.

    Attributes:
        exitcode: how the child is to end; None while nobody wants it to.
    """

    def __init__(self, signals: Signals) -> None:
        self._signals = signals
        self._lives: object | None = None  # the life of one child
        self.exitcode: int | None = None
        # Made once, and kept. The interpreter (3.11) calls what traces without a reference of its own; a garbage
        # collection just before runs code of the program, which is traced as well, and what that raises takes
        # the tracing function away: it crashed.
        self._on_line, self._on_call = self._at_line, self._at_call

    def begin(self) -> None:
        """The child's own code begins."""
        self.exitcode = None
        self._lives = object()

    def end(self) -> None:
        """The child's own code has ended, whichever way."""
        self._lives = None
        if self.exitcode is not None:
            sys.settrace(None)
            sys.setprofile(None)

    @contextlib.contextmanager
    def silence(self) -> Iterator[None]:
        """What is let go of a child that was ended before its time runs none of its code, no `__del__`."""
        if self.exitcode is None:
            yield
            return
        self._lives = object()
        self._trace(None)
        try:
            yield
        finally:
            self.end()

    def strike(self, exitcode: int) -> None:
        """End the child with that exit code; from any thread."""
        life = self._lives
        if life is not None and self.exitcode is None:
            self.exitcode = exitcode
            _thread.start_new_thread(self._insist, (life,))  # not one of the child's

    def leave(self, exitcode: int) -> None:
        """End the child with that exit code, from a thread of its own, which does not come back."""
        if threading.current_thread() is not threading.main_thread():
            self._trace(sys._getframe())  # before the process can be over
            self.strike(exitcode)
            raise SystemExit(exitcode)
        self.strike(exitcode)
        self._raise()

    def _insist(self, life: object) -> None:
        tries, (pause, longest) = 0, _REPEAT
        while self._lives is life:
            tries += 1
            self._signals.strike(functools.partial(self._raise, tries), tries)
            sleep(pause)
            pause = min(pause * 2, longest)

    def _raise(self, tries: int = 0) -> None:
        if self._lives is None or self.exitcode is None:
            return
        if 0 < tries <= _TRIES_IN_HANDLER and ProcessTerminated.behind(sys.exc_info()[1]) is not None:
            return  # `Condition.wait`, say, takes its lock again in a `finally`
        self._trace(sys._getframe())
        raise self._error()

    def _error(self) -> BaseException:
        """What ends this thread: one that is not the main thread says nothing about `SystemExit`."""
        if threading.current_thread() is threading.main_thread():
            return ProcessTerminated(self.exitcode or 0)
        return SystemExit(self.exitcode)

    def _is_over(self) -> bool:
        """Whether nothing of the program may run in this thread any more."""
        if threading.current_thread() is threading.main_thread():
            return self._lives is not None and self.exitcode is not None
        return True  # it is traced, so it has called `os._exit`

    # ---- nothing of the program runs any more ----

    def _trace(self, frame: FrameType | None) -> None:
        while frame is not None:
            if is_programs(frame):
                frame.f_trace = self._on_line
            frame = frame.f_back
        sys.setprofile(self._on_call)
        sys.settrace(self._on_line)

    def _at_line(self, frame: FrameType, event: str, argument: Any) -> Any:
        if not self._is_over() or not is_programs(frame):
            return None
        if event not in ("line", "call"):
            return self._on_line
        sys.setprofile(self._on_call)
        raise self._error()

    def _at_call(self, frame: FrameType, event: str, argument: Any) -> None:
        if not self._is_over() or not is_programs(frame):
            return
        self._trace(frame)
        if event in ("call", "c_call"):
            raise self._error()


@contextlib.contextmanager
def own_exit(leave: Callable[[int], None]) -> Any:
    """`os._exit` ends the process that runs on this rank, not the rank.

    What the process forks is no rank: there it stays what it is.

    Args:
        leave: ends the process with that status; where it returns, the rank itself ends.
    """
    really, here = os._exit, os.getpid()

    def _exit(status: int) -> None:
        if os.getpid() == here:
            leave(operator.index(status) & 0xFF)
        really(status)

    _exit.__module__, _exit.__qualname__ = "os", "_exit"  # a child may have it as its target
    os._exit = _exit  # type: ignore[assignment]
    try:
        yield
    finally:
        os._exit = really
