"""What one rank did, as plain data: the raw material of timelines.

A recording is a list of events in the order in which they happened on this rank. Every event is a list of its name, the time
in seconds (the machine's monotonic clock, which all ranks of one host share), the thread, and fields:

    began      name                                  a process of the program runs on this rank from here on
    ended
    call       verb, object, where, detail           the program calls something; calls of one thread may be nested
    return     blocked, detail, delivered            it comes back; `delivered`: which of this rank's sends ended with it
    blocked    what                                  a thread waits for another rank
    woken
    sent       kind, dest, size, channel, detail, carries    (it is called `unsent` where it failed)
    received   kind, source, channel, posted, since
    collective kind, channel, messages, begun        this rank's part in a collective: (source, dest, size, phase)
    completed  channel                               one that was begun by a call that did not wait has ended here

Two ends of a message are found by counting: the k-th that was sent to a rank on a channel is the k-th that was received there,
in the order in which the receives were `posted`, `since` seconds before. `carries` says whether an object of the program's is
in it. An `object` is its kind and a number that no other of that kind has, or a name.

Memory is bounded: after `LIMIT` events only what ends something that is in the recording is still taken; the rest is counted.
"""

from __future__ import annotations

import os
import threading
from time import monotonic, time

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from typing import Any

__all__ = ["LIMIT", "TIMELINE", "Recording"]

LIMIT = 50_000
"""Events of one rank, some 12,000 calls that send or receive: 20 MB, and at the end on rank 0, for each rank, 50 MB."""

TIMELINE = "MPIPROCESSING_TIMELINE"
"""Environment variable: a file that rank 0 writes the recordings of all ranks to, as JSON."""


class Recording:
    """The events of one rank. Several threads may add to it: an event is one step of the interpreter.

    Args:
        rank: this rank.
        limit: how many events are kept.

    Attributes:
        rank: this rank.
    """

    def __init__(self, rank: int, limit: int = LIMIT) -> None:
        self.rank = rank
        self._limit = limit
        self._events: list[list[Any]] = []
        self._dropped = 0
        self._clocks = time(), monotonic()

    def add(self, event: str, *fields: Any, follows: bool = False) -> list[Any] | None:
        """Enter an event that happens now.

        Args:
            event: its name.
            fields: see above.
            follows: it ends something that was entered, and is taken even when the recording is full.

        Returns:
            The event, whose fields may be completed later; None where it was not taken.
        """
        if not (self.has_room or follows):
            self._dropped += 1
            return None
        entry = [event, monotonic(), threading.current_thread().name, *fields]
        self._events.append(entry)
        return entry

    @property
    def has_room(self) -> bool:
        """Whether it is not full."""
        return len(self._events) < self._limit

    def data(self) -> dict[str, Any]:
        """All there is so far, as plain data: a snapshot that later events do not change."""
        return {
            "rank": self.rank,
            "host": os.uname().nodename,
            "wall": self._clocks[0],
            "clock": self._clocks[1],
            "dropped": self._dropped,
            "events": list(self._events),
        }
