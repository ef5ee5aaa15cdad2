"""Simulated ranks, the processes on them, and the schedule: one thing happens at a time, and a seed decides which.

Every process runs in a thread of its own, but only one of all threads runs at any time: a process gives way wherever it waits
in one of the library's calls, and now and then before one. Then the schedule chooses: a frame arrives, a sender learns that its
frame was received, a buffer is filled, a process goes on, a waiting process runs out of time, a process is terminated.

Processes are started, hosted and ended by messages, as on a real job: `Children` and `HostKeeper` are the library's own.
"""

from __future__ import annotations

import gc
import os
import random
import threading
import traceback
from collections.abc import Callable
from typing import Any

from mpiprocessing.core import payload
from mpiprocessing.core import runtime as library
from mpiprocessing.core.children import Child, Children, HostKeeper
from mpiprocessing.core.errors import ProcessTerminated
from mpiprocessing.core.messages import (
    HostFree,
    Message,
    ProcessExited,
    ProcessStart,
    ProcessTerminate,
    maker,
)
from mpiprocessing.core.node import Call
from mpiprocessing.core.progress import Progress
from mpiprocessing.core.runtime import Runtime
from tests.core.simulator.network import Network, Wire

__all__ = ["Failure", "World", "play", "replay"]

STEPS = 20_000
"""Steps after which a schedule is taken for one that never comes to rest."""

_SWITCH = 40  # steps after which other links and processes are the slow ones


class Failure(AssertionError):
    """A schedule on which something was not as it must be."""


class _Abandoned(BaseException):
    """Ends the threads of a world that is given up."""


class Task:
    """A thread of a simulated process.

    Args:
        world: where it runs.
        runtime: its rank.
        body: what it runs.
        main: whether the process ends with it.
    """

    def __init__(self, world: World, runtime: SimulatedRuntime, body: Callable[[], None], main: bool) -> None:
        self.world = world
        self.runtime = runtime
        self.main = main
        self.ended = False
        self.error: BaseException | None = None
        self.done: Callable[[], bool] | None = None  # what it waits for
        self.may_time_out = False
        self.too_late = False
        self.what = ""
        self._body = body
        self._go = threading.Semaphore(0)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        self._go.acquire()
        try:
            if not self.world.abandoned:
                self._body()
        except _Abandoned:
            pass
        except BaseException as error:
            self.error = error
        self.ended = True
        self._body = lambda: None
        self.world.back.release()

    def ready(self) -> bool:
        """Whether it can go on."""
        return self.done is None or self.done()

    def resume(self) -> None:
        """Let it run until it gives way."""
        library._runtime = self.runtime
        self.world.running = self
        self._go.release()
        self.world.back.acquire()
        self.world.running = None
        library._runtime = None

    def give_way(self, done: Callable[[], bool] | None = None, may_time_out: bool = False) -> bool:
        """Called by the thread itself. Returns False where it ran out of time."""
        assert not self.runtime.lock._is_owned(), "waits with the runtime's lock"  # type: ignore[attr-defined]
        self.done, self.may_time_out, self.too_late = done, may_time_out, False
        self.world.back.release()
        self._go.acquire()
        if self.world.abandoned:
            raise _Abandoned
        return not self.too_late


class SimulatedProgress(Progress):
    """Waiting that leaves it to the schedule who goes on, and whose time is over."""

    world: World

    def until(self, done: Callable[[], bool], timeout: float | None = None, call: Call | None = None) -> bool:
        task, main, shielded = self.world.running, threading.get_ident() == self._main, self._shielded
        assert task is not None, "the schedule itself waits"

        def struck() -> bool:
            return main and not shielded and self.pending is not None

        task.what = type(call.stub).__name__ if call is not None else "something"
        while not done():
            if not task.give_way(lambda: done() or struck(), timeout is not None):
                return False
            if struck():
                self.raise_pending()
        return True

    def peek(self) -> None:
        self.world.breathe()

    def enter(self) -> None:
        """The thread that runs is the main thread of this rank's process."""
        self._main = threading.get_ident()


