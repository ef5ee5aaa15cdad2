"""Whether a job rests: every rank waits, and no message is under way.

One look at each rank is not enough: while the last is asked, the first may have got a message and be at work again. So the
ranks are asked in two waves, each stating whether it waits and how many messages it has sent and received in its life. When
both waves find everybody waiting, with the same counts, and as many messages were received as were sent, then nothing happened
in between and nothing is left to happen (the four counters of Mattern, "Algorithms for distributed termination detection",
Distributed Computing 2, 1987).
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

__all__ = ["Quiescence", "Statement", "Verdict"]


class Statement(NamedTuple):
    """What a rank says of itself.

    Args:
        waits: whether all it does is to wait for a message, without a time limit.
        sent: all messages it has ever sent.
        received: all messages it has ever received.
        place: where in the program it waits, for humans.
    """

    waits: bool
    sent: int
    received: int
    place: str


class Verdict(Enum):
    """What a wave has shown."""

    MOVES = "somebody works, or a message is under way"
    AGAIN = "everybody waits: one more wave must find the same"
    RESTS = "nothing can happen any more"


class Quiescence:
    """The waves and what they found.

    Args:
        ranks: how many ranks make statements.

    Attributes:
        wave: the number of the wave that is out.
        statements: rank → what it stated in that wave.
    """

    def __init__(self, ranks: int) -> None:
        self._ranks = ranks
        self.wave = 0
        self.statements: dict[int, Statement] = {}
        self._before: dict[int, tuple[int, int]] | None = None

    def open(self) -> int:
        """A new wave goes out; returns its number."""
        self.wave += 1
        self.statements = {}
        return self.wave

    def state(self, wave: int, rank: int, statement: Statement) -> None:
        """A statement has come in; one that belongs to an earlier wave says nothing any more."""
        if wave == self.wave:
            self.statements[rank] = statement

    @property
    def complete(self) -> bool:
        """Whether every rank has answered this wave."""
        return len(self.statements) == self._ranks

    def judge(self) -> Verdict:
        """What the wave shows; only where it is complete."""
        statements = self.statements.values()
        rests = all(statement.waits for statement in statements)
        if not rests or sum(s.sent for s in statements) != sum(s.received for s in statements):
            self._before = None
            return Verdict.MOVES
        counts = {rank: (statement.sent, statement.received) for rank, statement in self.statements.items()}
        before, self._before = self._before, counts
        return Verdict.RESTS if counts == before else Verdict.AGAIN
