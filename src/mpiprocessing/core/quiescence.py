"""Whether a job rests: every rank waits, and no message is under way.

One look at each rank is not enough: while the last is asked, the first may have got a message and be at work again. So the
ranks are asked in two waves, each stating whether it waits and how many messages it has sent and received in its life. When
both waves find everybody waiting, with the same counts, and as many messages were received as were sent, then nothing happened
in between and nothing is left to happen (the four counters of Mattern, "Algorithms for distributed termination detection",
Distributed Computing 2, 1987).

The counts are added up on their way: as they only grow, their sum is the same in both waves only where each of them is. So what
travels, and what rank 0 keeps, does not grow with the ranks.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

__all__ = ["Quiescence", "Statement", "Verdict"]


class Statement(NamedTuple):
    """What a rank says of itself, or several together.

    Args:
        waits: whether all they do is to wait for a message, without a time limit.
        sent: all messages they have ever sent.
        received: all messages they have ever received.
        ran: how often those of their threads were woken that wait for another thread.
    """

    waits: bool
    sent: int
    received: int
    ran: int = 0

    def together_with(self, other: Statement) -> Statement:
        """What both say."""
        return Statement(
            self.waits and other.waits,
            self.sent + other.sent,
            self.received + other.received,
            self.ran + other.ran,
        )


class Verdict(Enum):
    """What a wave has shown."""

    MOVES = "somebody works, or a message is under way"
    AGAIN = "everybody waits: one more wave must find the same"
    RESTS = "nothing can happen any more"


class Quiescence:
    """The waves and what they found."""

    def __init__(self) -> None:
        self._before: Statement | None = None

    def judge(self, said: Statement) -> Verdict:
        """What a wave shows.

        Args:
            said: what all ranks said in it, together.
        """
        if not said.waits or said.sent != said.received:
            self._before = None
            return Verdict.MOVES
        before, self._before = self._before, said
        return Verdict.RESTS if said == before else Verdict.AGAIN
