"""What a process that fails says, and with which status it ends: the rules of the interpreter, kept where it is not the
interpreter that ends.

A status has eight bits: of `sys.exit(256)` 0 is left, as with Python alone. What is no number is printed, and is status 1.
"""

from __future__ import annotations

import contextlib
import os
import sys

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

__all__ = ["exit_status", "hint", "line", "print_error", "show", "tell", "tell_as_rank", "traceback_of"]


def exit_status(code: Any) -> int:
    """What the system is told after `sys.exit(code)`; a code that is no number is printed."""
    if code is None:
        return 0
    if isinstance(code, int):
        return (
            code & 0xFF if code.bit_length() < 64 else 0xFF
        )  # what does not fit in C's long is -1 to the interpreter
    try:
        tell(f"{code}\n")
    except Exception:  # its text cannot be made
        tell(f"sys.exit was called with a {type(code).__name__} that cannot be printed\n")
    return 1


def tell(text: str) -> None:
    """Write to the process's stderr, or to its rank's, should the process have closed or broken its own."""
    if not _write(sys.stderr, text):
        tell_as_rank(text)


def tell_as_rank(text: str) -> None:
    """Write to the rank's own stderr: that of its process may be a stream that is gone with the job before it is read."""
    _write(sys.__stderr__, text)


def _write(stream: Any, text: str) -> bool:
    """Write at once; returns whether that went well: what the program has put in its place, or None, may raise anything."""
    with contextlib.suppress(Exception):
        stream.write(text)
        stream.flush()
        return True
    return False


def show(error: BaseException) -> int:
    """Show what has ended the main program as the interpreter would, by `sys.excepthook`, without the frames that are ours.

    Returns:
        The status: 130 after Ctrl-C, what the hook gives to `sys.exit`, else 1.
    """
    error = _without_ours(error)
    frames = error.__traceback__
    sys.last_type, sys.last_value, sys.last_traceback = (
        type(error),
        error,
        frames,
    )  # for `pdb.pm`, and for hooks
    if sys.version_info >= (3, 12):
        sys.last_exc = error
    try:
        sys.excepthook(type(error), error, frames)
    except SystemExit as ended:
        return exit_status(ended.code)
    except BaseException as problem:
        problem.__context__ = None  # it follows
        tell("Error in sys.excepthook:\n")
        print_error(problem)
        tell("\nOriginal exception was:\n")
        print_error(error)
    return 130 if isinstance(error, KeyboardInterrupt) else 1


def hint(error: BaseException) -> str:
    """The way out, in a line, where a child looks for a global that its parent alone has; "" for anything else."""
    if type(error) is not NameError:
        return ""
    frames, name = error.__traceback__, getattr(error, "name", None)
    if frames is None or not name:
        return ""
    while frames.tb_next is not None:
        frames = frames.tb_next
    if frames.tb_frame.f_globals.get("__name__") != "__mp_main__":
        return ""
    return (
        f"mpiprocessing: a child imports the program anew, and sees no {name!r} that is assigned below "
        '`if __name__ == "__main__":` or by its parent alone: hand it over, as an argument or by the initializer of the pool\n'
    )


def traceback_of(error: BaseException, frames: TracebackType | None = None) -> str:
    """An exception with its traceback, as text, whatever the program's own class makes of being looked at.

    Args:
        error: the exception.
        frames: where it was raised; all that is known without them.
    """
    import traceback  # only a process that fails needs it

    frames = error.__traceback__ if frames is None else frames
    try:
        return "".join(traceback.format_exception(type(error), error, frames))
    except Exception:
        return "".join([*traceback.format_tb(frames), line(error), "\n"])


def line(error: BaseException) -> str:
    """Kind and text of an exception."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception as problem:
        return f"{type(error).__name__}, whose text raises {type(problem).__name__}"


def print_error(error: BaseException) -> None:
    """Print an exception with its traceback, without the frames that are ours."""
    error = _without_ours(error)
    # The interpreter's own way: the module `traceback` is not needed for less. It writes nothing where there is no stderr.
    with contextlib.suppress(Exception):
        sys.__excepthook__(type(error), error, error.__traceback__)


def _without_ours(error: BaseException) -> BaseException:
    here, frames = os.path.dirname(os.path.abspath(__file__)), error.__traceback__
    while frames is not None and os.path.dirname(frames.tb_frame.f_code.co_filename) == here:
        frames = frames.tb_next
    return error.with_traceback(frames)
