"""What all homes share: handles are counted, messages of one stub are taken in the order they were sent.

**Counting.** A home lives as long as there is a handle to it, in any process or on its way between two. Counting with
"one more" and "one less" messages would be wrong: the "one less" of a receiver can overtake the "one more" of its sender.
Instead every handle carries a *share* of one whole: a copy takes half of it along, a closed handle sends its share home, and
the home is free when the shares it has got back make up all that it gave out. Copying costs no message, and a handle in
transit counts by itself (weighted reference counting: Bevan 1987; Watson & Watson 1987). Shares are powers of one half, kept
as exponents, and added up exactly in integers; a handle may be passed on any number of times.

A home may have several *roles* (a pipe is read and written); each is counted for itself.

**Order.** A home may move to another rank. Messages that were sent to its old rank are forwarded and may arrive after later
ones that went straight. So every stub numbers its messages, and a home puts early ones aside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from mpiprocessing.core.homes.shares import Shares
from mpiprocessing.core.homes.waitroom import WaitRoom
from mpiprocessing.core.messages import (
    HomeDied,
    HomeWaits,
    Message,
    Payload,
    ShareReturn,
    ShareTake,
    StubRejoin,
    ToHome,
    Wanted,
    Withdraw,
    Withdrawn,
    maker,
    payloads_in,
)

__all__ = ["Home", "Letter"]

Letter = tuple[int, Message]
"""A message and the rank it is for."""


class Home:
    """The state of one shared object. Subclasses add `verbs`: for each kind of message the method that handles it.

    Args:
        number: which home this is; its upper bits name the rank that made it.
        roles: in how many ways it can be held.
    """

    verbs: ClassVar[dict[type[ToHome], Callable[..., list[Letter]]]]
    made = ""  # the line of the program that made it; for those who ask who waits where

    def __init_subclass__(cls) -> None:
        common: dict[type[ToHome], Callable[..., list[Letter]]] = {
            ShareReturn: cls._share_returned,
            ShareTake: cls._share_taken,
            Withdraw: cls._withdraw,
            StubRejoin: cls.rejoined,
        }
        cls.verbs = {**common, **cls.verbs}

    def __init__(self, number: int, roles: int = 1) -> None:
        self.number = number
        self.rank = maker(number)
        self.past: list[int] = []  # ranks it lived on before: they forward
        self.shares = [Shares() for _ in range(roles)]
        self.discarded: list[Payload] = []  # undelivered objects; the node gives back the handles inside them
        self.free = False  # no handle is left anywhere
        self.wanted: int | None = None  # the rank this home had better move to
        self.moved = False  # it lives elsewhere now, and this is what it was
        self.loose = False  # there are pickles of handles outside of all messages: nobody knows how many
        self.counted = 0  # so many ranks had died when it was last counted what was lost of it
        self._expected: dict[int, int] = {}
        self._early: dict[int, dict[int, ToHome]] = {}

    def receive(self, message: ToHome) -> list[Letter]:
        """Take one message of a stub, and those that waited for it.

        Args:
            message: what came in, in any order.

        Returns:
            The messages to send.

        Raises:
            ValueError: it has come before. MPI delivers nothing twice, and nothing of ours sends anything twice.
        """
        stub = message.stub
        expected = self._expected.get(stub, 0)
        if message.seq != expected:
            if message.seq < expected:
                raise ValueError(f"its running number is {message.seq}, and {expected} is the next")
            self._early.setdefault(stub, {})[message.seq] = message
            return []
        self._expected[stub] = expected + 1
        letters = self.verbs[type(message)](self, message)
        if self._early and stub in self._early:
            early = self._early[stub]
            while (later := early.pop(self._expected.get(stub, 0), None)) is not None:
                self._expected[stub] = later.seq + 1
                letters = letters + self.verbs[type(later)](self, later)
            if not early:
                del self._early[stub]
        return letters

    def _share_taken(self, message: ShareTake) -> list[Letter]:
        self.shares[message.role].give_whole()
        self.loose = True
        return []

    def _share_returned(self, message: ShareReturn) -> list[Letter]:
        ref = message.ref
        shares = self.shares[ref.role]
        shares.take_back(ref.share)
        letters = [] if shares else self.role_gone(ref.role)
        if message.last:
            del self._expected[message.stub]
            letters = letters + self._give_up_for(message.stub) + self.stub_gone(message.stub)
        self.free = not any(self.shares)
        return letters

    def _give_up_for(self, stub: int) -> list[Letter]:
        # A thread may still wait that its process left behind; what it got would be lost to everybody.
        calls = [request.call for room in self.rooms() for request in room.leave_from(stub)]
        return [(maker(call), Withdrawn(call)) for call in calls]

    def _withdraw(self, message: Withdraw) -> list[Letter]:
        waited, letters = self.withdraw(message.call)
        if waited:
            letters = [*letters, (maker(message.call), Withdrawn(message.call))]
        return letters

    # ---- when ranks have died ----

    def rank_died(self, rank: int) -> list[Letter]:
        """A rank is dead: none of its stubs waits or sends any more."""
        self.discarded += [
            content
            for stub in [stub for stub in self._early if maker(stub) == rank]
            for message in self._early.pop(stub).values()
            for content in payloads_in(message)
        ]
        letters: list[Letter] = []
        for stub in [stub for stub in self._expected if maker(stub) == rank]:
            del self._expected[stub]
            letters += self._give_up_for(stub)
            letters += self.stub_died(stub)
        if self.wanted == rank:
            self.wanted = None
        return letters

    def written_off(self, role: int, missing: Shares) -> list[Letter]:
        """What was lost of a role will not come home."""
        shares = self.shares[role]
        shares.add(missing.out, missing.exponent)
        assert shares.out >= 0, f"more was lost of home {self.number:x} than was out"
        letters = [] if shares else self.role_gone(role)
        self.free = not any(self.shares)
        return letters

    def rejoined(self, message: StubRejoin) -> list[Letter]:
        """What has not come of a stub's messages before this one is lost."""
        stub = message.stub
        letters: list[Letter] = []
        if self._expected.get(stub, 0) < message.seq:
            early = self._early.pop(stub, {})
            for seq in sorted(early):
                self._expected[stub] = seq
                letters += self.receive(early[seq])
            self._expected[stub] = max(self._expected.get(stub, 0), message.seq)
            # Whether it still wants what it waits for may have been lost as well.
            self._give_up_for(stub)
        waiting = {call for room in self.rooms() for call in room}
        return letters + [
            (maker(call), HomeDied(call, message.rank)) for call in message.calls if call not in waiting
        ]

    def expect_deaths(self) -> None:
        """The job goes on when a rank dies: for subclasses that can be so that less is lost then."""

    # What a subclass may want to know.

    def rooms(self) -> Sequence[WaitRoom[Any]]:
        """Where requests wait that end with the process that made them."""
        return ()

    def arrived(self) -> list[Letter]:
        """The home has moved to another rank, and is there."""
        return []

    def role_gone(self, role: int) -> list[Letter]:
        """The last handle of that role has come home."""
        return []

    def stub_gone(self, stub: int) -> list[Letter]:
        """No process on that stub's rank holds a handle any more."""
        return []

    def stub_died(self, stub: int) -> list[Letter]:
        """The rank of that stub is dead."""
        return self.stub_gone(stub)

    def withdraw(self, call: int) -> tuple[bool, list[Letter]]:
        """A caller gives up. Returns whether it was still waiting, and what others are to be told."""
        return False, []

    def statistics(self) -> dict[str, Any]:
        """A snapshot for humans and tests."""
        return {"home": self.number, "rank": self.rank}

    # ---- who waits for what; asked once nothing goes on any more ----

    def describe(self) -> HomeWaits:
        """Who waits here, for what, and who has it."""
        holders, gone = self.holders()
        return HomeWaits(
            self.number,
            self.kind(),
            self.made,
            self.state(),
            tuple(holders),
            tuple(gone),
            tuple(self.waits()),
        )

    def kind(self) -> str:
        """What users call it; empty where that depends on the class that they use it by."""
        return ""

    def state(self) -> str:
        """How it stands, for humans."""
        return ""

    def holders(self) -> tuple[list[int], list[int]]:
        """Which stubs have in hand what is waited for, and the ranks of those that have ended with it."""
        return [], []

    def waits(self) -> list[Wanted]:
        """What each call that waits here waits for, and where that happens those who wait beside it."""
        return []
