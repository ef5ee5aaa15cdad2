"""Whose code a frame runs: the program's, a package's that it uses, the interpreter's, or ours."""

from __future__ import annotations

import os
import sys
import sysconfig

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from types import FrameType

__all__ = [
    "MAIN",
    "PACKAGES",
    "caller_of_interpreter",
    "file_of",
    "is_interpreters",
    "is_ours",
    "is_programs",
    "is_users",
]

MAIN = ("__main__", "__mp_main__")
"""Both names of the program's own module."""

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_PYTHON = os.path.normpath(sysconfig.get_path("stdlib")) + os.sep

PACKAGES = tuple({os.path.normpath(sysconfig.get_path(name)) + os.sep for name in ("purelib", "platlib")})
"""Where packages are installed; as a rule below the interpreter's own modules."""


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


def is_ours(frame: FrameType | None) -> bool:
    """Whether a frame runs code of this package."""
    return frame is not None and file_of(frame).startswith(_OURS)


def is_interpreters(frame: FrameType) -> bool:
    """Whether a frame runs code of the interpreter's modules, or code that was made for nobody knows whom."""
    name = file_of(frame)
    return not name or (name.startswith((_PYTHON, "<frozen ")) and not name.startswith((_OURS, *PACKAGES)))


def caller_of_interpreter(frame: FrameType | None) -> FrameType | None:
    """The first frame, from this one on, that runs no code of the interpreter's; None where there is none."""
    while frame is not None and is_interpreters(frame):
        frame = frame.f_back
    return frame


def is_programs(frame: FrameType) -> bool:
    """Whether a frame runs code of the program's own modules, which are gone when the process has ended."""
    name = file_of(frame)
    return bool(name) and not name.startswith((_OURS, _PYTHON, "<frozen ", *PACKAGES))


def is_users(frame: FrameType) -> bool:
    """Whether a frame runs code of the program, or of a package that it uses, rather than the interpreter's or ours."""
    name = file_of(frame)
    if not name or name.startswith((_OURS, "<frozen ")):
        return False
    return name.startswith(PACKAGES) or not name.startswith(_PYTHON)
