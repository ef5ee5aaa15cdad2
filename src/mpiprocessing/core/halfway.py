"""Where an exception that comes from outside would leave a lock taken, and nobody to give it back.

`with condition:` calls a function of Python, which takes the lock. Between that and its return the interpreter looks for
signals, and for exceptions that wait for the thread: what is raised there comes before the `with` block has begun. A lock of
C in a `with` statement has no such place, so our own classes use only those.
"""

from __future__ import annotations

import sys
import threading

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from types import FrameType

__all__ = ["is_halfway"]

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
