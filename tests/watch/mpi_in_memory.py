"""Programs of a few ranks, played in memory in any order that MPI allows, and watched as real ones are.

    python -m tests.watch.mpi_in_memory --seconds 60

Theory of operation: a small reference semantics of MPI. A rank is a list of steps; messages travel in the order of each
channel and take any time; a receive gets the first message that has come and fits, a message the first receive that was
posted and fits. A standard send is done at once or when it is received, a rooted collective waits for all ranks or only
for those it needs: which of them is drawn anew for each call. Each rank enters what it does in a real ledger, and
states it over channels that take any time as well. What ends by itself without anybody else (a collective that needs
nobody more) ends within a second, and so do the messages for a call that waits for such a thing as well; nothing else
is bounded.

Every report is held against what happens when everybody goes on: who was said to wait for ever must not move again. And
where nothing moves any more, a report must come.
"""

from __future__ import annotations

import argparse
import copy
import random
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from mpiprocessing.watch.judge import PATIENCE, Judge, Question
from mpiprocessing.watch.ledger import Ledger
from mpiprocessing.watch.situation import Situation
from mpiprocessing.watch.waits import Call, Operation, Part, Receive, Send, Statement
from tests.watch.drawn import ROOTED, Step, draw, is_undecided

SOON = PATIENCE / 2
ALL, NEEDED = "all", "needed"


@dataclass
class Flight:
    """A message, from its sending on."""

    send: Send
    synchronous: bool
    receive: Receive | None = None


class PlayedLedger(Ledger):
    """A ledger whose rank is no thread."""

    def __init__(self, rank: int) -> None:
        super().__init__(rank)
        self.call: Call | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> PlayedLedger:
        return self  # a continuation is not watched

    def enter(self, verb: str, waits: tuple[Operation, ...], needs_all: bool) -> None:
        self._serial = next(self._serials)
        self.call = Call(verb, "", "", needs_all, waits)

    def leave(self) -> None:
        self._serial = next(self._serials)
        self.call = None

    def waiting(self) -> int | None:
        return self._serial if self.call or self._ended else None

    def statement(self) -> Statement | None:
        statement = super().statement()
        return statement and statement._replace(calls=() if self._ended or not self.call else (self.call,))


@dataclass
class Rank:
    steps: list[Step]
    ledger: PlayedLedger
    next: int = 0
    waits: tuple[Operation, ...] | None = None
    needs_all: bool = True
    manner: str = ALL
    requests: list[Operation] = field(default_factory=list)
    done: set[Operation] = field(default_factory=set)
    posted: list[Receive] = field(default_factory=list)
    unexpected: list[Flight] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    since: list[float | None] = field(default_factory=lambda: [None, None])  # called, able to return

    @property
    def over(self) -> bool:
        return self.waits is None and self.next == len(self.steps)


