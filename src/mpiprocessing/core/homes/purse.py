"""The units of one kind that are on one rank, in use or kept: the stub's side of `permits.py`.

Taking a kept unit again is what programs do most with a lock. So it takes no lock of ours: a thread whose unit may stay *lays
it down* in a list, and the next one picks it up, each by a single step of the interpreter. Whoever lays one down looks
afterwards whether it may still stay, and whoever wants it back says so before it looks into the list: one of the two sees what
the other has done.
"""

from __future__ import annotations

import math
import sys

from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.messages import (
    PermitAcquire,
    PermitAcquired,
    PermitForfeit,
    PermitGrant,
    PermitRecall,
    PermitReturn,
    Reply,
    ToHome,
    ToStub,
)

__all__ = ["TURNS", "Purse"]

TURNS = 1000
"""Turns of a run at most: so many take several times as long as the change to another user."""


class Purse(Stub):
    """The units that are on this rank. All but `at_hand` and `turns` is guarded by the runtime's lock.

    Attributes:
        in_use: units in use; those at hand count as such until they are gathered.
        unused: units that are kept.
        at_hand: units that were laid down.
        keep: whether a unit that is released may stay.
        turns: how often it may still stay.
        received: all units it was ever granted.
        emptied: when it last gave a unit up, by the clock of whoever calls.
    """

    def __init__(self, home: int, number: int, rank: int) -> None:
        super().__init__(home, number, rank)
        self.in_use = 0
        self.unused = 0
        self.at_hand: list[None] = []
        self.keep = False
        self.turns = 0
        self.received = 0
        self.emptied = -math.inf
        self._recalled: int | None = None  # a recall that waits for grants it has overtaken

    def take(self) -> bool:
        """Use a unit that is here; False where there is none and the home must be asked."""
        if not self.unused:
            return False
        self.unused -= 1
        self.in_use += 1
        return True

    def asking(self, home: int, number: int, seq: int, call: int, block: bool, soon: bool) -> PermitAcquire:
        """The request for a unit, made at the moment it is sent."""
        self.gather()
        if self.unused:
            # Another thread has just released one: let the home send the caller back, as if a grant had crossed the request.
            return PermitAcquire(home, number, seq, call, block, -1, soon)
        self.keep = False
        return PermitAcquire(home, number, seq, call, block, self.received, soon)

    def answered(self, message: Reply) -> list[ToHome]:
        """The home has granted units; the caller uses the first."""
        if not isinstance(message, PermitAcquired) or not message.units:
            return []
        self.in_use += 1
        self.unused += message.units - 1
        self.restless = message.run
        return self._granted(message.units, message.keep, TURNS if message.run else sys.maxsize)

    def _granted(self, units: int, keep: bool, turns: int = sys.maxsize) -> list[ToHome]:
        self.received += units
        self.keep, self.turns = keep, turns
        return self._answer_recall() if self._recalled is not None else []

    def _answer_recall(self) -> list[ToHome]:
        """Give back what is not in use, once everything has arrived that the recall speaks of."""
        assert self._recalled is not None
        self.keep = False
        if self.received < self._recalled:
            return []  # the home has moved, and the grant takes another way
        self._recalled = None
        self.gather()
        units, self.unused = self.unused, 0
        return [self._give_back(units, recalled=True)]

    def spend(self) -> None:
        """The unit in use went to the home as part of another message."""
        self.in_use -= 1

    def release(self) -> PermitReturn | None:
        """The unit in use is not needed any more: it stays, or goes home with the message returned."""
        self.in_use -= 1
        self.unused += 1
        if self.keep and self.turns > 0:
            self.turns -= 1
            return None
        self.keep = False
        units, self.unused = self.unused, 0
        return self._give_back(units, recalled=False)

    def gather(self) -> bool:
        """Count what is at hand as unused. Returns whether it was one too many: two threads have released the same unit."""
        too_many = False
        while self.at_hand:
            try:
                self.at_hand.pop()
            except IndexError:  # a thread was faster
                break
            if self.in_use:
                self.in_use -= 1
                self.unused += 1
            else:
                too_many = True
        return too_many

    def go_home(self) -> list[ToHome]:
        """What is not in use goes home, unless it may stay."""
        self.gather()
        if self.keep or not self.unused:
            return []
        units, self.unused = self.unused, 0
        return [self._give_back(units, recalled=False)]

    def hurry(self, now: float) -> list[ToHome]:
        """A run is over."""
        if not self.restless:
            return []  # a recall, or a request, has ended it
        self.restless, self.keep = False, False
        messages = self.go_home()
        if messages:
            self.emptied = now
        return messages

    def told(self, message: ToStub) -> list[ToHome]:
        """Answer a recall; take a grant; lose a unit that another process has released."""
        if isinstance(message, PermitRecall):
            self._recalled = message.granted
            return self._answer_recall()
        if isinstance(message, PermitGrant):
            self.unused += message.units
            return self._granted(message.units, keep=True)
        if isinstance(message, PermitForfeit):
            self.gather()
            units = min(self.in_use, 1)
            self.in_use -= units
            return [self._give_back(units, recalled=True)]
        return []

    def bereft(self) -> None:
        self.keep, self.restless, self.unused = False, False, 0
        self.at_hand.clear()

    def close(self) -> list[ToHome]:
        """What is not in use goes home."""
        self.keep = False
        return self.go_home()

    def _give_back(self, units: int, recalled: bool) -> PermitReturn:
        return PermitReturn(
            self.home, self.number, self.next_seq(), units, self.in_use, self.received, recalled
        )
