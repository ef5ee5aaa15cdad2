"""Where an exception that comes from outside, such as that of a signal handler, would tear something.

In a step of ours a message would be lost. A module that stays on the rank, and is being imported, would stay half imported.

And a lock would stay taken, with nobody to give it back: `with condition:` calls a function of Python, which takes the lock.
Between that and its return the interpreter looks for signals, and for exceptions that wait for the thread: what is raised
there comes before the `with` block has begun. A lock of C in a `with` statement has no such place, so our own classes use
only those.
"""

from __future__ import annotations

import sys
import threading

from mpiprocessing.core.whosecode import caller_of_interpreter, is_ours, is_programs

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from types import FrameType

__all__ = ["is_halfway", "is_importing", "may_raise"]

_ENTER = threading.Condition.__enter__.__code__


def is_halfway(frame: FrameType | None) -> bool:
    """Whether a thread takes a lock for whoever has called the function that it runs.

    It may wait for that lock, and not have it yet; then it is found at the same place a moment later.

    Args:
        frame: the innermost of the thread.
    """
    if frame is None:
        return False
    if frame.f_code is _ENTER:
        return True
    logging = sys.modules.get("logging")
    if logging is None or frame.f_code.co_filename != logging.__file__:
        return False
    return frame.f_code.co_name in (
        "acquire",
        "_acquireLock",
    )  # Handler's, and before Python 3.13 the module's


def may_raise(frame: FrameType | None) -> bool:
    """Whether a signal may be handled where this frame is: in the program, or in a library that it has called."""
    first = caller_of_interpreter(frame)
    return first is not None and not is_ours(first) and not is_importing(frame)


def is_importing(frame: FrameType | None) -> bool:
    """Whether a module is being imported that stays on this rank: an installed one, not one of the program."""
    above = True  # no frame of the program's own lies between
    while frame is not None:
        if above and frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        if is_programs(frame):
            above = False
        elif frame.f_code.co_name == "<module>" and _is_imported(frame):
            return True
        frame = frame.f_back
    return False


def _is_imported(module: FrameType) -> bool:
    return module.f_back is not None and module.f_back.f_code.co_filename.startswith("<frozen importlib")