class World:
    """A program that is played.

    Args:
        programs: the steps of each rank.
        choice: decides what happens next.
    """

    def __init__(self, programs: list[list[Step]], choice: random.Random) -> None:
        self.size = len(programs)
        self.choice = choice
        self.ranks = [Rank(steps, PlayedLedger(rank)) for rank, steps in enumerate(programs)]
        self.network: dict[tuple[int, int], deque[Flight]] = {}
        self.flights: dict[Send, Flight] = {}
        self.now = 0.0
        self.moves = [0] * self.size

    # ---- what may happen ----

    def actions(self) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = [
            ("deliver", channel) for channel, queue in self.network.items() if queue
        ]
        for rank, one in enumerate(self.ranks):
            if one.waits is None:
                if not one.over:
                    found.append(("call", rank))
            elif self._may_return(rank):
                found.append(("return", rank))
        return found

    def do(self, action: tuple[Any, ...]) -> None:
        kind, what = action
        if kind == "deliver":
            self._arrive(self.network[what].popleft())
        elif kind == "call":
            self.moves[what] += 1
            self._call(what)
        else:
            self.moves[what] += 1
            self._return(what)

    def hasty(self) -> list[tuple[Any, ...]]:
        """What must happen before more time passes: returns that wait for nothing but their own rank, and messages for them."""
        found: list[tuple[Any, ...]] = []
        for rank, one in enumerate(self.ranks):
            if one.waits and self._is_soon_over(one):
                may = self._may_return(rank)
                since = one.since[may] = self.now if one.since[may] is None else one.since[may]
                if since is not None and self.now - since >= SOON / 2:
                    found += [("return", rank)] if may else []
                    found += [
                        ("deliver", each) for each, queue in self.network.items() if queue and each[1] == rank
                    ]
        return found

    def _is_soon_over(self, one: Rank) -> bool:
        """Whether a call may end without those whom the standard allows it to wait for."""
        sends = [self.flights[each] for each in one.waits or () if isinstance(each, Send)]
        return one.manner == NEEDED or not all(flight.synchronous for flight in sends)

    # ---- calls ----

    def _call(self, rank: int) -> None:
        one = self.ranks[rank]
        step = one.steps[one.next]
        one.next += 1
        one.manner, one.since, one.needs_all = ALL, [None, None], True
        waits: list[Operation] = []
        verb = step.verb
        if verb in ("send", "isend", "sendrecv"):
            send = self._send(rank, step)
            if step.synchronous or verb != "send":
                waits.append(send)
        if verb in ("recv", "irecv", "probe"):
            waits.append(self._post(rank, step.peer, step.tag, verb != "probe"))
        if verb == "sendrecv":
            waits.append(self._post(rank, step.source, step.tag, True))
        if verb in ("barrier", *ROOTED):
            text = f"{verb}({step.peer})"
            needed = self._needed(verb, step.peer, rank)
            part = one.ledger.take_part("world", tuple(range(self.size)), needed, text, "")
            one.parts.append(text)
            one.manner = self.choice.choice((ALL, NEEDED)) if verb in ROOTED else ALL
            waits.append(part)
        if verb in ("isend", "irecv"):
            one.requests += waits
            return
        if verb in ("wait", "waitany"):
            if not one.requests:
                return
            waits, one.requests = one.requests, []
            one.needs_all = verb == "wait"
        if waits:
            one.waits = tuple(waits)
            one.ledger.enter(verb, one.waits, one.needs_all)

    def _send(self, rank: int, step: Step) -> Send:
        assert step.peer is not None and step.tag is not None
        send = self.ranks[rank].ledger.send(
            "world", step.peer, step.tag, step.synchronous, "send", f"{rank}:{self.ranks[rank].next}"
        )
        flight = self.flights[send] = Flight(send, step.synchronous)
        self.network.setdefault((rank, step.peer), deque()).append(flight)
        return send

    def _post(self, rank: int, source: int | None, tag: int | None, takes: bool) -> Receive:
        one = self.ranks[rank]
        sources = tuple(range(self.size)) if source is None else (source,)
        receive = one.ledger.post("world", sources, tag, takes, "recv", "")
        if not takes:
            return receive
        for flight in one.unexpected:
            if receive.wants(flight.send.source, flight.send.tag):
                one.unexpected.remove(flight)
                flight.receive = receive
                return receive
        one.posted.append(receive)
        return receive

    def _arrive(self, flight: Flight) -> None:
        one = self.ranks[flight.send.dest]
        for receive in one.posted:
            if receive.wants(flight.send.source, flight.send.tag):
                one.posted.remove(receive)
                flight.receive = receive
                return
        one.unexpected.append(flight)

    # ---- returns ----

    def _may_return(self, rank: int) -> bool:
        one = self.ranks[rank]
        assert one.waits is not None
        return (all if one.needs_all else any)(self._done(rank, operation) for operation in one.waits)

    def _done(self, rank: int, operation: Operation) -> bool:
        one = self.ranks[rank]
        if isinstance(operation, Part):
            return self._together(rank, operation)
        if isinstance(operation, Send):
            flight = self.flights[operation]
            return flight.receive is not None or not flight.synchronous
        if not operation.takes:
            return any(operation.wants(each.send.source, each.send.tag) for each in one.unexpected)
        return self._flight_of(operation) is not None

    def _together(self, rank: int, part: Part) -> bool:
        verb, root = part.text.rstrip(")").split("(")
        needed = tuple(range(self.size))
        if self.ranks[rank].manner == NEEDED:
            needed = self._needed(verb, int(root), rank)
        here = [self.ranks[other].parts for other in needed]
        return all(len(parts) >= part.number and parts[part.number - 1] == part.text for parts in here)

    def _needed(self, verb: str, root: int | None, rank: int) -> tuple[int, ...]:
        if verb == "bcast":
            return () if root == rank else (root or 0,)
        return () if verb == "gather" and rank != root else tuple(range(self.size))

    def _flight_of(self, receive: Receive) -> Flight | None:
        flights = [each for each in self.flights.values() if each.receive == receive]
        return flights[0] if flights else None

    def _return(self, rank: int) -> None:
        one = self.ranks[rank]
        assert one.waits is not None
        waits, one.waits = one.waits, None
        if not one.needs_all:  # one of them; the rest is waited for another time
            done = self.choice.choice([each for each in waits if self._done(rank, each)])
            one.requests = [each for each in waits if each is not done]
            waits = (done,)
        for operation in waits:
            if isinstance(operation, Receive):
                flight = self._flight_of(operation)
                if flight is None:
                    one.ledger.received(operation, None, 0)
                else:
                    one.ledger.received(operation, flight.send.source, flight.send.tag)
        one.ledger.leave()


