"""The home of one direction of a pipe: what was sent and not yet received, who waits, who can still write or read.

    writer                      home (moves to the reader)
      │──── PipeOpen ────────────▶│      once: is anybody there to read?
      │◀─── PipeOpened ───────────│
      │──── PipeSend ────────────▶│      from then on one message per object
      │◀─── PipeCredit ───────────│      now and then: the reader keeps up, go on
      │◀─── PipeBroken ───────────│      every reader has gone

Readers and writers are counted across all processes: a reader gets the end of file when the last writer has closed or died,
never earlier, never later.

A writer may be `WINDOW` bytes ahead of the reader (the kernel's pipe of the standard library allows 64 KiB).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from mpiprocessing.core.homes.home import Home, Letter
from mpiprocessing.core.homes.placement import FollowReader
from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.homes.waitroom import WaitRoom
from mpiprocessing.core.messages import (
    Payload,
    PipeBroken,
    PipeCredit,
    PipeEnded,
    PipeOpen,
    PipeOpened,
    PipePoll,
    PipePolled,
    PipeReceive,
    PipeReceived,
    PipeSend,
    PipeUnreceive,
    ToHome,
    ToStub,
    maker,
)

__all__ = ["READER", "WINDOW", "WRITER", "PipeHome", "PipeStub", "payload_size"]

READER, WRITER = 0, 1
WINDOW = 64 << 20
_OVERHEAD = 64  # bytes an object costs beside its pickle, so that a million empty ones count too


def payload_size(payload: Payload) -> int:
    """What an object takes of the window, in bytes."""
    size = len(payload.body) + _OVERHEAD
    for buffer in payload.buffers:
        size += len(buffer)
    return size


class PipeHome(Home):
    """Objects in the order they were sent, each with the stub that sent it."""

    def __init__(self, number: int) -> None:
        super().__init__(number, roles=2)
        self.items: deque[tuple[Payload, int]] = deque()
        self.receivers: WaitRoom[PipeReceive] = WaitRoom()
        self.pollers: WaitRoom[PipePoll] = WaitRoom()
        self._writers: set[int] = set()  # stubs that have opened: they are told when the readers go
        self._taken: dict[int, int] = {}  # stub → bytes received from it and not yet credited
        self._follow = FollowReader(patience=1)

    def withdraw(self, call: int) -> tuple[bool, list[Letter]]:
        return (self.receivers.leave(call) or self.pollers.leave(call)) is not None, []

    def rooms(self) -> Sequence[WaitRoom[Any]]:
        return (self.receivers, self.pollers)

    def role_gone(self, role: int) -> list[Letter]:
        if role == WRITER:
            return self._end() if not self.items else []
        self.discarded += [payload for payload, _ in self.items]
        self.items.clear()
        return [(maker(stub), PipeBroken(stub)) for stub in sorted(self._writers)]

    def stub_gone(self, stub: int) -> list[Letter]:
        self._writers.discard(stub)
        self._taken.pop(stub, None)
        return []

    def statistics(self) -> dict[str, Any]:
        return {**super().statistics(), "items": len(self.items), "receivers": len(self.receivers)}

    def _end(self) -> list[Letter]:
        letters: list[Letter] = [(maker(r.call), PipeEnded(r.call)) for r in self.receivers.everybody()]
        return letters + [(maker(p.call), PipePolled(p.call, True)) for p in self.pollers.everybody()]

    def _open(self, message: PipeOpen) -> list[Letter]:
        self._writers.add(message.stub)
        return [(maker(message.call), PipeOpened(message.call, broken=not self.shares[READER]))]

    def _send(self, message: PipeSend) -> list[Letter]:
        if not self.shares[READER]:
            self.discarded.append(message.payload)
            return []
        if self.receivers:
            return self._give(self.receivers.next(), message.payload, message.stub)
        self.items.append((message.payload, message.stub))
        return [(maker(p.call), PipePolled(p.call, True)) for p in self.pollers.everybody()]

    def _receive(self, message: PipeReceive) -> list[Letter]:
        self.wanted = self._follow.read_by(maker(message.stub), self.rank)
        if self.items:
            return self._give(message, *self.items.popleft())
        if not self.shares[WRITER]:
            return [(maker(message.call), PipeEnded(message.call))]
        self.receivers.enter(message)
        return []

    def _give(self, receiver: PipeReceive, payload: Payload, stub: int) -> list[Letter]:
        return [(maker(receiver.call), PipeReceived(receiver.call, payload)), *self._credit(stub, payload)]

    def _credit(self, stub: int, payload: Payload) -> list[Letter]:
        """An object was taken: now and then its writer is told."""
        if stub not in self._writers:
            return []
        taken = self._taken.get(stub, 0) + payload_size(payload)
        if taken < WINDOW // 2:
            self._taken[stub] = taken
            return []
        self._taken[stub] = 0
        return [(maker(stub), PipeCredit(stub, taken))]

    # ---- without messages, for a reader on this very rank ----

    @property
    def readable(self) -> bool:
        """Whether a reader here need not wait: nobody came before it, and there is an object or the end."""
        return not self.receivers and (bool(self.items) or not self.shares[WRITER])

    def take(self) -> tuple[Payload | None, list[Letter]]:
        """The next object, or None at the end; only where it is `readable`."""
        if not self.items:
            return None, []
        payload, stub = self.items.popleft()
        return payload, self._credit(stub, payload)

    def _unreceive(self, message: PipeUnreceive) -> list[Letter]:
        if self.receivers:
            return self._give(self.receivers.next(), message.payload, message.stub)
        self.items.appendleft((message.payload, message.stub))
        return [(maker(p.call), PipePolled(p.call, True)) for p in self.pollers.everybody()]

    def _poll(self, message: PipePoll) -> list[Letter]:
        self.wanted = self._follow.read_by(maker(message.stub), self.rank)
        ready = bool(self.items) or not self.shares[WRITER]
        if message.block and not ready:
            self.pollers.enter(message)
            return []
        return [(maker(message.call), PipePolled(message.call, ready))]

    verbs = {
        PipeSend: _send,
        PipeReceive: _receive,
        PipePoll: _poll,
        PipeOpen: _open,
        PipeUnreceive: _unreceive,
    }


class PipeStub(Stub):
    """What a writer knows without asking: that it has opened, that somebody still reads, how far ahead it may be.

    Attributes:
        opened: whether the home knows of this writer.
        broken: whether every reader has gone.
        window: bytes that may still be sent; may fall below zero by one object.
    """

    def __init__(self, home: int, number: int, rank: int) -> None:
        super().__init__(home, number, rank)
        self.opened = False
        self.broken = False
        self.window = WINDOW

    def told(self, message: ToStub) -> list[ToHome]:
        if isinstance(message, PipeCredit):
            self.window += message.size
        elif isinstance(message, PipeBroken):
            self.broken = True
        return []
