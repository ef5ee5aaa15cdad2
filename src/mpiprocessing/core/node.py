"""One rank's part in the protocol: its homes, its stubs, the calls that wait. No MPI, no thread, no clock.

    user's call ─▶ post / request ─▶ home on this rank      ─▶ reply completes the call at once
                                  └▶ outbox ─▶ (network) ─▶ deliver ─▶ home on another rank

Everything that happens is a call of one of these methods and a list of messages in the outbox, so a network of nodes runs in
one thread as well as on a thousand ranks. `runtime.py` adds threads and waiting, `transport.py` adds MPI.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from mpiprocessing.core import payload
from mpiprocessing.core.border import Border
from mpiprocessing.core.homes.home import Home, Letter
from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.messages import (
    MESSAGES,
    DeathMarker,
    HomeFreed,
    HomeMove,
    HomeMoved,
    Message,
    Out,
    Payload,
    Ref,
    Reply,
    Request,
    ShareReturn,
    ToHome,
    ToRank,
    ToStub,
    Withdrawn,
    crossings_in,
    maker,
    number,
)
from mpiprocessing.core.mourning import Mourning
from mpiprocessing.core.obituary import Facts, home_lost
from mpiprocessing.core.outbox import Outbox
from mpiprocessing.core.refusals import no_rule

__all__ = ["Call", "Node"]

H = TypeVar("H", bound=Home)
S = TypeVar("S", bound=Stub)

_TO_HOMES = frozenset(kind for kind in MESSAGES if issubclass(kind, ToHome))

_MISFITS = (LookupError, TypeError, ValueError, AttributeError, AssertionError)
"""What homes, stubs and tables raise where a message is not one of those that they expect."""


class Call(msgspec.Struct, eq=False):
    """A request that waits for its reply.

    Attributes:
        number: what the reply repeats.
        stub: where the request was sent.
        reply: the answer, as soon as it is there.
        wake: called once the answer is there.
    """

    number: int
    stub: Stub
    reply: Reply | None = None
    wake: Callable[[], None] | None = None


class Node:
    """The protocol as one rank takes part in it.

    Args:
        rank: this rank.
        size: how many ranks there are.
        border: counts what the transport reads and writes.

    Attributes:
        survives: whether the job goes on when a rank dies: set before the first home is made.
        delivered: how many messages have come in; while none does, this rank can know of nothing new.
        restless: stubs that will say something by themselves before long.
        requested: how many requests were made here, of homes here and elsewhere.
        dead: the ranks that are dead.
        facts: what is known of a dead rank: keywords of `WorkerDied`.
    """

    def __init__(self, rank: int, size: int = 1, border: Border | None = None) -> None:
        self.rank = rank
        self.size = size
        self.border = border or Border()
        self.border.learn = self._learn_of_deaths
        self.survives = False
        self.facts: Facts = lambda rank: {}
        self.delivered = 0
        self.requested = 0
        self.dead: set[int] = set()
        self.outbox = Outbox()
        self.homes: dict[int, Home] = {}
        self.stubs: dict[int, Stub] = {}
        self.calls: dict[int, Call] = {}
        self.restless: set[Stub] = set()
        self._stub_of: dict[int, Stub] = {}  # home → the stub here
        self._forward: dict[int, int] = {}  # homes that have moved away → where to
        self._early: dict[int, list[ToHome]] = {}  # homes that are on their way here → what came before them
        self._serial = 0
        self._mourning: Mourning | None = None
        self._handlers: dict[type[Message], Callable[[Any], None]] = {
            HomeMove: self._home_arrived,
            HomeFreed: self._home_freed,
            DeathMarker: lambda message: None,  # met where it was read: see `border.py`
        }
        for kind in MESSAGES:
            if issubclass(kind, ToHome):
                self._handlers[kind] = self._to_home
            elif issubclass(kind, Reply):
                self._handlers[kind] = self._to_call
            elif issubclass(kind, ToStub):
                self._handlers[kind] = self._to_stub

    def rank_died(self, rank: int) -> None:
        """A rank is dead: it sends nothing any more, and what is sent to it is lost.

        Called once for each dead rank, on every rank that lives, after the last message from there was delivered. A frame
        that was on its way to it has been reported to `received`; frames that are made for it later count as received at
        once.

        Args:
            rank: which rank.
        """
        self._learn_of_deaths(None, (rank,))

    def unread(self, messages: Sequence[Message], rank: int) -> None:
        """These messages of a rank that is dead have been read, and cannot be handled, as something beside them is missing.

        To be called before `rank_died`; afterwards as well, as other ranks may have told of it first.
        """
        for message in messages:
            if rank in self.dead:
                self.deliver(message, rank)
            else:
                self.border.unread(crossings_in(message))

    def _learn_of_deaths(self, source: int | None, ranks: tuple[int, ...]) -> None:
        """These ranks are dead; where another rank says so, it is marked."""
        if self._mourning is None:
            self._mourning = Mourning(self)
            self.deliver = self._mourning.deliver  # type: ignore[method-assign]
        self._mourning.lose(ranks)
        if source is not None:
            self._mourning.marked(source, ranks)

    def serve(self, kind: type[ToRank], service: Callable[[Any], None]) -> None:
        """Have messages that concern no shared object handled by `service`."""
        self._handlers[kind] = service

    # ---- making and holding shared objects ----

    def new_number(self) -> int:
        """A number for a home or a stub, or a process, that no other rank can give."""
        self._serial += 1
        return number(self.rank, self._serial)

    def settle_home(self, home: Home) -> None:
        """A new home lives here from now on."""
        self.homes[home.number] = home
        if self.survives:
            home.expect_deaths()

    def attach(self, home: int, rank: int, kind: type[S]) -> S:
        """The stub for a home, made on first use.

        Args:
            home: the home's number.
            rank: where it was last seen.
            kind: the class of stub that goes with it.
        """
        stub = self._stub_of.get(home)
        if stub is None:
            here = self.rank if home in self.homes else self._forward.get(home, rank)
            stub = kind(home, self.new_number(), here)
            self._stub_of[home] = self.stubs[stub.number] = stub
            if here in self.dead and self._mourning is not None:
                self._mourning.find_home_of(stub)
        return stub  # type: ignore[return-value]

    def share_out(self, stub: Stub, role: int, share: int) -> tuple[int, int]:
        """A handle is copied.

        Args:
            stub: the handle's stub.
            role: in which role it holds the home.
            share: its own share.

        Returns:
            What the original keeps, and what the copy gets.
        """
        home = self.homes.get(stub.home)
        if home is None:
            return share + 1, share + 1
        home.shares[role].give_whole()  # here the count itself is at hand: nothing need be halved
        return share, 0

    def detach(self, stub: Stub, role: int, share: int) -> None:
        """A handle is closed or has died."""
        stub.handles -= 1
        last = stub.handles <= 0
        if last:
            for message in stub.close():
                self.route(stub, message)
            self.stubs.pop(stub.number, None)
            self._stub_of.pop(stub.home, None)
            while stub.discarded:
                self.discard(stub.discarded.pop().refs)
        ref = Ref(stub.home, stub.rank, role, share)
        self.route(stub, ShareReturn(stub.home, stub.number, stub.next_seq(), ref, last))

    def discard(self, refs: Sequence[Ref]) -> None:
        """Handles that were on their way and will not arrive give their shares back."""
        for ref in refs:
            stub = self.attach(ref.home, ref.rank, Stub)
            stub.handles += 1
            self.detach(stub, ref.role, ref.share)

    # ---- sending ----

    def post(self, stub: Stub, kind: Callable[..., ToHome], *fields: Any) -> None:
        """Send a notice to a home; nobody answers. Where no handle is left here, nobody is told either."""
        if stub.number not in self.stubs:
            if stub.lost is not None:
                raise home_lost(stub, self.facts)
            return  # a thread goes on that its process left behind
        message = kind(stub.home, stub.number, stub.next_seq(), *fields)
        if stub.rank != self.rank:
            self.outbox.push(stub.rank, message)
        else:
            self.route(stub, message)

    def request(self, stub: Stub, kind: Callable[..., Request], *fields: Any) -> Call:
        """Send a request to a home. The call it returns may have its reply already, where the home is here."""
        self.requested += 1
        serial = number(self.rank, self.requested)
        call = Call(serial, stub)
        if stub.number not in self.stubs:
            if stub.lost is not None:
                raise home_lost(stub, self.facts)
            call.reply = Withdrawn(serial)
            return call
        self.calls[serial] = call
        message = kind(stub.home, stub.number, stub.next_seq(), serial, *fields)
        if stub.rank != self.rank:
            self.outbox.push(stub.rank, message)
        else:
            self.route(stub, message)
        return call

    def send(self, rank: int, message: ToRank) -> None:
        """Send something that concerns no shared object."""
        if rank != self.rank:
            self.outbox.push(rank, message)
        elif message.effect and self.outbox.must_wait(rank):
            self.outbox.hold(rank, message)
        else:
            self._handlers[type(message)](message)

    def dispatch(self, letters: Sequence[Letter]) -> None:
        """Send what a home wants sent."""
        for rank, message in letters:
            if rank == self.rank:
                self._handlers[type(message)](message)
            else:
                self.outbox.push(rank, message)

    def route(self, stub: Stub, message: ToHome) -> None:
        """Send a message that a stub made."""
        rank = stub.rank
        if rank != self.rank:
            self.outbox.push(rank, message)
        elif message.effect and self.outbox.must_wait(rank):
            self.outbox.hold(rank, message)
        else:
            self._to_home(message)

    # ---- receiving ----

    def handle(self, message: Message) -> None:
        """Do what a message asks for, wherever it came from."""
        self._handlers[type(message)](message)

    def deliver(self, message: Message, source: int) -> None:
        """A message has come in from the network.

        Args:
            message: the message.
            source: the rank that sent it on its last way.

        Raises:
            ProtocolError: it does not fit what this rank knows.
        """
        self.delivered += 1
        try:
            kind: Any = type(message)
            if kind in _TO_HOMES:
                home = self.homes.get(message.home)  # type: ignore[attr-defined]
                if home is not None:
                    stub: int = message.stub  # type: ignore[attr-defined]
                    if source != maker(stub) != self.rank:
                        # It went to the home's old rank first. Told from here, after that message, the stub cannot miss one.
                        self.outbox.push(maker(stub), HomeMoved(stub, self.rank))
                    self._at_home(home, message)  # type: ignore[arg-type]
                    return
            self._handlers[kind](message)
        except _MISFITS as error:
            raise no_rule(error, message, self.rank, source) from error

    def received(self, dest: int) -> None:
        """The frame on its way to `dest` has been received there."""
        if self.outbox.received(dest):
            for message in self.outbox.released(self.rank):
                self._handlers[type(message)](message)

    def _to_call(self, message: Reply) -> None:
        call = self.calls.pop(message.call)
        for answer in call.stub.answered(message):
            self.route(call.stub, answer)
        if call.stub.restless:
            self.restless.add(call.stub)
        call.reply = message
        if call.wake is not None:
            call.wake()

    def _to_home(self, message: ToHome) -> None:
        home = self.homes.get(message.home)
        if home is None:
            rank = self._forward.get(message.home)
            if rank is not None:
                self.outbox.forward(rank, message)
            else:
                # Handles name the rank a home is moving to, and may get there before it.
                self._early.setdefault(message.home, []).append(message)
            return
        self._at_home(home, message)

    def _at_home(self, home: Home, message: ToHome) -> None:
        letters = home.receive(message)
        if letters:
            self.dispatch(letters)
        while home.discarded:
            self.discard(home.discarded.pop().refs)
        if home.free:
            self._free(home)
        elif home.wanted is not None:
            self._move(home, home.wanted)

    def _to_stub(self, message: ToStub) -> None:
        stub = self.stubs.get(message.stub)
        if stub is None:  # every handle on this rank was closed while the notice was on its way
            content: Payload | None = getattr(message, "payload", None)
            for lost in getattr(message, "payloads", ()) if content is None else (content,):
                self.discard(lost.refs)
            return
        for answer in stub.notice(message):
            self.route(stub, answer)
        while stub.discarded:
            self.discard(stub.discarded.pop().refs)

    def hurry(self, now: float) -> None:
        """A moment has passed: who is restless says what it has to say.

        Args:
            now: the time, by the clock of whoever calls.
        """
        restless, self.restless = sorted(self.restless, key=lambda stub: stub.number), set()
        for stub in restless:
            for message in stub.hurry(now):
                self.route(stub, message)

    # ---- moving and freeing homes ----

    def _free(self, home: Home) -> None:
        self.homes.pop(home.number, None)
        for rank in home.past:
            self.outbox.push(rank, HomeFreed(home.number))

    def _move(self, home: Home, rank: int) -> None:
        if rank in self.dead:
            home.wanted = None
            return
        del self.homes[home.number]
        home.rank, home.wanted = rank, None
        self._forward[home.number] = rank
        home.past = [*(past for past in home.past if past != rank), self.rank]
        self._point_stub(home.number, rank)
        out = [
            Out(home.number, role, shares.exponent, f"{shares.out:x}")
            for role, shares in enumerate(home.shares)
        ]
        self.outbox.push(rank, HomeMove(home.number, payload.dumps(home), tuple(out)))
        home.moved = True

    def _home_freed(self, message: HomeFreed) -> None:
        self._forward.pop(message.home, None)

    def _home_arrived(self, message: HomeMove) -> None:
        home: Home = payload.loads(message.state)
        home.rank = self.rank
        self.homes[home.number] = home
        self._forward.pop(home.number, None)
        self._point_stub(home.number, self.rank)
        self.dispatch(home.arrived())
        if self._mourning is not None:
            self._mourning.welcome(home)
        for early in self._early.pop(home.number, ()):
            self._to_home(early)

    def _point_stub(self, home: int, rank: int) -> None:
        stub = self._stub_of.get(home)
        if stub is not None:
            stub.rank = rank
