"""Whose code a thread runs, and the line of the user's program, found from outside: below all lines of libraries."""

from __future__ import annotations

import os
import sys
import sysconfig
from types import FrameType

__all__ = ["MAIN", "caller", "file_of", "is_ours", "is_programs", "line_of_program"]

MAIN = ("__main__", "__mp_main__")
"""Both names of the program's own module."""

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_PYTHON = os.path.normpath(sysconfig.get_path("stdlib")) + os.sep
_PACKAGES = tuple({os.path.normpath(sysconfig.get_path(name)) + os.sep for name in ("purelib", "platlib")})


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


def file_of(frame: FrameType) -> str:
    """The file whose code a frame runs.

    Libraries make code while they run (a dataclass its `__init__`, a named tuple its `__new__`): it belongs to the module that
    it was made for. Where that is unknown, who has called it tells.

    Returns:
        Its path, or what stands for it in a program that has none; "" where it is unknown.
    """
    path = frame.f_code.co_filename
    if not path.startswith("<") or path.startswith("<frozen "):
        return path
    module = frame.f_globals.get("__name__")
    return path if module in MAIN else getattr(sys.modules.get(module or ""), "__file__", None) or ""


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
        if is_programs(frame):
            line = f"{os.path.basename(path)}:{frame.f_lineno}"
            if not path.startswith(_PACKAGES):
                return line
            installed = installed or line
        frame = frame.f_back
    return installed


def is_ours(frame: FrameType | None) -> bool:
    """Whether it is this package itself that makes a call."""
    return frame is not None and frame.f_code.co_filename.startswith(_OURS)


def is_programs(frame: FrameType) -> bool:
    """Whether a frame runs code of the program, or of a package that it uses, rather than the interpreter's or ours."""
    path = file_of(frame)
    if not path or path.startswith((_OURS, "<frozen ")):
        return False
    return path.startswith(_PACKAGES) or not path.startswith(_PYTHON)
