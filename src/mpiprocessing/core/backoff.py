"""How a thread waits for messages: yield, then sleep in growing steps.

Ranks may outnumber the cores, so every look that finds nothing gives the core away: to another rank, which then answers. Where
no other rank wants the core that costs less than the look. A wait that lasts becomes sleep, up to `LONGEST`. That is a
balance: a wake-up costs the kernel 50 µs or more (a virtual machine above all), so an idle rank takes up to two percent of a
core, and the first message after a long silence is seen after 3 ms on average.

Yielding to something that computes is dear: the kernel lets it run for milliseconds. A yield that took longer than `DEAR`
shows that, and for a while waits go to sleep early instead: a sleeper is woken ahead of what computes.
"""

from __future__ import annotations

import os
import time

__all__ = ["DEAR", "LONGEST", "Backoff"]

LONGEST = 6e-3
"""Seconds of the longest sleep."""

DEAR = 1e-3
"""Seconds of a yield that must have gone to something that computes."""

_YIELDS = 250  # about 0.3 ms: longer than the shortest sleep of whoever answers
_YIELDS_WHERE_DEAR = 20
_SHORTEST = 1e-6  # in truth what the kernel needs at least, about 50 µs
_GROWTH = 1.15
_AVOID = 0.02  # seconds without yields after a dear one

_yield = getattr(os, "sched_yield", lambda: time.sleep(0))
_avoid_until = 0.0


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
        if self._looks <= _YIELDS:
            before = time.monotonic()
            if before >= _avoid_until:
                _give_way(before)
                return
            if self._looks <= _YIELDS_WHERE_DEAR:
                return
        time.sleep(min(self._sleep, longest))
        self._sleep = min(self._sleep * _GROWTH, LONGEST)

    def reset(self) -> None:
        """Something has come: more may follow soon."""
        self._looks = 0
        self._sleep = _SHORTEST


def _give_way(before: float) -> None:
    """Give the core away for once, and remember whether that was dear."""
    global _avoid_until
    _yield()
    after = time.monotonic()
    if after - before > DEAR:
        _avoid_until = after + _AVOID
