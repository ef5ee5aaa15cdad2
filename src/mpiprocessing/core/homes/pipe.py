"""The home of one direction of a pipe: what was sent and not yet received, who waits, who can still write or read.

    writer                      home (moves to the reader)
      │──── WriterOpen ──────────▶│      once: is anybody there to read?
      │◀─── WriterOpened ─────────│
      │──── PipeSend ────────────▶│      from then on one message per object
      │◀─── PipeCredit ───────────│      now and then: the reader keeps up, go on
      │◀─── PipeBroken ───────────│      every reader has gone

Readers and writers are counted across all processes: a reader gets the end of file when the last writer has closed or died,
never earlier, never later.

A writer may be `WINDOW` bytes ahead of the reader (the kernel's pipe of the standard library allows 64 KiB).

How a pipe moves to its reader while others send, `writers.py` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mpiprocessing.core.homes.home import Home, Letter
from mpiprocessing.core.homes.line import Line
from mpiprocessing.core.homes.placement import FollowReader
from mpiprocessing.core.homes.waitroom import WaitRoom
from mpiprocessing.core.homes.writers import Writers, WriterStub
from mpiprocessing.core.messages import (
    READS,
    WRITES,
    Payload,
    PipeBroken,
    PipeCredit,
    PipeEnded,
    PipePoll,
    PipePolled,
    PipeReceive,
    PipeReceived,
    PipeSend,
    PipeUnreceive,
    ToHome,
    ToStub,
    Wanted,
    WriterHeld,
    WriterOpen,
    maker,
)

__all__ = ["READER", "WINDOW", "WRITER", "PipeHome", "PipeStub", "payload_size"]

READER, WRITER = 0, 1
WINDOW = 64 << 20
_OVERHEAD = 64  # bytes an object costs beside its pickle, so that a million empty ones count too


def payload_size(payload: Payload) -> int:
    """What an object takes of the window, in bytes."""
    size = len(payload.body) + _OVERHEAD
    return size + sum(map(len, payload.buffers)) if payload.buffers else size


class PipeHome(Home):
    """Objects in the order they were sent, each with the stub that sent it."""

    def __init__(self, number: int) -> None:
        super().__init__(number, roles=2)
        self._line: Line[tuple[Payload, int]] = Line()
        self.items = self._line.items
        self.receivers: WaitRoom[PipeReceive] = WaitRoom()
        self.pollers: WaitRoom[PipePoll] = WaitRoom()
        self._writers = Writers(self, READER)
        self._taken: dict[int, int] = {}  # stub → bytes received from it and not yet credited
        self._follow = FollowReader(patience=1)

    def withdraw(self, call: int) -> tuple[bool, list[Letter]]:
        return any(room.leave(call) is not None for room in self.rooms()), []

    def rooms(self) -> Sequence[WaitRoom[Any]]:
        return (self.receivers, self.pollers, self._writers.openers)

    def role_gone(self, role: int) -> list[Letter]:
        if role == WRITER:
            return self._end() if not self.items else []
        self.discarded += [payload for payload, _ in self._line.clear()]
        return [(maker(stub), PipeBroken(stub)) for stub in sorted(self._writers.stubs)]

    def stub_gone(self, stub: int) -> list[Letter]:
        self._taken.pop(stub, None)
        self._writers.gone(stub)
        return []

    def rank_died(self, rank: int) -> list[Letter]:
        return super().rank_died(rank) + self._writers.rank_died(rank)

    def arrived(self) -> list[Letter]:
        return self._writers.arrived()

    def statistics(self) -> dict[str, Any]:
        return {**super().statistics(), "items": len(self.items), "receivers": len(self.receivers)}

    def kind(self) -> str:
        return "Pipe"

    def waits(self) -> list[Wanted]:
        readers = [READS, *self.receivers, *self.pollers]
        wanted = [Wanted(call, "an object from", "could send into", "", WRITER) for call in readers]
        return (
            [*wanted, Wanted(WRITES, "room in", "could receive from", "", READER)] if self.items else wanted
        )

    def _end(self) -> list[Letter]:
        letters: list[Letter] = [(maker(r.call), PipeEnded(r.call)) for r in self.receivers.everybody()]
        return letters + self._polled()

    def _open(self, message: WriterOpen) -> list[Letter]:
        return self._writers.open(message)

    def _stopped(self, message: WriterHeld) -> list[Letter]:
        return self._writers.stopped(message)

    def _read_from(self, rank: int) -> list[Letter]:
        """A process on `rank` reads: is this the place to be?"""
        return self._writers.move_to(self._follow.read_by(rank, self.rank))

    def _send(self, message: PipeSend) -> list[Letter]:
        if not self.shares[READER].out:
            self.discarded += [message.payload, *message.more]
            return []
        stub = message.stub
        if not self.receivers:
            self.items.append((message.payload, stub))
            if message.more:
                self.items.extend([(payload, stub) for payload in message.more])
            return self._polled() if self.pollers else []
        letters: list[Letter] = []
        for payload in (message.payload, *message.more):
            if self.receivers:
                letters += self._give(self.receivers.next(), (payload, stub), self._line.pass_by())
            else:
                self.items.append((payload, stub))
        return letters + (self._polled() if self.pollers and self.items else [])

    def _polled(self) -> list[Letter]:
        return [(maker(p.call), PipePolled(p.call, True)) for p in self.pollers.everybody()]

    def _receive(self, message: PipeReceive) -> list[Letter]:
        letters = self._read_from(maker(message.stub))
        if self.items:
            return [*letters, *self._give(message, *self._line.next())]
        if not self.shares[WRITER]:
            return [*letters, (maker(message.call), PipeEnded(message.call))]
        self.receivers.enter(message)
        return letters

    def _give(self, receiver: PipeReceive, item: tuple[Payload, int], place: int) -> list[Letter]:
        payload, stub = item
        letter: Letter = (maker(receiver.call), PipeReceived(receiver.call, payload, place))
        return [letter, *self._credit(stub, payload)]

    def _credit(self, stub: int, payload: Payload) -> list[Letter]:
        """An object was taken: now and then its writer is told."""
        if stub not in self._writers.stubs:
            return []
        size = payload_size(payload) if payload.buffers else len(payload.body) + _OVERHEAD
        taken = self._taken.get(stub, 0) + size
        if taken < WINDOW // 2:
            self._taken[stub] = taken
            return []
        self._taken[stub] = 0
        return [(maker(stub), PipeCredit(stub, taken))]

    # ---- without messages, for a reader on this very rank ----

    def goes_on(self) -> bool:
        """Whether a reader here need not wait any longer: there is an object or the end, or it is not to `take` it."""
        return bool(self.items) or not self.shares[WRITER].out or self.moved or bool(self.receivers)

    @property
    def elsewhere(self) -> bool:
        """Whether a reader here has to ask: others wait already, or the home has moved."""
        return self.moved or bool(self.receivers)

    def take(self) -> tuple[Payload | None, list[Letter]] | None:
        """The next object, or None for one at the end; nothing at all where there is neither, or it is `elsewhere`."""
        if self.receivers or self.moved:
            return None
        if not self.items:
            return None if self.shares[WRITER].out else (None, [])
        (payload, stub), _ = self._line.next()
        return payload, self._credit(stub, payload)

    def _unreceive(self, message: PipeUnreceive) -> list[Letter]:
        if self.receivers:
            return self._give(self.receivers.next(), (message.payload, message.stub), message.place)
        self._line.come_back((message.payload, message.stub), message.place)
        return self._polled()

    def _poll(self, message: PipePoll) -> list[Letter]:
        letters = self._read_from(maker(message.stub))
        ready = bool(self.items) or not self.shares[WRITER]
        if message.block and not ready:
            self.pollers.enter(message)
            return letters
        return [*letters, (maker(message.call), PipePolled(message.call, ready))]

    verbs = {
        PipeSend: _send,
        PipeReceive: _receive,
        PipePoll: _poll,
        WriterOpen: _open,
        WriterHeld: _stopped,
        PipeUnreceive: _unreceive,
    }


class PipeStub(WriterStub):
    """A writer that knows how far ahead of the reader it may be.

    Attributes:
        window: bytes that may still be sent; may fall below zero by one object.
    """

    called = "pipe"

    def __init__(self, home: int, number: int, rank: int) -> None:
        super().__init__(home, number, rank)
        self.window = WINDOW

    @property
    def clear(self) -> bool:
        """Whether an object may be sent now."""
        return self.window > 0 and not self.held

    def bereft(self) -> None:
        super().bereft()
        self.broken = True

    def claim(self, content: Payload) -> bool:
        """The object takes its part of the window along; False where it may not be sent."""
        if not self.opened or self.broken or self.held or self.window <= 0:
            return False
        self.window -= payload_size(content) if content.buffers else len(content.body) + _OVERHEAD
        return True

    def told(self, message: ToStub) -> list[ToHome]:
        """There is room again, or no reader any more."""
        if isinstance(message, PipeCredit):
            self.window += message.size
        elif isinstance(message, PipeBroken):
            self.broken = True
        return super().told(message)
