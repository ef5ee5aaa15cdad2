"""The tally of one rank: which operation sent how much.

Threads of the program may communicate at the same time, hence the lock.
"""

from __future__ import annotations

import threading

from mpiprocessing.compare.figures import Figures, Traffic

__all__ = ["Tally"]


class Tally:
    """Traffic by operation, and the names of operations that could not be counted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kinds: dict[str, Traffic] = {}
        self._uncounted: set[str] = set()

    def __repr__(self) -> str:
        return f"<Tally {self.figures(1, 0.0).traffic}>"

    def add(self, kind: str, traffic: Traffic) -> None:
        """Add the traffic of one call; a call that sends nothing leaves no entry."""
        if traffic.messages:
            with self._lock:
                self._kinds[kind] = self._kinds.get(kind, Traffic()) + traffic

    def skip(self, kind: str) -> None:
        """Remember that an operation was used which the tally cannot express in messages."""
        with self._lock:
            self._uncounted.add(kind)

    def figures(self, ranks: int, work_seconds: float) -> Figures:
        """Return the tally as figures.

        Args:
            ranks: how many ranks the job has.
            work_seconds: wall time of the program on this rank.

        Returns:
            An immutable snapshot.
        """
        with self._lock:
            return Figures(ranks, dict(self._kinds), work_seconds, frozenset(self._uncounted))
