"""Reductions whose result depends on the values and their number, not on how many ranks there are or who came first.

Sums of floats depend on the order in which they are added. Here that order is a fixed tree over the places of the values:

    0 1   2 3   4 5   6        neighbours first, then pairs of neighbours, …
     └┬┘   └┬┘   └┬┘   │       what has no neighbour joins at the end, the last ones first
      └──┬──┘     └─┬──┘
         └────┬─────┘

Whole subtrees are put together as soon as both halves are there, so of n values that come in order about log2(n) are kept; of
values that come in any order those as well that wait for a neighbour: about as many as are under way at a time.
For sums the tree is also more exact than a loop (pairwise summation: Higham 1993).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["reduce_in_order"]

_NOTHING: Any = object()


def reduce_in_order(
    op: Callable[[Any, Any], Any], results: Iterable[Any], initial: Any = _NOTHING, *, numbered: bool = False
) -> Any:
    """Put results together in a fixed order, whatever order they come in.

    Args:
        op: called with two neighbours, the left one first; need not be commutative. It may change its first argument and return
            it (`operator.iadd`).
        results: them, in order; read once, and not kept.
        initial: what stands before the first one; the result where there are none.
        numbered: they come as pairs (place, result), in any order: each place from 0 on once.

    Returns:
        The result: the same for the same values, for any number of ranks.

    Raises:
        TypeError: there are no results, and no `initial`.
        ValueError: with `numbered`, a place comes twice or never.
    """
    tree = _Tree(op)
    for place, value in results if numbered else enumerate(results):
        tree.add(place, value)
    if not tree.count:
        if initial is _NOTHING:
            raise TypeError("reduce_in_order() of no results, with no initial value")
        return initial
    value = tree.result()
    return value if initial is _NOTHING else op(initial, value)


class _Tree:
    """Values that were put together so far: whole subtrees, each by its size and its place among those of this size."""

    def __init__(self, op: Callable[[Any, Any], Any]) -> None:
        self._op = op
        self._parts: dict[tuple[int, int], Any] = {}  # (how high, which one) → its value
        self.count = 0

    def add(self, place: int, value: Any) -> None:
        if place < 0 or self._has(place):
            raise ValueError(
                f"there are two results for place {place}" if place >= 0 else f"no such place: {place}"
            )
        self.count += 1
        height = 0
        while True:
            beside = self._parts.pop((height, place ^ 1), _NOTHING)
            if beside is _NOTHING:
                break
            value = self._op(beside, value) if place & 1 else self._op(value, beside)
            height, place = height + 1, place >> 1
        self._parts[height, place] = value

    def _has(self, place: int) -> bool:
        return any((height, place >> height) in self._parts for height in range(self.count.bit_length() + 1))

    def result(self) -> Any:
        """What is left are the subtrees of the binary digits of the count, if all places came."""
        wanted, start = [], 0
        for height in reversed(range(self.count.bit_length())):
            if self.count >> height & 1:
                wanted.append((height, start >> height))
                start += 1 << height
        if self._parts.keys() != set(wanted):
            raise ValueError(
                f"{self.count} results came, and not one for each place from 0 to {self.count - 1}"
            )
        value = self._parts[wanted[-1]]
        for part in reversed(wanted[:-1]):
            value = self._op(self._parts[part], value)
        return value
