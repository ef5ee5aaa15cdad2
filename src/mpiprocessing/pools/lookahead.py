"""How far `imap` reads its iterable ahead of the results that were taken: the one place where that is decided.

The standard library reads as fast as workers take tasks and keeps all results, so an endless iterable fills the memory while
its consumer is slow. A bound that is too small is as bad: programs look at results late, or only at how many there are.
"""

from __future__ import annotations

__all__ = ["BUDGET", "LEAST", "Window"]

BUDGET = 64 << 20
"""Bytes that may be read ahead: arguments whose results were not taken, and these results."""

LEAST = 1024
"""Bytes for which the smallest item counts: about what its bookkeeping takes, so 65,536 of them are read ahead."""


class Window:
    """How far an iterable may be read ahead of what was taken: `BUDGET` bytes, and always two items for each worker.

    Args:
        workers: how many share the work.
    """

    def __init__(self, workers: int) -> None:
        self._always = 2 * workers
        self._items = 0
        self._bytes = 0
        self.unbounded = False

    def enter(self, size: int) -> None:
        """An item was read."""
        self._items += 1
        self._bytes += max(size, LEAST)

    def answered(self, size: int, result: int) -> None:
        """Its result has taken its place."""
        self._bytes += max(result, LEAST) - max(size, LEAST)

    def leave(self, result: int) -> None:
        """Its result was taken."""
        self._items -= 1
        self._bytes -= max(result, LEAST)

    def has_room(self, stopped: bool = False) -> bool:
        """Whether one more may be read; a reader that has `stopped` goes on only when an eighth is free."""
        budget = BUDGET - BUDGET // 8 if stopped else BUDGET
        return self.unbounded or self._items < self._always or self._bytes < budget
