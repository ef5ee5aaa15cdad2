"""What crosses a rank's border, counted: how the others find out what a dead rank had.

Handles carry shares of a count (`homes/home.py`), and a rank that dies takes along what it held, and what was on its way to or
from it. So each rank keeps, for each role of each home, the sum of the shares that have come in less those that have left; a
home that moves takes along what is out of it. Of all ranks together these sums, and what is on its way, add up to nothing. What
is missing among those who live is what is lost.

They have to speak of the same moment, although messages are under way. So each rank that learns of a death notes its sums and
sends a marker to all others, ahead of whatever has not left; until their markers have come, what comes from them is added to
the note (K. M. Chandy and L. Lamport, Distributed snapshots, ACM TOCS 3(1), 1985: channels keep their order, as they do here).

Counting happens where a frame is written and read, by the encoder's and decoder's hooks. They are called for handles only, so a
message without any costs nothing; and a marker, which is the first in its frame, is met before anything behind it is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from mpiprocessing.core.homes.shares import Shares
from mpiprocessing.core.messages import Crossing, Dead, Out, Ref

__all__ = ["Border", "Sums"]

_FINEST = 1 << 24
"""Exponent of the smallest share: a handle that was halved more often than that is none."""

Sums = dict[tuple[int, int], Shares]
"""Home and role → what has come in, less what has left."""


class Border:
    """What has crossed a rank's border since it began.

    Attributes:
        source: the rank whose frame is read now; set by the transport.
        dead: ranks of which nothing is counted any more.
        learn: called with a rank, and those that it knows to be dead, when its marker is read.
        paused: a frame is written for its length only.
    """

    def __init__(self) -> None:
        self.source = -1
        self.dead: set[int] = set()
        self.learn: Callable[[int, tuple[int, ...]], None] = lambda source, ranks: None
        self.paused = False
        self._sums: Sums = {}
        self._note: Sums = {}
        self._awaited: set[int] = set()  # whose markers have not come

    # ---- hooks of encoder and decoder ----

    def leave(self, crossing: Any) -> tuple[Any, ...]:
        """Something is written that leaves with its frame. Returns what is written of it."""
        if not isinstance(crossing, Crossing):
            raise TypeError(f"{type(crossing).__name__} cannot be part of a message")
        if not self.paused:
            self._count(self._sums, crossing, -1)
        return crossing.fields()

    def enter(self, kind: type[Crossing], fields: Any) -> Crossing:
        """Something is read that has come with the frame of `source`."""
        crossing = _made(kind, fields)
        crossing.counted = self.source not in self.dead
        if not crossing.counted:
            return crossing
        if isinstance(crossing, Dead):
            self.learn(self.source, crossing.ranks)
            return crossing
        self._count(self._sums, crossing, 1)
        if self.source in self._awaited:
            self._count(self._note, crossing, 1)
        return crossing

    # ---- when ranks have died ----

    def note(self, awaited: Iterable[int]) -> None:
        """Note the sums as they are now; what comes from the ranks that are awaited is added until they are `marked`."""
        self._note = {}
        for key, shares in self._sums.items():
            _add(self._note, key, shares.out, shares.exponent)
        self._awaited = set(awaited)

    def marked(self, source: int) -> bool:
        """A marker of that rank has been read. Returns whether no other is awaited."""
        self._awaited.discard(source)
        return not self._awaited

    @property
    def noted(self) -> Sums:
        """The note."""
        return self._note

    def forget(self, home: int, role: int, missing: Shares) -> None:
        """The home lives here, and what was lost of that role is no longer out."""
        _add(self._sums, (home, role), -missing.out, missing.exponent)

    def unread(self, crossings: Iterable[Crossing]) -> None:
        """These were in messages of a dead rank that nobody will read: what was counted of them has not come."""
        for crossing in crossings:
            if crossing.counted:
                self._count(self._sums, crossing, -1)

    @property
    def balances(self) -> Sums:
        """The sums that are not nothing."""
        return self._sums

    def _count(self, sums: Sums, crossing: Crossing, sign: int) -> None:
        if isinstance(crossing, Ref):
            _add(sums, (crossing.home, crossing.role), sign, crossing.share)
        elif isinstance(crossing, Out):
            # Where a home is, what is out of it counts against what is held: see above.
            _add(sums, (crossing.home, crossing.role), -sign * int(crossing.units, 16), crossing.exponent)


def _add(sums: Sums, key: tuple[int, int], units: int, exponent: int) -> None:
    shares = sums.get(key)
    if shares is None:
        shares = sums[key] = Shares()
    shares.add(units, exponent)
    if not shares.out:
        del sums[key]


def _made(kind: type[Crossing], fields: Any) -> Crossing:
    kinds = {Ref: (int,) * 4, Out: (int, int, int, str), Dead: (int,) * len(fields)}[kind]
    if type(fields) is not list or tuple(map(type, fields)) != kinds:
        raise TypeError(f"no {kind.__name__}: {fields!r:.100}")
    if kind is not Dead and not 0 <= fields[3 if kind is Ref else 2] <= _FINEST:
        raise ValueError(f"no {kind.__name__}: {fields!r:.100}")  # the sums would take all memory
    return kind(*fields)
