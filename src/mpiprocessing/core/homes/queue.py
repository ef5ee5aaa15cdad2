"""The home of a queue: its items, who waits for one, and for a bounded queue the places.

    producer                    home                     consumer
      │──── WriterOpen ──────────▶│                        │   once
      │◀─── WriterOpened ─────────│                        │
      │──── QueuePut ────────────▶│◀──── QueueGet ─────────│
      │                           │───── QueueGot ────────▶│
                                  │◀──── QueuePoll ────────│   for `wait` and descriptors: is there anything?
                                  │───── QueuePolled ─────▶│

The places of a bounded queue are permits: a producer that has some puts without asking; the home sends new ones along as
items are taken. With a single consumer the home moves to it, and a get costs no message.

Who has joined a producer relies on its items to stand before what is put from then on. So no item may still go round by a
rank that the home has left when its producer ends, and producers are held while it moves (`writers.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mpiprocessing.core.homes.home import Home, Letter
from mpiprocessing.core.homes.line import Line
from mpiprocessing.core.homes.permits import Permits
from mpiprocessing.core.homes.placement import FollowReader
from mpiprocessing.core.homes.purse import Purse
from mpiprocessing.core.homes.waitroom import WaitRoom
from mpiprocessing.core.homes.writers import Writers, WriterStub
from mpiprocessing.core.messages import (
    READS,
    Payload,
    PermitAcquire,
    PermitReturn,
    QueueAsk,
    QueueGet,
    QueueGot,
    QueuePoll,
    QueuePolled,
    QueuePut,
    QueueRefused,
    QueueTold,
    QueueUnget,
    Wanted,
    WriterHeld,
    WriterOpen,
    maker,
)

__all__ = ["QueueHome", "QueueStub"]


class QueueHome(Home):
    """Items in the order they came.

    Args:
        number: the home's number.
        maxsize: how many items it holds at most; 0 for no limit.
    """

    def __init__(self, number: int, maxsize: int) -> None:
        super().__init__(number)
        self._line: Line[Payload] = Line()
        self.items = self._line.items
        self.getters: WaitRoom[QueueGet] = WaitRoom()
        self.pollers: WaitRoom[QueuePoll] = WaitRoom()
        self.places = Permits(maxsize, maxsize, generous=True) if maxsize else None
        self._writers = Writers(self, reader=0)
        self._follow = FollowReader(patience=4, shared_at=maker(number))
        self._stays = False

    def withdraw(self, call: int) -> tuple[bool, list[Letter]]:
        return any(room.leave(call) is not None for room in self.rooms()), []

    def rooms(self) -> Sequence[WaitRoom[Any]]:
        rooms: tuple[WaitRoom[Any], ...] = (self.getters, self.pollers, self._writers.openers)
        return rooms if self.places is None else (*rooms, self.places.room)

    def role_gone(self, role: int) -> list[Letter]:
        self.discarded += self._line.clear()
        return []

    def stub_gone(self, stub: int) -> list[Letter]:
        self._writers.gone(stub)
        return [] if self.places is None else self.places.stub_gone(stub)

    def rank_died(self, rank: int) -> list[Letter]:
        return super().rank_died(rank) + self._writers.rank_died(rank)

    def arrived(self) -> list[Letter]:
        return self._writers.arrived()

    def expect_deaths(self) -> None:
        self._stays = True  # where it has been made: its consumer's death must not take the items along

    def statistics(self) -> dict[str, Any]:
        return {**super().statistics(), "items": len(self.items), "getters": len(self.getters)}

    def kind(self) -> str:
        return "Queue"

    def state(self) -> str:
        return f"{len(self.items)} items"

    def waits(self) -> list[Wanted]:
        readers = [READS, *self.getters, *self.pollers]
        wanted = [Wanted(call, "an item of", "could put into", "") for call in readers]
        if self.places is None:
            return wanted
        return wanted + self.places.waits("a free place in", "could take from", "")

    def _put(self, message: QueuePut) -> list[Letter]:
        if not message.more:
            return self._put_one(message.stub, message.payload)
        if self.places is None and not self.getters and not self.pollers:
            self.items.append(message.payload)
            self.items.extend(message.more)
            return []
        letters = self._put_one(message.stub, message.payload)
        for payload in message.more:
            letters += self._put_one(message.stub, payload)
        return letters

    def _put_one(self, stub: int, payload: Payload) -> list[Letter]:
        if self.places is not None:
            self.places.spent(stub)
        if self.getters:
            return self._give(self.getters.next(), payload, self._line.pass_by())
        self.items.append(payload)
        return self._polled() if self.pollers else []

    def _polled(self) -> list[Letter]:
        return [(maker(poll.call), QueuePolled(poll.call, True)) for poll in self.pollers.everybody()]

    def _poll(self, message: QueuePoll) -> list[Letter]:
        letters = self._read_from(maker(message.stub))
        if message.block and not self.items:
            self.pollers.enter(message)
            return letters
        return [*letters, (maker(message.call), QueuePolled(message.call, bool(self.items)))]

    def _read_from(self, rank: int) -> list[Letter]:
        """A process on `rank` wants items: is this the place to be?"""
        if self._stays:
            return []
        return self._writers.move_to(self._follow.read_by(rank, self.rank, len(self._writers.stubs)))

    def _open(self, message: WriterOpen) -> list[Letter]:
        return self._writers.open(message)

    def _stopped(self, message: WriterHeld) -> list[Letter]:
        return self._writers.stopped(message)

    def _get(self, message: QueueGet) -> list[Letter]:
        letters = self._read_from(maker(message.stub))
        if self.items:
            given = self._give(message, *self._line.next())
            return [*letters, *given] if letters else given
        if not message.block:
            return [*letters, (maker(message.call), QueueRefused(message.call))]
        self.getters.enter(message)
        return letters

    def _give(self, getter: QueueGet, payload: Payload, place: int) -> list[Letter]:
        letter: Letter = (maker(getter.call), QueueGot(getter.call, payload, place))
        return [letter] if self.places is None else [letter, *self.places.refill()]

    # ---- without messages, for a consumer on this very rank ----

    @property
    def ready(self) -> bool:
        """Whether a consumer here need not wait: nobody came before it, and there is an item."""
        return bool(self.items) and not self.getters and not self.moved

    @property
    def exclusive(self) -> bool:
        """Whether a consumer here may wait without asking, since nobody else has ever asked."""
        return self._follow.reader == self.rank and not (self._follow.shared or self.getters or self.moved)

    def take(self) -> tuple[Payload, list[Letter]]:
        """The next item; only where it is `ready`."""
        letters = [] if self._follow.reader == self.rank else self._read_from(self.rank)
        payload, _ = self._line.next()
        return payload, letters if self.places is None else [*letters, *self.places.refill()]

    def _unget(self, message: QueueUnget) -> list[Letter]:
        # The place it had may be taken by now: the queue is one item too full for a moment, and nothing is lost.
        if self.places is not None:
            self.places.free -= 1
        if self.getters:
            return self._give(self.getters.next(), message.payload, message.place)
        self._line.come_back(message.payload, message.place)
        return self._polled()

    def _ask(self, message: QueueAsk) -> list[Letter]:
        return [(maker(message.call), QueueTold(message.call, len(self.items)))]

    def _acquire(self, message: PermitAcquire) -> list[Letter]:
        assert self.places is not None
        return self.places.acquire(message)

    def _returned(self, message: PermitReturn) -> list[Letter]:
        assert self.places is not None
        return self.places.returned(message)

    verbs = {
        QueuePut: _put,
        QueueGet: _get,
        QueueUnget: _unget,
        QueueAsk: _ask,
        QueuePoll: _poll,
        PermitAcquire: _acquire,
        PermitReturn: _returned,
        WriterOpen: _open,
        WriterHeld: _stopped,
    }


class QueueStub(WriterStub, Purse):
    """A producer that is held while the queue moves, with the places it may fill without asking.

    Attributes:
        bounded: whether an item needs a place.
    """

    bounded = False
    called = "queue"

    def claim(self, content: Payload) -> bool:
        """The item takes the place in use along; False while the queue is about to move."""
        if not self.opened or self.held:
            return False
        if self.bounded:
            self.spend()
        return True
