"""Locks, semaphores, conditions, events and barriers, each kind in a module of its own.

Here they stand together under the name of the standard library's module; they are made in `gates/`: `semaphores` has what is
units to be taken (`SemLock`, `Lock`, `RLock`, `Semaphore`, `BoundedSemaphore`), `condition` the sleepers of a lock, `event` the
flag, `barrier` the meeting point. Derived from CPython's `Lib/multiprocessing/synchronize.py`; there is no shared memory here.

Differs from the stdlib in:
- objects may be sent to any process at any time, also through a queue or a pipe;
- all handles of a process to one lock are the same lock: ownership is by process and thread, not by handle;
- `locked` is there in every Python;
- a semaphore made with less than half of `SEM_VALUE_MAX` may be released any number of times; beyond that maximum it goes on;
- who waits on a condition sleeps in order of arrival; a notification for one whose wait is ended by a signal goes to the next;
- `Event.wait` returns True to all who waited when it was set, also when it was cleared right after;
- a notification is never given to a process that has ended: the standard library's `notify` waits for it to wake, for ever;
- a barrier's `action` is called by the last process to arrive, as documented; it is pickled with the barrier.
"""

from __future__ import annotations

from threading import BrokenBarrierError

from mpiprocessing.gates.barrier import Barrier
from mpiprocessing.gates.condition import Condition
from mpiprocessing.gates.event import Event
from mpiprocessing.gates.semaphores import (
    RECURSIVE_MUTEX,
    SEM_VALUE_MAX,
    SEMAPHORE,
    BoundedSemaphore,
    Lock,
    RLock,
    Semaphore,
    SemLock,
)

__all__ = [
    "RECURSIVE_MUTEX",
    "SEMAPHORE",
    "SEM_VALUE_MAX",
    "Barrier",
    "BoundedSemaphore",
    "BrokenBarrierError",
    "Condition",
    "Event",
    "Lock",
    "RLock",
    "SemLock",
    "Semaphore",
]
