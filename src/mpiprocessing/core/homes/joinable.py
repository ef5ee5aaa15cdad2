"""The home of a joinable queue: a queue's, and the count of items that are not done yet.

    producer                    home                     consumer
      │──── QueuePutTask ────────▶│◀──── QueueGet ─────────│
      │──── QueueJoin ───────────▶│───── QueueGot ────────▶│
      │                           │◀──── QueueFinish ──────│
      │◀─── QueueJoined ──────────│───── QueueFinished ───▶│

An item counts from `put` on, taken or not, so a put settles: who is told of it afterwards and joins, waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mpiprocessing.core.homes.home import Letter
from mpiprocessing.core.homes.queue import QueueHome, QueueStub
from mpiprocessing.core.homes.waitroom import WaitRoom
from mpiprocessing.core.messages import (
    HolderDied,
    Payload,
    QueueFinish,
    QueueFinished,
    QueueGet,
    QueueJoin,
    QueueJoined,
    QueuePutTask,
    QueueUnget,
    Wanted,
    maker,
)

__all__ = ["JoinableQueueHome", "JoinableQueueStub"]


class JoinableQueueHome(QueueHome):
    """A queue that knows how many of its items are not done.

    Args:
        number: the home's number.
        maxsize: how many items it holds at most; 0 for no limit.
    """

    def __init__(self, number: int, maxsize: int) -> None:
        super().__init__(number, maxsize)
        self.unfinished = 0
        self.joiners: WaitRoom[QueueJoin] = WaitRoom()
        self._in_hands: dict[int, int] = {}  # stub → items given to it and not done, where ranks may die
        self._dead: int | None = None  # a rank that has died with such items

    def rooms(self) -> Sequence[WaitRoom[Any]]:
        return (*super().rooms(), self.joiners)

    def expect_deaths(self) -> None:
        super().expect_deaths()
        self._give = self._give_and_note  # type: ignore[method-assign]  # so that others pay nothing

    def _give_and_note(self, getter: QueueGet, payload: Payload, place: int) -> list[Letter]:
        self._in_hands[getter.stub] = self._in_hands.get(getter.stub, 0) + 1
        return QueueHome._give(self, getter, payload, place)

    def _unget(self, message: QueueUnget) -> list[Letter]:
        if message.stub in self._in_hands:
            self._in_hands[message.stub] -= 1
        return super()._unget(message)

    def stub_died(self, stub: int) -> list[Letter]:
        letters = super().stub_died(stub)
        if self._in_hands.pop(stub, 0) <= 0:
            return letters
        self._dead = maker(stub)  # items that it had in hands are not going to be done
        return letters + [
            (maker(join.call), HolderDied(join.call, self._dead)) for join in self.joiners.everybody()
        ]

    def statistics(self) -> dict[str, Any]:
        return {**super().statistics(), "unfinished": self.unfinished}

    def kind(self) -> str:
        return "JoinableQueue"

    def state(self) -> str:
        return f"{super().state()}, {self.unfinished} not done"

    def waits(self) -> list[Wanted]:
        joiners = [Wanted(call, "the last task of", "could call task_done of", "") for call in self.joiners]
        return super().waits() + joiners

    def _put_task(self, message: QueuePutTask) -> list[Letter]:
        self.unfinished += 1 + len(message.more)
        return self._put(message)

    def _finish(self, message: QueueFinish) -> list[Letter]:
        ok = self.unfinished > 0
        letters: list[Letter] = [(maker(message.call), QueueFinished(message.call, ok))]
        if ok:
            self.unfinished -= 1
            if message.stub in self._in_hands:
                self._in_hands[message.stub] -= 1
        if not self.unfinished:
            letters += [(maker(join.call), QueueJoined(join.call)) for join in self.joiners.everybody()]
        return letters

    def _join(self, message: QueueJoin) -> list[Letter]:
        if not self.unfinished:
            return [(maker(message.call), QueueJoined(message.call))]
        if self._dead is not None:
            return [(maker(message.call), HolderDied(message.call, self._dead))]
        self.joiners.enter(message)
        return []

    verbs = {
        **QueueHome.verbs,
        QueuePutTask: _put_task,
        QueueUnget: _unget,
        QueueFinish: _finish,
        QueueJoin: _join,
    }


class JoinableQueueStub(QueueStub):
    """A queue's, for one that can be joined."""

    holding = (
        "had taken items of the queue that are not done: see to them, then call task_done() once for each in its place, "
        "and the queue can be joined"
    )
