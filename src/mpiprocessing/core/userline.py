"""The line of the user's program, found from outside: below all lines of libraries."""

from __future__ import annotations

import os
import sys
from types import FrameType

from mpiprocessing.core.whosecode import PACKAGES, is_users

__all__ = ["caller", "line_of_program"]


def caller(depth: int) -> FrameType | None:
    """A frame above that of whoever asks.

    Args:
        depth: how many calls above.

    Returns:
        The frame; None where no Python code has made that call: the interpreter calls exit functions by itself.
    """
    try:
        return sys._getframe(depth + 1)
    except ValueError:
        return None


def line_of_program(frame: FrameType | None) -> str | None:
    """The line of the user's program that a call comes from, such as "prog.py:12".

    A package that is installed counts only where no other code of the user's is below it.

    Args:
        frame: where the call was made.

    Returns:
        The line; None where no line of the user's is there at all.
    """
    installed = None
    while frame is not None:
        path = frame.f_code.co_filename
        if is_users(frame):
            line = f"{os.path.basename(path)}:{frame.f_lineno}"
            if not path.startswith(PACKAGES):
                return line
            installed = installed or line
        frame = frame.f_back
    return installed
