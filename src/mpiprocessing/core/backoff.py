"""How a thread waits for messages: spin, then yield, then sleep in growing steps.

The first microseconds decide the latency of a conversation, so they are spun. Ranks may outnumber the cores, so very soon
every look gives the core away. A wait that lasts becomes sleep, up to `LONGEST`: an idle rank then costs about one percent
of a core, and the first message after a long silence is seen within 2 ms.
"""

from __future__ import annotations

import os
import time

__all__ = ["LONGEST", "Backoff"]

LONGEST = 2e-3
"""Seconds of the longest sleep."""

_SPINS = 30
_YIELDS = 400
_SHORTEST = 20e-6
_GROWTH = 1.3

_yield = getattr(os, "sched_yield", lambda: time.sleep(0))


class Backoff:
    """One wait, from its beginning to its end."""

    __slots__ = ("_looks", "_sleep")

    def __init__(self) -> None:
        self._looks = 0
        self._sleep = _SHORTEST

    def pause(self, longest: float = LONGEST) -> None:
        """Nothing has come: wait a little, longer than the last time.

        Args:
            longest: seconds to sleep at most, for a wait that has to end in time.
        """
        self._looks += 1
        if self._looks <= _SPINS:
            return
        if self._looks <= _YIELDS:
            _yield()
            return
        time.sleep(min(self._sleep, longest))
        self._sleep = min(self._sleep * _GROWTH, LONGEST)

    def reset(self) -> None:
        """Something has come: more may follow soon."""
        self._looks = 0
        self._sleep = _SHORTEST
