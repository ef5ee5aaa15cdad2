"""Items in the order they came: each is given out once, and one that comes back stands where it stood.

An item comes back when it reached a process that had just given up. Several may, in any order, where processes that waited are
ended together.
"""

from __future__ import annotations

import bisect
from collections import deque
from typing import Generic, TypeVar

__all__ = ["Line"]

T = TypeVar("T")


class Line(Generic[T]):
    """A line of items.

    Attributes:
        items: those that are there. To be read, and new ones appended, by anybody.
    """

    def __init__(self) -> None:
        self.items: deque[T] = deque()
        self._given = 0  # how many were ever given out
        self._back: list[int] = []  # the places of those that came back, which are the first of the items

    def next(self) -> tuple[T, int]:
        """Give out the first item; returns its place as well, by which it can come back."""
        if self._back:
            return self.items.popleft(), self._back.pop(0)
        self._given += 1
        return self.items.popleft(), self._given

    def pass_by(self) -> int:
        """A new item is given out at once, while none is there; returns its place."""
        self._given += 1
        return self._given

    def come_back(self, item: T, place: int) -> None:
        """An item that was given out is there again."""
        index = bisect.bisect(self._back, place)
        self._back.insert(index, place)
        self.items.insert(index, item)

    def clear(self) -> list[T]:
        """Nobody will take any: returns them."""
        items = list(self.items)
        self.items.clear()
        self._back.clear()
        return items
