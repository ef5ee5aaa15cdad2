"""A job of simulated ranks, and its schedule: one thing happens at a time, and a seed decides which.

A frame arrives, a sender learns that its frame was received, a buffer is filled, a process goes on, a waiting process runs
out of time: the schedule chooses among all that may happen next. Some links and processes are slow for a while, so that
others overtake them by far.

Processes are started, hosted and ended by messages, as on a real job: `Children` and `HostKeeper` are the library's own.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

from mpiprocessing.core import payload, units
from mpiprocessing.core import thisrank as library
from mpiprocessing.core.children import Child, HostKeeper
from mpiprocessing.core.errors import RanksError
from mpiprocessing.managed import tokens
from tests.core.simulator.network import Network
from tests.core.simulator.ranks import Abandoned, SimulatedRuntime, Task

__all__ = ["STEPS", "Failure", "World"]

STEPS = 20_000
"""Steps after which a schedule is taken for one that never comes to rest."""

_SWITCH = 40  # steps after which other links and processes are the slow ones


class Failure(AssertionError):
    """A schedule on which something was not as it must be."""


class World:
    """A job of simulated ranks.

    Args:
        ranks: how many.
        seed: decides about the order of events, and about whatever a scenario asks `random` for.
        buffers_overtaken: whether frames may overtake the buffers of an earlier frame of another rank.

    Attributes:
        random: the source of all choices.
        network: what is on its way; `network.sent` counts the messages by kind.
        notes: whatever the processes of a scenario want to remember; they all see the same.
    """

    current: World

    def __init__(self, ranks: int, seed: int, buffers_overtaken: bool = False) -> None:
        self.random = random.Random(seed)
        self.network = Network(ranks)
        self.network.buffers_overtaken = buffers_overtaken
        self.back = threading.Semaphore(0)
        self.abandoned = False
        self.running: Task | None = None
        self.tasks: list[Task] = []
        self.notes: dict[str, Any] = {}
        self.invariants: list[Callable[[], None]] = []
        self.steps = 0
        self.notices: list[tuple[int, int]] = []  # who is to learn of whose death
        self.dead: set[int] = set()
        self.crashes: list[int] = []  # the steps after which ranks die
        self.hasty = 0.02  # how often a wait with a time limit ends by it, while it need not
        self._slow: set[Any] = set()
        World.current = self
        tokens.numbers = tokens.Numbers()
        units.clock = lambda: self.random.random() * 2 * units.SOON
        payload.given_up[:] = [self._given_up]
        self.ranks = [SimulatedRuntime(self, rank) for rank in range(ranks)]
        payload.given_up[:] = [self._given_up]
        self.keeper = HostKeeper(self.ranks[0], {rank: rank for rank in range(1, ranks)})

    # ---- for scenarios ----

    def run(self, main: Callable[..., None], *args: Any) -> None:
        """Run a program on rank 0 until nothing more happens, and see that nothing is left.

        Raises:
            Failure: a process raised, waits for ever, or left something behind.
        """
        runtime = self.ranks[0]

        def body() -> None:
            runtime.simulated.enter()
            main(*args)
            runtime.close_handles()

        self.tasks.append(Task(self, runtime, body, main=True))
        self.settle()
        stuck = [task for task in self.tasks if not task.ended]
        if stuck:
            raise Failure(
                "nothing can happen any more, and these wait: "
                + ", ".join(f"rank {task.runtime.rank} for {task.what}" for task in stuck)
            )
        self.check_clean()

    def run_until_lost(self, main: Callable[..., None], step: int) -> None:
        """Run a program on rank 0; after that many steps one of the other ranks vanishes."""
        self.tasks.append(Task(self, self.ranks[0], main, main=True))
        while self.steps < step and self.step():
            pass
        lost = self.random.randrange(1, len(self.ranks))
        self.network.crash(lost)
        for task in [task for task in self.tasks if task.runtime.rank == lost]:
            self._end(task)
        self.settle()

    # ---- ranks that die while the others go on ----

    def survive(self, *steps: int) -> None:
        """Ranks may die: one of those but rank 0 after each of so many steps. Before anything is made."""
        self.crashes = sorted(steps)
        for runtime in self.ranks:
            runtime.node.survives = True

    def die(self, rank: int) -> None:
        """A rank dies: the others learn of it, each at a moment of its own."""
        self.dead.add(rank)
        self.network.die(rank, lambda: self.random.random() < 0.5)
        for task in [task for task in self.tasks if task.runtime.rank == rank]:
            self._end(task)
        self.notices = [notice for notice in self.notices if notice[0] != rank]
        self.notices += [(other, rank) for other in range(len(self.ranks)) if other not in self.dead]

    def _crash(self) -> None:
        if self.crashes and self.steps >= self.crashes[0]:
            self.crashes.pop(0)
            living = [rank for rank in range(1, len(self.ranks)) if rank not in self.dead]
            if living:
                self.die(self.random.choice(living))

    def _notice(self, here: int, rank: int) -> None:
        self.notices.remove((here, rank))
        runtime = self.ranks[here]
        library._runtime = runtime
        with runtime.lock:
            for frame in self.network.arriving[here].pop(rank, ()):
                runtime.node.unread(frame.messages, rank)
            if self.network.bury(rank, here):
                runtime.transport.received(rank)
            runtime.rank_died(rank)
        library._runtime = None

    def _end(self, task: Task) -> None:
        self.abandoned = True
        while not task.ended:
            task.resume()
        self.abandoned = False
        self.tasks.remove(task)

    def start(self, function: Callable[..., None], *args: Any) -> Child:
        """Start a child process from the one that runs, on whatever rank is free."""
        assert self.running is not None
        return self.running.runtime.children.start(payload.dumps(None), payload.dumps((function, args)))

    def start_if_any(self, function: Callable[..., None], *args: Any) -> Child:
        """The same; where every rank that could run it is dead, the child has ended."""
        try:
            return self.start(function, *args)
        except RanksError:
            child = Child(0, None, False)  # type: ignore[arg-type]
            child.exitcode = -9
            return child

    def join(self, *children: Child) -> None:
        """Wait in the running process until these children have ended."""
        assert self.running is not None
        self.running.runtime.drive_until(lambda: all(child.exitcode is not None for child in children))

    def terminate(self, child: Child) -> None:
        """End a child."""
        assert self.running is not None
        self.running.runtime.children.terminate(child, 15)

    def thread(self, function: Callable[..., None], *args: Any) -> Task:
        """Start a second thread in the running process."""
        assert self.running is not None
        task = Task(self, self.running.runtime, lambda: function(*args), main=False)
        self.tasks.append(task)
        return task

    def breathe(self) -> None:
        """Give way, perhaps."""
        if self.running is not None and self.random.random() < 0.5:
            self.running.give_way()

    # ---- the schedule ----

    def settle(self) -> None:
        """Go on until nothing more can happen."""
        while self.step():
            if self.steps > STEPS:
                raise Failure(f"does not come to rest within {STEPS} steps")

    def step(self) -> bool:
        """Let one thing happen. Returns False where nothing can."""
        self.steps += 1
        if self.steps % _SWITCH == 1:
            self._slow = set()
        self._host()
        self._crash()
        events: list[Any] = [
            *self.network.events(),
            *(task for task in self.tasks if not task.ended and task.ready()),
            *(runtime for runtime in self.ranks if runtime.node.restless and self._lives(runtime.rank)),
            *(("notice", *notice) for notice in self.notices),
        ]
        late = [task for task in self.tasks if not task.ended and task.may_time_out and not task.ready()]
        if late and (not events or self.random.random() < self.hasty):
            task = self.random.choice(late)
            task.too_late = True
            self._resume(task)
            return True
        if not events:
            return self._let_go()
        event = self._choose(events)
        if isinstance(event, Task):
            self._resume(event)
            return True
        if isinstance(event, SimulatedRuntime):
            event.hurry()
            return True
        if event[0] == "notice":
            self._notice(*event[1:])
            return True
        rank = self.network.play(event)
        if rank is not None:
            if event[0] == "ack":
                rank = event[1]
            runtime = self.ranks[rank]
            runtime.transport.event = event  # type: ignore[attr-defined]
            library._runtime = runtime
            runtime.look()
            library._runtime = None
        for invariant in self.invariants:
            invariant()
        return True

    def _choose(self, events: list[Any]) -> Any:
        for _ in range(4):
            event = self.random.choice(events)
            key = event if isinstance(event, Task | SimulatedRuntime) else event[1:]
            if key in self._slow:
                continue
            if self.random.random() < 0.15:
                self._slow.add(key)
                continue
            break
        return event

    def _lives(self, rank: int) -> bool:
        return rank not in self.network.lost

    def _resume(self, task: Task) -> None:
        task.resume()
        if task.ended:
            self.tasks.remove(task)
            task.runtime.tasks.remove(task)
            if task.error is not None and not isinstance(task.error, Abandoned):
                raise Failure(f"a process on rank {task.runtime.rank} raised {task.error!r}") from task.error

    def _host(self) -> None:
        for runtime in self.ranks:
            if not self._lives(runtime.rank):
                continue
            task = runtime.host() if runtime.waiting else None
            if task is not None:
                self.tasks.append(task)

    def _let_go(self) -> bool:
        """At rest: handles that were collected give their shares back, which may set off more."""
        noted = [runtime for runtime in self.ranks if runtime.dropped]
        for runtime in noted:
            runtime.let_go()
        return bool(noted)

    def _given_up(self, refs: list[Any]) -> None:
        if library._runtime is not None:
            library._runtime._given_up(refs)

    # ---- the end ----

    def check_clean(self) -> None:
        """Every handle is gone: see that no rank remembers anything.

        Raises:
            Failure: something is left.
        """
        left = []
        for runtime in self.ranks:
            if runtime.rank in self.network.lost:
                continue
            node, outbox = runtime.node, runtime.node.outbox
            tables = {
                "homes": node.homes,
                "stubs": node.stubs,
                "calls": node.calls,
                "handles": runtime.handles,
                **{
                    name: value
                    for name, value in vars(node).items()
                    if name.startswith("_") and name != "_handlers" and isinstance(value, dict)
                },
                "held": outbox._held,
                "unsettled": outbox._unsettled,
                "not received": ["something"] if outbox else [],
                "crossed the border": {} if self.dead else node.border.balances,
            }
            if self.dead:
                tables["_forward"] = {
                    home: rank for home, rank in node._forward.items() if rank not in self.dead
                }
            left += [f"rank {runtime.rank}: {name} {value}" for name, value in tables.items() if value]
        if left:
            raise Failure("left behind: " + "; ".join(left))

    def abandon(self) -> None:
        """End all threads."""
        for task in list(self.tasks):
            self._end(task)
        payload.given_up.clear()
        library._runtime = None
