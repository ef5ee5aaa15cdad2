"""Sums of powers of one half, exact: how handles to a home are counted (`home.py` says why)."""

from __future__ import annotations

__all__ = ["Shares"]


class Shares:
    """What is out of one role, or has crossed a rank's border: a sum of powers of one half.

    Attributes:
        out: the sum, in units of the smallest power in it; 0 where nothing is out.
        exponent: that unit is 2**-`exponent`.
    """

    __slots__ = ("exponent", "out")

    def __init__(self) -> None:
        self.out = 0
        self.exponent = 0

    def __bool__(self) -> bool:
        return self.out > 0

    def give_whole(self) -> None:
        """A new handle with a whole share (exponent 0) is out."""
        self.out += 1 << self.exponent

    def take_back(self, share: int) -> None:
        """A share of 2**-`share` has come home."""
        self.add(-1, share)

    def add(self, units: int, exponent: int) -> None:
        """Add `units` times 2**-`exponent`."""
        if exponent > self.exponent:
            self.out <<= exponent - self.exponent
            self.exponent = exponent
        self.out += units << (self.exponent - exponent)
        if not self.out:
            self.exponent = 0
