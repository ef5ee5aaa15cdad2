"""Who sends to a home without asking, and how they are held while it moves to another rank.

    writer (on another rank)     home                       the reader's rank
      │──── WriterOpen ─────────▶│  once, before the first object: where is the home, is anybody there to read?
      │◀─── WriterOpened ────────│
      │◀─── WriterHold ──────────│  somebody reads from afar: send nothing more
      │──── WriterHeld ─────────▶│  behind all that was sent; the home serves its readers meanwhile
      │                          │──── HomeMove ────────────▶│  when everybody has answered
      │◀─── WriterResume ────────┼───────────────────────────│  go on, to the new rank

Two writers that take turns by a lock rely on the order in which they send, and who is told of an object relies on its being
counted. One whose objects still go round by the old rank must not be overtaken by a message that goes straight, so such a home
moves only when no writer has anything on its way to it. Who opens meanwhile is answered when it has moved. Writers on the
home's own rank need not be held: what they send follows the home on its way.
"""

from __future__ import annotations

from mpiprocessing.core.homes.home import Home, Letter
from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.homes.waitroom import WaitRoom
from mpiprocessing.core.messages import (
    HomeMoved,
    Reply,
    ToHome,
    ToStub,
    WriterHeld,
    WriterHold,
    WriterOpen,
    WriterOpened,
    WriterResume,
    maker,
)

__all__ = ["WriterStub", "Writers"]


class Writers:
    """The home's side.

    Args:
        home: whose writers they are.
        reader: the role in which the home is read.

    Attributes:
        stubs: those who have opened.
        openers: those who do, while the home is about to move.
    """

    def __init__(self, home: Home, reader: int) -> None:
        self.stubs: set[int] = set()
        self.openers: WaitRoom[WriterOpen] = WaitRoom()
        self._home = home
        self._reader = reader
        self._target: int | None = None  # where the home is about to move
        self._awaited: set[int] = set()  # stubs that were told to hold and have not answered
        self._held: list[int] = []  # those that have

    def open(self, message: WriterOpen) -> list[Letter]:
        """A writer comes."""
        if self._target is not None:
            self.openers.enter(message)
            return []
        return [self._opened(message)]

    def _opened(self, message: WriterOpen) -> Letter:
        self.stubs.add(message.stub)
        broken = not self._home.shares[self._reader]
        return maker(message.call), WriterOpened(message.call, broken, self._home.rank)

    def move_to(self, rank: int | None) -> list[Letter]:
        """The home had better be on that rank; None where it is well."""
        if rank is None or self._target is not None:
            return []
        self._target = rank
        self._awaited = {stub for stub in self.stubs if maker(stub) != self._home.rank}
        self._go()
        return [(maker(stub), WriterHold(stub)) for stub in sorted(self._awaited)]

    def stopped(self, message: WriterHeld) -> list[Letter]:
        """A writer has nothing more on its way to here."""
        self._awaited.discard(message.stub)
        self._held.append(message.stub)
        self._go()
        return []

    def gone(self, stub: int) -> None:
        """A writer has left, behind all that it sent."""
        self.stubs.discard(stub)
        self._awaited.discard(stub)
        self._go()

    def rank_died(self, rank: int) -> list[Letter]:
        """A rank is dead; its stubs are `gone`."""
        self._held = [stub for stub in self._held if maker(stub) != rank]
        return self.arrived() if self._target == rank else []

    def _go(self) -> None:
        if self._target is not None and not self._awaited:
            self._home.wanted = self._target

    def arrived(self) -> list[Letter]:
        """The home has moved."""
        self._target = None
        held, self._held = self._held, []
        letters: list[Letter] = [(maker(stub), WriterResume(stub, self._home.rank)) for stub in held]
        return letters + [self._opened(message) for message in self.openers.everybody()]


class WriterStub(Stub):
    """The writer's side: what it knows without asking.

    Attributes:
        opened: whether the home knows of this writer.
        broken: whether every reader has gone.
        held: whether the home is about to move.
    """

    def __init__(self, home: int, number: int, rank: int) -> None:
        super().__init__(home, number, rank)
        self.opened = False
        self.broken = False
        self.held = False
        self._asked = (
            0  # how many messages had been sent when it was last asked to be opened, that one included
        )
        self._stopped = 0  # likewise, when it last said that it holds

    def opening(self, home: int, number: int, seq: int, call: int) -> WriterOpen:
        """The request to be opened, made at the moment it is sent."""
        self._asked = seq + 1
        return WriterOpen(home, number, seq, call)

    def answered(self, message: Reply) -> list[ToHome]:
        """The home is open; where something was sent meanwhile, ask again: the home may have moved, and that goes round.

        What overtook it on the straight way would be put aside, uncounted, while its sender believes that it is there.
        """
        if isinstance(message, WriterOpened):
            self.opened = self.opened or self.sent == self._asked
            self.broken = self.broken or message.broken
            self.rank = message.rank
        return super().answered(message)

    def bereft(self) -> None:
        super().bereft()
        self.opened, self.held = False, False

    def notice(self, message: ToStub) -> list[ToHome]:
        """What the home says; a writer goes where `WriterResume` tells it, and nowhere else before."""
        if isinstance(message, HomeMoved) and self.opened:
            return []
        return super().notice(message)

    def told(self, message: ToStub) -> list[ToHome]:
        """Stop and go on while the home moves."""
        if isinstance(message, WriterHold):
            self.held = True
            held = WriterHeld(self.home, self.number, self.next_seq())
            self._stopped = self.sent
            return [held]
        if isinstance(message, WriterResume):
            self.held = False
            self.rank = message.rank
            # A reader on this rank has asked meanwhile, and that may still go round by the old rank: see `answered`.
            self.opened = self.opened and self.sent == self._stopped
            return []
        return super().told(message)