class Watch:
    """The watchers of a world, whose messages take any time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.judge = Judge(world.size)
        self.to_judge: list[deque[tuple[Statement | None, int]]] = [deque() for _ in world.ranks]
        self.asked: list[deque[int]] = [deque() for _ in world.ranks]
        self.seen: list[int | None] = [None] * world.size
        self.said: list[int | None] = [None] * world.size

    def step(self) -> Situation | None:
        """Something happens: a rank looks, is asked, or what it stated comes; the judge decides."""
        rank = self.world.choice.randrange(self.world.size)
        self.world.choice.choice((self._look, self._answer, self._deliver))(rank)
        found = self.judge.look(self.world.now)
        if isinstance(found, Question):
            for asked in found.ranks:
                self.asked[asked].append(found.number)
            return None
        return found

    def _look(self, rank: int) -> None:
        ledger = self.world.ranks[rank].ledger
        if self.world.ranks[rank].over and not ledger._ended:
            ledger.end()
        serial = ledger.waiting()
        if serial != self.said[rank] and (serial == self.seen[rank] or self.said[rank] is not None):
            self._state(rank, 0)
        self.seen[rank] = serial

    def _answer(self, rank: int) -> None:
        if self.asked[rank]:
            self._state(rank, self.asked[rank].popleft())

    def _state(self, rank: int, answers: int) -> None:
        statement = self.world.ranks[rank].ledger.statement()
        self.said[rank] = None if statement is None else statement.serial
        self.to_judge[rank].append((statement, answers))

    def _deliver(self, rank: int) -> None:
        if self.to_judge[rank]:
            self.judge.told(rank, *self.to_judge[rank].popleft())


@dataclass
class Played:
    """How a program has ended.

    Attributes:
        stuck: the ranks that are not over.
        reported: who was reported, None where there was no report.
        early: whether others were still at work when the report came.
    """

    stuck: frozenset[int]
    reported: frozenset[int] | None
    early: bool = False


def play(programs: list[list[Step]], seed: int) -> Played:
    """Play a program, watched, to its end or to the first report.

    Raises:
        AssertionError: somebody was reported who goes on, or a deadlock was not.
    """
    choice = random.Random(seed)
    world = World(programs, choice)
    watch = Watch(world)
    eager, haste = choice.choice((0.02, 0.1, 0.5, 1.0)), choice.random()
    while True:
        while hasty := world.hasty():
            world.do(hasty[0])
        actions = world.actions()
        if not actions:
            break
        if choice.random() < eager:
            world.do(choice.choice(actions))
        found = watch.step()
        if found is not None:
            check(world, found.stuck)
            return Played(found.stuck, found.stuck, early=True)
        if choice.random() < haste:
            world.now += choice.random() * SOON / 2
    stuck = frozenset(rank for rank, one in enumerate(world.ranks) if not one.over)
    for _ in range(400 * world.size):
        world.now += 0.1
        if watch.judge.all_ended:
            break
        found = watch.step()
        if found is not None:
            assert stuck, "all are over"
            return Played(stuck, found.stuck)
    return Played(stuck, None)


def check(world: World, reported: frozenset[int]) -> None:
    """Whoever was reported must not move, whatever the others do."""
    for seed in range(3):
        later = copy.deepcopy(world)
        later.choice = random.Random(seed)
        before = list(later.moves)
        while actions := later.actions():
            later.do(later.choice.choice(actions))
        moved = {rank for rank in reported if later.moves[rank] != before[rank]}
        assert not moved, f"ranks {moved} were reported, and went on"


def campaign(seconds: float, seed: int) -> dict[str, int]:
    """Play programs until the time is over; returns how many of which kind."""
    counts = {
        "schedules": 0,
        "run to their end": 0,
        "deadlocks": 0,
        "reported while others worked": 0,
        "not seen": 0,
    }
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        seed += 1
        programs = draw(random.Random(seed))
        try:
            played = play(programs, seed)
        except AssertionError as fault:
            raise AssertionError(f"seed {seed}: {fault}") from fault
        counts["schedules"] += 1
        counts["reported while others worked"] += played.early
        if not played.stuck:
            counts["run to their end"] += 1
            continue
        counts["deadlocks"] += 1
        if played.reported is None:
            counts["not seen"] += 1
            assert is_undecided(programs), f"seed {seed}: ranks {set(played.stuck)} hang, and nobody says so"
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description="Random programs of MPI, played in memory and watched.")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for name, count in campaign(options.seconds, options.seed).items():
        print(f"{count:>9,} {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
