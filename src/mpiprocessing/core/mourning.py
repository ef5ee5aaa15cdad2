"""What a node does once ranks have died: what they held is taken from them, what was on its way to them is kept or given up.

    a rank learns of a death   what waits for the dead leaves the homes here; the sums of `border.py` are noted
      │──── DeathMarker ─────────▶│ every other rank that lives: it learns of the death as well, if it has not yet
      │◀─── DeathMarker ──────────│ when all markers have come, the note is complete
      │──── DeathCount ──────────▶│ the first rank that lives adds the notes up
      │◀─── DeathTold ────────────│ what is missing was lost; where are the homes that have lived on dead ranks?

From then on each rank knows which of its stubs have lost their home: their calls end with an error, now and later. Until then
what goes to a dead rank is kept. When another rank dies meanwhile, all begin anew, with all deaths together; so each rank
answers for the same set of dead, or for none.

Nothing is let go too early: shares are taken off the count of a home only when a complete count has shown that nobody who lives
has them, and none is on its way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mpiprocessing.core.border import Sums
from mpiprocessing.core.homes.home import Home
from mpiprocessing.core.homes.shares import Shares
from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.messages import (
    Dead,
    DeathCount,
    DeathMarker,
    DeathTold,
    HomeDied,
    HomeGone,
    HomeMove,
    Message,
    Ref,
    Reply,
    ShareReturn,
    StubRejoin,
    ToHome,
    crossings_in,
    maker,
)

if TYPE_CHECKING:
    from mpiprocessing.core.node import Call, Node

__all__ = ["Mourning"]


class Mourning:
    """A node among whose ranks some are dead.

    Args:
        node: the node.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._dead: tuple[int, ...] = ()
        # Homes that have lived on dead ranks → where they are now; None until all have counted.
        self._places: dict[int, int] | None = None
        self._here: dict[int, int] = {}  # the same, as this rank knows it
        self._missing: dict[int, list[tuple[int, Shares]]] = {}  # home → roles, and what was lost of them
        self._kept: list[ToHome] = []  # what went to dead ranks, until it is known where the homes are
        self._awaiting = False  # markers
        self._source = node.rank  # of the message that is handled
        self._counts: dict[int, DeathCount] = {}  # on the rank that adds up: what the others have counted
        node.serve(DeathCount, self._counted)
        node.serve(DeathTold, self._told_by)
        node._handlers[HomeGone] = self._told_of_loss
        node._handlers[StubRejoin] = self._rejoined

    # ---- deaths ----

    def lose(self, ranks: tuple[int, ...]) -> None:
        """Ranks are dead; does nothing for those of which that is known."""
        node = self._node
        fresh = [rank for rank in ranks if rank not in node.dead]
        if not fresh:
            return
        node.dead.update(fresh)
        node.border.dead.update(fresh)
        self._dead = tuple(sorted(node.dead))
        self._places, self._counts = None, {}
        for rank in fresh:
            self._bury(rank)
        self._begin_count()
        for home in list(node.homes.values()):
            self._visit(home, fresh)
        for message in node.outbox.released(node.rank):
            node.handle(message)
        self._end_count()

    def _bury(self, rank: int) -> None:
        node = self._node
        waiting = node.outbox.bury(rank, self._swallow)
        for message in waiting:
            if isinstance(message, HomeMove):  # it has not left, and stays
                node.handle(message)
                home = node.homes[message.home]
                home.past = [*(past for past in home.past if past not in (rank, node.rank)), rank]
            else:
                self._swallow(message)

    def _visit(self, home: Home, ranks: list[int]) -> None:
        """Tell a home here of the deaths."""
        node = self._node
        for rank in ranks:
            node.dispatch(home.rank_died(rank))
        self._after(home)

    def _after(self, home: Home) -> None:
        """A home has done something without a message: see to what that message would have been seen to after."""
        node = self._node
        while home.discarded:
            node.discard(home.discarded.pop().refs)
        if home.number not in node.homes:
            return
        if home.free:
            node._free(home)
        elif home.wanted is not None:
            node._move(home, home.wanted)

    def welcome(self, home: Home) -> None:
        """A home has come to this rank; it may not have heard of all deaths."""
        node = self._node
        for rank in self._dead:
            node.dispatch(home.rank_died(rank))
        if self._places is not None:
            self._write_off(home)
        elif not node.dead.isdisjoint(home.past):
            self._here[home.number] = node.rank  # it was on its way when its last rank noted where homes are
        self._after(home)

    # ---- the count ----

    def _others(self) -> list[int]:
        node = self._node
        return [rank for rank in range(node.size) if rank != node.rank and rank not in node.dead]

    def _begin_count(self) -> None:
        node = self._node
        others = self._others()
        node.border.note(others)
        self._here = {
            home.number: node.rank for home in node.homes.values() if not node.dead.isdisjoint(home.past)
        }
        self._here |= {
            message.home: dest for dest, message in node.outbox.waiting() if isinstance(message, HomeMove)
        }
        lost = {home: rank for home, rank in node._forward.items() if rank in node.dead}
        self._here = lost | self._here
        self._awaiting = bool(others)
        for rank in others:
            node.outbox.go_first(rank, DeathMarker(Dead(*self._dead)))

    def marked(self, source: int, ranks: tuple[int, ...]) -> None:
        """A rank that knows of these deaths has sent its marker."""
        if tuple(sorted(ranks)) == self._dead and self._node.border.marked(source):
            self._awaiting = False
            self._end_count()

    def _end_count(self) -> None:
        if self._awaiting or self._places is not None:
            return
        node = self._node
        crossed = _written(node.border.noted)
        count = DeathCount(self._dead, crossed, tuple(self._here.items()))
        first = min([node.rank, *self._others()])
        if first == node.rank:
            self._add_up(node.rank, count)
        else:
            node.send(first, count)

    def _counted(self, message: DeathCount) -> None:
        self._add_up(self._source, message)

    def _add_up(self, source: int, count: DeathCount) -> None:
        node = self._node
        if count.dead != self._dead:
            return  # another rank has died since
        self._counts[source] = count
        others = self._others()
        if len(self._counts) <= len(others):
            return
        sums: Sums = {}
        homes: dict[int, int] = {}
        for each in self._counts.values():
            homes |= {home: rank for home, rank in each.homes if rank not in node.dead or home not in homes}
            for home, role, exponent, units in each.crossed:
                sums.setdefault((home, role), Shares()).add(int(units, 16), exponent)
        told = DeathTold(self._dead, _written(sums), tuple(homes.items()))
        for rank in others:
            node.send(rank, told)
        self._told_by(told)

    def _told_by(self, message: DeathTold) -> None:
        """Everybody has counted: what is lost is known."""
        if message.dead != self._dead:
            return
        node = self._node
        self._places = dict(message.homes)
        self._missing = {}
        for home, role, exponent, units in message.crossed:
            missing = Shares()
            missing.add(int(units, 16), exponent)
            self._missing.setdefault(home, []).append((role, missing))
        for at_home in list(node.homes.values()):
            self._write_off(at_home)
            self._after(at_home)
        kept, self._kept = self._kept, []
        for stub in list(node.stubs.values()):
            if stub.rank in node.dead or stub.home in self._places:
                self._find(stub, [message.seq for message in kept if message.stub == stub.number])
        for early in [home for home in node._early if home not in self._places]:
            kept += node._early.pop(early)
        for message_kept in kept:
            self._resolve(message_kept)

    def _write_off(self, home: Home) -> None:
        """Take off the count of a home here what is lost of it, once for each count."""
        if home.counted == len(self._dead):
            return
        home.counted = len(self._dead)
        if home.loose:
            return  # nobody knows how many pickles there are: it stays
        for role, missing in self._missing.get(home.number, ()):
            self._node.border.forget(home.number, role, missing)
            self._node.dispatch(home.written_off(role, missing))

    # ---- where homes are ----

    def find_home_of(self, stub: Stub) -> None:
        """A stub here looks for its home on a dead rank."""
        if self._places is not None:
            self._find(stub, [])

    def _find(self, stub: Stub, kept: list[int]) -> None:
        node = self._node
        assert self._places is not None
        place = node.rank if stub.home in node.homes else self._places.get(stub.home)
        if place is None or place in node.dead:
            self._lose(stub, stub.rank if place is None else place)
            return
        if stub.rank in node.dead:
            stub.rank = place
        seq = min(kept, default=stub.sent)
        if seq:  # by the way of those that may have come to a dead rank, and behind them
            calls = tuple(sorted(call.number for call in node.calls.values() if call.stub is stub))
            self._pass_on(stub.rank, StubRejoin(stub.home, stub.number, seq, calls, self._dead[-1]))

    def _lose(self, stub: Stub, rank: int) -> None:
        """A home is lost: whoever waits for it here is told."""
        node = self._node
        stub.lost = rank
        node.stubs.pop(stub.number, None)
        stub.bereft()
        node.restless.discard(stub)
        while stub.discarded:
            node.discard(stub.discarded.pop().refs)
        for call in [call for call in node.calls.values() if call.stub is stub]:
            self._end(call, HomeDied(call.number, rank))

    def _end(self, call: Call, reply: Reply) -> None:
        self._node.calls.pop(call.number, None)
        call.reply = reply
        if call.wake is not None:
            call.wake()

    def _told_of_loss(self, message: HomeGone) -> None:
        stub = self._node.stubs.get(message.stub)
        if stub is not None:
            self._lose(stub, message.rank)

    def _rejoined(self, message: StubRejoin) -> None:
        node = self._node
        home = node.homes.get(message.home)
        if home is None:
            self._swallow(message)
            return
        node.dispatch(home.rejoined(message))
        self._after(home)

    def _swallow(self, message: Message) -> None:
        """A message was to go to a dead rank."""
        if isinstance(message, ToHome):
            if self._places is None:
                self._kept.append(message)
            else:
                self._resolve(message)
        else:
            self._give_back(message)

    def _resolve(self, message: ToHome) -> None:
        """A message that went to a dead rank finds its home elsewhere, or none."""
        node = self._node
        if maker(message.stub) in node.dead:
            self._give_back(message)
        elif isinstance(message, StubRejoin) and message.home in node.homes:
            self._rejoined(message)
        elif message.home in node.homes:
            node.handle(message)
        else:
            self._pass_on_or_lose(message)

    def _pass_on_or_lose(self, message: ToHome) -> None:
        node = self._node
        assert self._places is not None
        place = node._forward.get(message.home)
        if place is None or place in node.dead:
            place = self._places.get(message.home)
        if place is None and maker(message.home) != node.rank:
            place = maker(message.home)
        if place is not None and place not in node.dead and place != node.rank:
            self._pass_on(place, message)
            return
        if not isinstance(message, ShareReturn):
            self._give_back(message)
        owner = maker(message.stub)
        if owner != node.rank:
            known = node._forward.get(message.home), maker(message.home)
            rank = next((rank for rank in known if rank in node.dead), self._dead[0])
            node.outbox.push(owner, HomeGone(message.stub, rank))

    def _pass_on(self, place: int, message: ToHome) -> None:
        if place == self._node.rank:
            self._node.handle(message)
        else:
            self._node.outbox.forward(place, message)

    def _give_back(self, message: Message) -> None:
        """Nobody will read a message: the handles in it give their shares back."""
        self._node.discard([ref for ref in crossings_in(message) if isinstance(ref, Ref)])

    # ---- what comes in ----

    def deliver(self, message: Message, source: int) -> None:
        """What `Node.deliver` does, once ranks have died."""
        node = self._node
        self._source = source
        if source in node.dead:
            node.delivered += 1
            crossings = [crossing for crossing in crossings_in(message) if crossing.counted]
            node.discard([crossing for crossing in crossings if isinstance(crossing, Ref)])
            node.border.unread(crossing for crossing in crossings if not isinstance(crossing, Ref))
        elif (isinstance(message, ToHome) and maker(message.stub) in node.dead) or (
            isinstance(message, Reply) and message.call not in node.calls
        ):
            node.delivered += 1
            self._give_back(message)
        elif isinstance(message, StubRejoin):
            node.delivered += 1
            self._rejoined(message)
        else:
            type(node).deliver(node, message, source)


def _written(sums: Sums) -> tuple[tuple[int, int, int, str], ...]:
    return tuple(
        (home, role, shares.exponent, f"{shares.out:x}")
        for (home, role), shares in sums.items()
        if shares.out
    )
