"""When a situation is a deadlock: those who are stuck have been so for a while, and say so once more when they are asked.

    a rank that waits ──its statement──▶ judge     each rank whose threads wait states so once, and takes it back when it moves
    judge ──question──▶ those who are stuck        when they have been stuck for `PATIENCE`
    those ──their statement──▶ judge               all with the serials they had: this is a deadlock

One look is not enough, since statements are made at different times. But who has the same serial in two statements has
not moved between them; and each is asked when all had made their first one. So there was a moment in which all these
calls waited together (the two waves of Mattern, "Algorithms for Distributed Termination Detection", Distributed
Computing 1987, with the state of each rank in the place of its counters: a message that nobody wants stays under way
for ever, and proves no life).

What a situation takes to wait may be about to end by itself: a small message is sent before its receive is posted, a
broadcast returns before the last rank has come. That takes moments, while a deadlock stays: hence the patience. Where data
may be on its way in such a call, a collective or a message beside that send, it is given the time that it takes at 100 MB/s.
A message that fits a receive is not among these: however long it takes, its receiver may go on.
"""

from __future__ import annotations

from typing import NamedTuple

from mpiprocessing.watch.situation import Situation
from mpiprocessing.watch.waits import Call, Part, Statement

__all__ = ["PATIENCE", "Judge", "Question"]

PATIENCE = 2.0
"""Seconds for which ranks must have been stuck."""

_RATE = 1e8
"""Bytes that a network carries in a second, at the least."""


class Question(NamedTuple):
    """Ranks are to state once more where they are.

    Args:
        number: to be repeated in the answer.
        ranks: who.
    """

    number: int
    ranks: frozenset[int]


class Judge:
    """What all ranks have stated, and what follows.

    Args:
        size: how many ranks there are.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._statements: dict[int, Statement] = {}
        self._situation = Situation({}, size)
        self._new = False
        self._since: dict[int, float] = {}
        self._question = 0
        self._asked: dict[int, int] = {}  # serials of those who were asked, when they were
        self._unmoved: set[int] = set()  # who has answered with the same

    def told(self, rank: int, statement: Statement | None, answers: int = 0) -> None:
        """A rank has stated that it waits, or that it moves.

        Args:
            rank: who.
            statement: None where it moves.
            answers: the number of the question, 0 for none.
        """
        before = self._statements.get(rank)
        if statement is None:
            self._statements.pop(rank, None)
            self._asked.pop(rank, None)  # to be asked again
        else:
            self._statements[rank] = statement
            if answers == self._question and self._asked.get(rank) == statement.serial:
                self._unmoved.add(rank)
        if statement is None or before is None or before.serial != statement.serial:
            self._new = True
            self._since.pop(rank, None)

    @property
    def all_ended(self) -> bool:
        """Whether the program is over on all ranks."""
        return len(self._statements) == self._size and all(one.ended for one in self._statements.values())

    @property
    def situation(self) -> Situation:
        """What follows from the statements there are."""
        if self._new:
            self._new = False
            self._situation = Situation(self._statements.copy(), self._size)
        return self._situation

    def look(self, now: float) -> Situation | Question | None:
        """Decide what is to be done.

        Args:
            now: seconds, of a clock that never goes back.

        Returns:
            The situation where it is a deadlock, a question to be asked, or None.
        """
        stuck = self.situation.stuck
        self._since = {rank: self._since.get(rank, now) for rank in stuck}
        patience = self._patience()
        ripe = {rank for rank in stuck if now - self._since[rank] >= patience}
        if not ripe:
            return None
        serials = {rank: self._statements[rank].serial for rank in stuck}
        if self._asked != serials:
            self._question += 1
            self._asked, self._unmoved = serials, set()
            return Question(self._question, stuck)
        return self._situation if self._unmoved >= stuck else None

    def _patience(self) -> float:
        """How long it takes until what can end by itself has ended."""
        stuck = [self._statements[rank] for rank in self._situation.stuck]
        if not any(self._may_carry(call) for statement in stuck for call in statement.calls):
            return PATIENCE
        return PATIENCE + max(one.largest for one in self._statements.values()) / _RATE

    def _may_carry(self, call: Call) -> bool:
        """Whether data may be on its way in a call that is taken to wait: in a collective, or besides a send."""
        if any(isinstance(one, Part) for one in call.waits):
            return True
        return len({self._situation.may_end(one) for one in call.waits}) > 1
