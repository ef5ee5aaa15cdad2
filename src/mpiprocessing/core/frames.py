"""What a thread does, read off its frames from outside, at a moment when it waits.

    innermost   backoff.rest            ours
                Progress.until          ours        the wait
                Runtime.ask             ours        its locals say which call waits
                Queue.get               ours        the *verb*: what the program has called
    outermost   work, prog.py:12        the program's own line

Waits leave no note of what they are for: that would cost each of them something, and hardly any is ever asked.
"""

from __future__ import annotations

import linecache
import os
import threading
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from types import CodeType, FrameType
from typing import NamedTuple

from mpiprocessing.core.whosecode import is_users

__all__ = ["Line", "chain", "is_undisturbed", "joined_thread", "line", "verb"]

_THREADING = os.path.abspath(threading.__file__)


class Line(NamedTuple):
    """A line of the program that is being run.

    Args:
        place: such as "prog.py:12 in work"; empty where no line of the program is there.
        text: the line itself, as far as its file can be read.
    """

    place: str
    text: str


def chain(frame: FrameType | None) -> Iterator[FrameType]:
    """A frame and all that have called it, from the innermost on."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def is_undisturbed(frame: FrameType | None, wait: CodeType) -> bool:
    """Whether a thread that waits does nothing else: a signal handler or a finalizer of the program may run within its wait.

    Args:
        frame: where the thread is.
        wait: the code of the function that waits.
    """
    for inner in chain(frame):
        if inner.f_code is wait:
            return True
        if is_users(inner):
            return False
    return False


def joined_thread(frame: FrameType | None) -> threading.Thread | None:
    """The thread whose end another one waits for in `Thread.join`, without a time limit; None where it does not.

    Args:
        frame: where the other one is.
    """
    for inner in chain(frame):
        if inner.f_code.co_filename != _THREADING:
            return None
        if inner.f_code.co_name == "join":
            thread = inner.f_locals.get("self")
            if isinstance(thread, threading.Thread) and inner.f_locals.get("timeout") is None:
                return thread
            return None
    return None


def verb(frame: FrameType | None) -> FrameType | None:
    """The frame of the method that the program has called, or has given to a process or thread to call, and in which it waits.

    Args:
        frame: where the thread is.

    Returns:
        The frame; None where the thread has come to its end.
    """
    outermost = None
    for inner in chain(frame):
        begins = inner.f_code is BaseProcess.run.__code__ or inner.f_code is threading.Thread.run.__code__
        if begins or is_users(inner):
            return outermost
        outermost = inner
    return None


def line(frame: FrameType | None, shown: Callable[[str], str] = os.path.basename) -> Line:
    """The line of the program that a thread is in.

    Args:
        frame: where the thread is.
        shown: makes a file's name shorter.
    """
    for inner in chain(frame):
        code = inner.f_code
        if is_users(inner):
            text = linecache.getline(code.co_filename, inner.f_lineno).strip()
            return Line(f"{shown(code.co_filename)}:{inner.f_lineno} in {code.co_name}", text)
    return Line("", "")
