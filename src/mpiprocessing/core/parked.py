"""Threads that wait for another thread of their process: those that make a manager's calls, of locks and queues.

Such a thread waits for no message, but for what another call of the same object does: a `release`, a `put`. So it may wait for
ever, too; but from outside one that was just let go looks like one that still waits, as long as the interpreter has not passed
it the GIL. The kernel knows: a thread that sleeps, and was woken as often as it was a moment before, has not been let go, since
who waits for the GIL wakes up all the time. Only Linux tells that; elsewhere nothing is said of such threads.
"""

from __future__ import annotations

import os
import queue
import threading
from types import FrameType
from typing import Any

from mpiprocessing.core.frames import chain
from mpiprocessing.core.whosecode import is_ours

__all__ = ["wakes"]

_LOCKS = tuple(os.path.abspath(str(module.__file__)) for module in (threading, queue))
_LIMITS = ("timeout", "endtime")


def wakes(thread: threading.Thread, frame: FrameType) -> int | None:
    """How often a thread was woken in its life that waits in a lock or queue of the interpreter's, without a time limit.

    Args:
        thread: one that calls `function` with `args` and `kwds`, as the locals of its innermost frame of ours say.
        frame: where it is.

    Returns:
        The number; None where it does anything else, or where that cannot be told.
    """
    for inner in chain(frame):
        if inner.f_code.co_filename in _LOCKS:
            if any(inner.f_locals.get(name) is not None for name in _LIMITS):
                return None
            continue
        if not is_ours(inner) or (inner is frame and not _takes_a_lock(inner.f_locals)):
            return None
        return _woken(thread) if "function" in inner.f_locals else None
    return None


def _takes_a_lock(values: dict[str, Any]) -> bool:
    """Whether the function that is called is a bare lock's `acquire`, without a time limit."""
    if getattr(values.get("function"), "__name__", "") != "acquire":
        return False
    return values.get("args") in ((), (True,)) and not values.get("kwds")


def _woken(thread: threading.Thread) -> int | None:
    try:
        with open(f"/proc/self/task/{thread.native_id}/status", encoding="ascii") as file:
            facts = dict(line.split(":", 1) for line in file)
        return int(facts["voluntary_ctxt_switches"]) if facts["State"].split()[0] == "S" else None
    except (OSError, KeyError, ValueError):
        return None
