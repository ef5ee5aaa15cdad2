"""The home of a joinable queue: a queue's, and the count of items that are not done yet.

    producer                    home                     consumer
      │──── QueuePutTask ────────▶│◀──── QueueGet ─────────│
      │──── QueueJoin ───────────▶│───── QueueGot ────────▶│
      │                           │◀──── QueueFinish ──────│
      │◀─── QueueJoined ──────────│───── QueueFinished ───▶│

An item counts from `put` on, taken or not, so a put settles: who is told of it afterwards and joins, waits for it. That is
why its producers are held while it moves to a single consumer (`writers.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mpiprocessing.core.homes.home import Letter
from mpiprocessing.core.homes.queue import QueueHome, QueueStub
from mpiprocessing.core.homes.waitroom import WaitRoom
from mpiprocessing.core.homes.writers import Writers, WriterStub
from mpiprocessing.core.messages import (
    Payload,
    QueueFinish,
    QueueFinished,
    QueueJoin,
    QueueJoined,
    QueuePutTask,
    WriterHeld,
    WriterOpen,
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
        self._writers = Writers(self, reader=0)

    def rooms(self) -> Sequence[WaitRoom[Any]]:
        return (*super().rooms(), self.joiners, self._writers.openers)

    def stub_gone(self, stub: int) -> list[Letter]:
        self._writers.gone(stub)
        return super().stub_gone(stub)

    def arrived(self) -> list[Letter]:
        return self._writers.arrived()

    def statistics(self) -> dict[str, Any]:
        return {**super().statistics(), "unfinished": self.unfinished}

    def _read_from(self, rank: int) -> list[Letter]:
        return self._writers.move_to(self._follow.read_by(rank, self.rank))

    def _open(self, message: WriterOpen) -> list[Letter]:
        return self._writers.open(message)

    def _stopped(self, message: WriterHeld) -> list[Letter]:
        return self._writers.stopped(message)

    def _put_task(self, message: QueuePutTask) -> list[Letter]:
        self.unfinished += 1 + len(message.more)
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

    verbs = {
        **QueueHome.verbs,
        QueuePutTask: _put_task,
        QueueFinish: _finish,
        QueueJoin: _join,
        WriterOpen: _open,
        WriterHeld: _stopped,
    }


class JoinableQueueStub(WriterStub, QueueStub):
    """A producer that is held while the queue moves, with the places it may fill without asking."""

    def claim(self, content: Payload) -> bool:
        """The item may leave, unless the queue is about to move."""
        return self.opened and not self.held and super().claim(content)
