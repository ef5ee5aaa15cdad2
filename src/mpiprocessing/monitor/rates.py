"""How fast something is done, and when it will be finished: of what was done in the last minute."""

from __future__ import annotations

from collections import deque

__all__ = ["Rate"]

_WINDOW = 60.0
"""Seconds that count: long enough to be smooth, short enough to see that a job has become slow."""


class Rate:
    """The pace of one thing.

    Args:
        now: the time, in seconds by any clock.
        done: how much is done already.
    """

    def __init__(self, now: float, done: int = 0) -> None:
        self._seen: deque[tuple[float, int]] = deque([(now, done)])

    def see(self, now: float, done: int) -> None:
        """So much is done now."""
        self._seen.append((now, done))
        while len(self._seen) > 2 and self._seen[1][0] <= now - _WINDOW:
            self._seen.popleft()

    @property
    def per_second(self) -> float:
        """How much is done in a second."""
        (begin, before), (end, after) = self._seen[0], self._seen[-1]
        return max(0, after - before) / (end - begin) if end > begin else 0.0

    def left(self, total: int | None) -> float | None:
        """In how many seconds all will be done; None where nobody can tell."""
        pace = self.per_second
        if total is None or pace <= 0:
            return None
        return max(0, total - self._seen[-1][1]) / pace