class SimulatedRuntime(Runtime):
    """A runtime whose threads wait for the schedule instead of the clock."""

    def __init__(self, world: World, rank: int) -> None:
        super().__init__(Wire(world.network, rank))  # type: ignore[arg-type]
        payload.given_up.remove(self._given_up)  # the world does this for the rank that runs
        self.world = world
        self.progress = self.simulated = SimulatedProgress(self.lock, self.look, self._broken)
        self.simulated.world = world
        self.current: int | None = None  # the child process that runs here
        self.waiting: list[ProcessStart] = []
        self.ending: set[int] = set()  # children that were terminated before they began
        self.children = Children(self, hosted=True)
        self.serve(ProcessStart, self.waiting.append)
        self.serve(ProcessTerminate, self._terminate)

    def request(self, *args: Any) -> Call:
        self.world.breathe()
        return super().request(*args)

    def post(self, *args: Any) -> None:
        self.world.breathe()
        super().post(*args)

    def let_go(self) -> None:
        """Collected handles give their shares back, and what can leave leaves."""
        self.look()

    def close_handles(self) -> None:
        # A weak set has no order of its own, and a schedule must be the same each time.
        for handle in sorted(
            self.handles, key=lambda handle: (handle.stub.number, handle.role, handle.share)
        ):
            handle.close()
        super().close_handles()

    # ---- hosting children, as `core/host.py` does with signals ----

    def host(self) -> Task | None:
        """Begin the next child, if one waits and the rank is free."""
        if self.current is not None or not self.waiting:
            return None
        message = self.waiting.pop(0)
        self.current = message.process
        return Task(self.world, self, lambda: self._child(message), main=True)

    def _child(self, message: ProcessStart) -> None:
        self.simulated.enter()
        exitcode, error = 0, None
        try:
            if message.process in self.ending:
                self._given_up([*message.payload.refs])
                raise ProcessTerminated(15)
            function, args = payload.loads(message.payload)
            payload.loads(message.preparation)
            function(*args)
        except ProcessTerminated as ended:
            exitcode = -ended.signal
        except _Abandoned:
            raise
        except BaseException as failed:
            exitcode, error = 1, failed
        self.progress.pending = None
        function = args = None
        self.close_handles()
        self.current = None
        self.send(message.parent, ProcessExited(message.process, exitcode))
        self.send(0, HostFree(self.rank))
        if error is not None:
            raise error

    def _terminate(self, message: ProcessTerminate) -> None:
        if message.process == self.current:
            self.progress.pending = ProcessTerminated(message.signal)
        elif any(message.process == start.process for start in self.waiting):
            self.ending.add(message.process)


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
        self.hasty = 0.02  # how often a wait with a time limit ends by it, while it need not
        self._slow: set[Any] = set()
        World.current = self
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
        events: list[Any] = [
            *self.network.events(),
            *(task for task in self.tasks if not task.ended and task.ready()),
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
        # Some links and processes are slow for a while, so that others overtake them by far.
        for _ in range(4):
            event = self.random.choice(events)
            key = event if isinstance(event, Task) else event[1:]
            if key in self._slow:
                continue
            if self.random.random() < 0.15:
                self._slow.add(key)
                continue
            break
        return event

    def _resume(self, task: Task) -> None:
        task.resume()
        if task.ended:
            self.tasks.remove(task)
            if task.error is not None and not isinstance(task.error, _Abandoned):
                raise Failure(f"a process on rank {task.runtime.rank} raised {task.error!r}") from task.error

    def _host(self) -> None:
        for runtime in self.ranks:
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
                "handles": list(runtime.handles),
                **{
                    name: value
                    for name, value in vars(node).items()
                    if name.startswith("_") and name != "_handlers" and isinstance(value, dict)
                },
                "held": outbox._held,
                "unsettled": outbox._unsettled,
                "on their way": outbox._on_way,
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

    def trace(self) -> str:
        """One line for each message that was delivered, in order."""
        return "\n".join(_line(*entry) for entry in self.network.log)


def _line(source: int, dest: int, message: Message) -> str:
    fields = {name: getattr(message, name) for name in message.__struct_fields__}
    parts = [
        f"{name}={_short(value)}"
        for name, value in fields.items()
        if name not in ("payload", "state", "preparation")
    ]
    return f"r{source} → r{dest} {type(message).__name__} {' '.join(parts)}"


def _short(value: Any) -> str:
    return f"{maker(value)}#{value & 0xFFFFFFFF}" if isinstance(value, int) and value >> 32 else repr(value)


def play(scenario: Callable[[World], None], seed: int, **options: Any) -> World:
    """Play one schedule of a scenario.

    Args:
        scenario: builds a world's program and runs it; see `scenarios.py`.
        seed: which schedule.
        options: for the world.

    Returns:
        The world as it was in the end.

    Raises:
        Failure: with the seed in its text; `replay` shows every message.
    """
    world = World(1 + random.Random(seed).randint(1, 4), seed, **options)
    try:
        scenario(world)
    except Exception as error:
        name = getattr(scenario, "__name__", "scenario")
        raise Failure(
            f"{error}\nreplay({name}, {seed}) plays this schedule again; "
            f"MPIPROCESSING_TRACE_SCHEDULES=1 shows its {len(world.network.log)} messages" + _shown(world)
        ) from error
    finally:
        world.abandon()
    return world


def _shown(world: World) -> str:
    return ":\n" + world.trace() if os.environ.get("MPIPROCESSING_TRACE_SCHEDULES") else ""


def replay(scenario: Callable[[World], None], seed: int, **options: Any) -> None:
    """Play a schedule again and print every message, and what goes wrong."""
    world = World(1 + random.Random(seed).randint(1, 4), seed, **options)
    try:
        scenario(world)
    except Exception:
        traceback.print_exc()
    finally:
        world.abandon()
        gc.collect()
    print(world.trace())
