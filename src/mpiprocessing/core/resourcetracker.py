"""One resource tracker for the ranks of a host.

The standard library's `shared_memory` tells a process of its own, the resource tracker, of each segment that is opened, and of
each that is removed, so that none is left behind. Processes that it starts itself write to the tracker of their parent. Each
rank would have one of its own, and that would complain in the end of segments that another rank has removed; and where a rank
dies it would remove those that others still use. So the ranks of a host have one together:

    first rank that needs one               the others
      │ its memory (`hostmemory.py`)          │ the same memory
      │ the tracker, by a pipe                │
      │ the pipe's descriptor ──────────────▶ │ open the pipe below /proc

Who finds none has one to himself, as without all this.
"""

from __future__ import annotations

import os
from contextlib import suppress
from multiprocessing import resource_tracker
from struct import Struct
from threading import Lock
from time import monotonic, sleep
from typing import Any

from mpiprocessing.core.hostmemory import HostMemory

__all__ = ["share"]

_DESCRIPTOR = Struct("i")

_PATIENCE = 5.0
"""Seconds to wait for the rank that starts the tracker; it takes some milliseconds."""


def share(job: int) -> None:
    """Have this rank use the tracker of its host, once it needs one.

    Args:
        job: a number that no two jobs have in common.
    """
    tracker: Any = resource_tracker._resource_tracker
    start, lock = tracker.ensure_running, Lock()  # its own lock must not be held by who calls it

    def ensure_running() -> None:
        """Stands for the method of that name."""
        with lock, suppress(OSError):
            if tracker._fd is None:
                _find_or_start(tracker, start, job)
        start()  # looks whether it is still there

    def stop(*args: Any, **kwargs: Any) -> None:
        """Stands for the private method of that name, which waits for the tracker's end: the last rank's departure."""
        with lock:
            if tracker._fd is not None:
                os.close(tracker._fd)
            tracker._fd = tracker._pid = None

    tracker.ensure_running = resource_tracker.ensure_running = ensure_running
    tracker._stop = stop


def _find_or_start(tracker: Any, start: Any, job: int) -> None:
    memory = HostMemory(job, "tracker", _DESCRIPTOR.size)
    if memory.owner == os.getpid():
        start()
        memory.bytes[:] = _DESCRIPTOR.pack(tracker._fd)
        memory.let_go()  # for as long as this process lives
        return
    until = monotonic() + _PATIENCE
    while not (descriptor := _DESCRIPTOR.unpack(memory.bytes[:])[0]):
        if monotonic() > until:
            raise TimeoutError("the rank that starts the resource tracker does not get on")
        sleep(1e-3)
    tracker._fd = os.open(f"/proc/{memory.owner}/fd/{descriptor}", os.O_WRONLY | os.O_CLOEXEC)
