"""Reading the items of an array one after the other: the next ones come along with the one that was asked for.

    for item in array:          read 1, 2, 4, 8, … items at a time

A process that reads an item must find what others had written, as far as it can know of that. What it can know comes with
messages: another process's lock, item or word. So what was read ahead is good as long as no message has come in, and this
process has written nothing itself; besides, it is good for a moment only, as there are clocks and files. Each item is given
out once: who looks at the same item again and again, reads it again and again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

from mpiprocessing.core.memory import Memory

__all__ = ["MOMENT", "ReadAhead"]

_MOST = 4096
"""Items that are read at a time at most."""

MOMENT = 0.01
"""Seconds for which they are good."""


class ReadAhead:
    """The next items of an array, as far as they have been read.

    Args:
        memory: where they are.
        fetch: reads so many items from that one on; returns them, and what `Memory.read_alone` told.
    """

    def __init__(
        self, memory: Memory, fetch: Callable[[int, int], tuple[list[Any], tuple[int, int] | None]]
    ) -> None:
        self._memory = memory
        self._fetch = fetch
        self._lock = threading.Lock()
        self._next = -1  # the item that may be given out
        self._items: list[Any] = []  # it and those behind it, the last one first
        self._known: tuple[int, int] | None = None
        self._until = 0.0
        self._window = 1

    def item(self, index: int, length: int) -> Any:
        """One item.

        Args:
            index: which.
            length: how many there are.
        """
        if not self._lock.acquire(False):
            return self._fetch(index, 1)[0][0]  # another thread is at it
        try:
            if index != self._next:
                self._window = 1
            elif self._items:
                if self._known == self._memory.known() and monotonic() < self._until:
                    self._next += 1
                    return self._items.pop()
                self._window = 1  # read in vain
            else:
                self._window = min(2 * self._window, _MOST)
            return self._read(index, min(self._window, length - index))
        finally:
            self._lock.release()

    def _read(self, index: int, count: int) -> Any:
        self._next = -1  # should reading raise
        items, self._known = self._fetch(index, count)
        self._items = items[:0:-1] if self._known is not None else []
        self._until = monotonic() + MOMENT
        self._next = index + 1
        return items[0]
