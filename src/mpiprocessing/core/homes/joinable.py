"""The home of a joinable queue: a queue's, and the count of items that are not done yet.

    producer                    home                     consumer
      │──── QueuePutTask ────────▶│◀──── QueueGet ─────────│
      │──── QueueJoin ───────────▶│───── QueueGot ────────▶│
      │                           │◀──── QueueFinish ──────│
      │◀─── QueueJoined ──────────│───── QueueFinished ───▶│

An item counts from `put` on, taken or not, so a put settles: who is told of it afterwards and joins, waits for it. That needs
one place where everybody looks: unlike other queues this one stays with its creator.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mpiprocessing.core.homes.home import Letter
from mpiprocessing.core.homes.queue import QueueHome
from mpiprocessing.core.homes.waitroom import WaitRoom
from mpiprocessing.core.messages import (
    QueueFinish,
    QueueFinished,
    QueueJoin,
    QueueJoined,
    QueuePutTask,
    maker,
)

__all__ = ["JoinableQueueHome"]


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

    def rooms(self) -> Sequence[WaitRoom[Any]]:
        return (*super().rooms(), self.joiners)

    def statistics(self) -> dict[str, Any]:
        return {**super().statistics(), "unfinished": self.unfinished}

    def _read_by(self, rank: int) -> None:
        pass  # it stays

    def _put_task(self, message: QueuePutTask) -> list[Letter]:
        self.unfinished += 1
        return self._put(message)

    def _finish(self, message: QueueFinish) -> list[Letter]:
        ok = self.unfinished > 0
        letters: list[Letter] = [(maker(message.call), QueueFinished(message.call, ok))]
        if ok:
            self.unfinished -= 1
        if not self.unfinished:
            letters += [(maker(join.call), QueueJoined(join.call)) for join in self.joiners.everybody()]
        return letters

    def _join(self, message: QueueJoin) -> list[Letter]:
        if not self.unfinished:
            return [(maker(message.call), QueueJoined(message.call))]
        self.joiners.enter(message)
        return []

    verbs = {**QueueHome.verbs, QueuePutTask: _put_task, QueueFinish: _finish, QueueJoin: _join}
