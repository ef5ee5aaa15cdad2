"""Random programs that may wait for each other for ever, and the watch that must find that out, and nothing else.

Everybody takes locks, gets and puts, sends and receives, meets at barriers, waits for events, joins; by chance, so many a
program comes to a standstill. The watch's own code asks its waves at any moment. The referee is the simulated world itself,
which sees everything: where nothing can happen, except in the watch's own conversation, it is a standstill; a verdict before
that is a false alarm, and none after three waves is a miss. The report must have an explanation each time.
"""

from __future__ import annotations

import random
from threading import BrokenBarrierError
from typing import Any

import msgspec

from mpiprocessing.connection import Connection, Pipe
from mpiprocessing.core.children import Child
from mpiprocessing.core.deadlockreport import Report
from mpiprocessing.core.messages import PENDING, READS, WATCH, Described
from mpiprocessing.core.quiescence import Quiescence, Statement, Verdict
from mpiprocessing.core.witness import Witness
from mpiprocessing.queues import Empty, JoinableQueue, Queue
from mpiprocessing.synchronize import Barrier, Condition, Event, Lock, RLock, Semaphore
from tests.core.simulator.notes import here, me
from tests.core.simulator.ranks import Task
from tests.core.simulator.world import STEPS, Failure, World

__all__ = ["Watch", "standstill"]

_OWN = {kind.__struct_config__.tag for kind in WATCH}
_ENOUGH = 3  # waves after which a standstill must have been found: one that came too early, and two that are the same


class Watch:
    """The watch for deadlocks, with the world as its referee.

    Args:
        world: where it asks.

    Attributes:
        reports: what was told.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._quiescence = Quiescence()
        self.out = False
        self.reports: list[str] = []
        self.waves = 0
        first, *others = world.ranks
        self._witness = Witness(first, lambda: True, self._judge, self._told)
        for runtime in others:
            Witness(runtime, lambda runtime=runtime: runtime.current is not None)  # type: ignore[misc]

    def begin(self) -> None:
        """A wave begins, unless one is out."""
        if not self.out:
            self.out = True
            self.waves += 1
            self._witness.ask()

    def _judge(self, said: Statement) -> None:
        self.out = False
        if self._quiescence.judge(said) is not Verdict.RESTS:
            return
        if not self.at_rest():
            raise Failure("a false alarm: the program goes on")
        self.out = True
        self._witness.ask_what()

    def _told(self, said: Described) -> None:
        self.out = False
        self.reports.append(Report(said, self._world.keeper.hosts.pending, len(self._world.ranks)).text())

    def at_rest(self) -> bool:
        """Whether nothing can happen any more but in the watch's own conversation; as somebody knows who sees everything."""
        world = self._world
        if any(task.moves for task in world.tasks):
            return False
        for runtime in world.ranks:
            node = runtime.node
            if node.restless or runtime.waiting or runtime.dropped or runtime.later or node.outbox.holds:
                return False
            if any(
                not self._own(message) for line in node.outbox._lines.values() for message in line.waiting
            ):
                return False
        network = world.network
        frames = [*network.flights.values(), *network.posted.values()]
        for arriving in network.arriving.values():
            frames += [frame for line in arriving.values() for frame in line]
        return not network.data and all(
            message[0] in _OWN for frame in frames for message in msgspec.msgpack.decode(frame.data)
        )

    def _own(self, message: Any) -> bool:
        return type(message).__struct_config__.tag in _OWN


def standstill(world: World) -> None:
    """A program that may come to a standstill, and the watch that looks for it at any time."""
    watch = Watch(world)
    main = Task(world, world.ranks[0], main_program, main=True)
    world.tasks.append(main)
    waves_at_rest = 0
    while True:
        resting = watch.at_rest()
        # Between two waves is a pause, in which it is learnt that what was said in the first was received.
        due = resting and world.network.quiet
        if main.ended and resting:
            break  # the job would end now
        if watch.reports:
            explained(watch.reports[0])
            world.notes["standstill"] = watch.reports[0]
            break
        if not watch.out and (due or world.random.random() < 0.03):
            waves_at_rest += due
            if waves_at_rest > _ENOUGH:
                raise Failure("a miss: nothing can happen any more, and three waves did not find that out")
            watch.begin()
        world.step()
        if world.steps > STEPS:
            raise Failure(f"does not come to rest within {STEPS} steps")


def explained(report: str) -> None:
    """A report says for everybody what is waited for, and why that does not come."""
    assert "waits for a message" not in report, report
    assert "Everybody waits for something" not in report, report


# ---- the programs ----------------------------------------------------------------------------------------------------


class Things:
    """What the processes of a program share.

    Args:
        choice: decides how many there are of each.
        processes: how many processes there are.
    """

    def __init__(self, choice: random.Random, processes: int) -> None:
        self.locks = [choice.choice([Lock, RLock])() for _ in range(choice.randint(1, 3))]
        self.units = Semaphore(choice.randint(0, 2))
        self.queues: list[Any] = [Queue(choice.choice([0, 1])), JoinableQueue()]
        self.pipes: list[tuple[Connection, Connection]] = [Pipe(duplex=False)]
        self.barrier = Barrier(choice.randint(1, processes + 1))
        self.event = Event()
        self.condition = Condition()


class Joining:
    """Waits for the end of a child."""

    def __init__(self, child: Child) -> None:
        self._child = child

    def wait(self) -> None:
        """Wait for it."""
        me().runtime.drive_until(lambda: self._child.exitcode is not None)

    def _awaits(self) -> tuple[int, int, int]:
        return 0, READS, PENDING if self._child.rank is None else self._child.rank


def main_program() -> None:
    world = here()
    me().runtime.simulated.enter()
    number = world.random.randint(1, len(world.ranks))  # one more than there are ranks for them, perhaps
    things = Things(world.random, number)
    children = [world.start(process, things, world.random.randint(1, 5)) for _ in range(number)]
    steps(things, world.random.randint(0, 4))
    for child in world.random.sample(children, number):
        Joining(child).wait()
    del things
    me().runtime.close_handles()


def process(things: Things, number: int) -> None:
    steps(things, number)


def steps(things: Things, number: int) -> None:
    """Some steps, one after the other; what is taken stays taken until it is given back by chance, or for ever."""
    choice = here().random
    held: list[Any] = []
    for _ in range(number):
        step = choice.choice([*STEPS_OF_A_PROCESS])
        try:
            step(things, choice, held)
        except (EOFError, OSError, Empty, ValueError, AssertionError, BrokenBarrierError):
            pass  # as the program of somebody who does not care
        if held and choice.random() < 0.5:
            held.pop().release()
    while held and choice.random() < 0.8:
        held.pop().release()


def take_lock(things: Things, choice: random.Random, held: list[Any]) -> None:
    lock = choice.choice(things.locks)
    if choice.random() < 0.8:
        lock.acquire()
        held.append(lock)
    elif lock.acquire(timeout=1.0):
        held.append(lock)


def take_unit(things: Things, choice: random.Random, held: list[Any]) -> None:
    things.units.acquire()
    held.append(things.units)


def give_unit(things: Things, choice: random.Random, held: list[Any]) -> None:
    things.units.release()


def put(things: Things, choice: random.Random, held: list[Any]) -> None:
    choice.choice(things.queues).put(1)


def get(things: Things, choice: random.Random, held: list[Any]) -> None:
    queue = choice.choice(things.queues)
    if choice.random() < 0.8:
        queue.get()
    else:
        queue.get(timeout=1.0)


def join_queue(things: Things, choice: random.Random, held: list[Any]) -> None:
    things.queues[1].join()


def send(things: Things, choice: random.Random, held: list[Any]) -> None:
    things.pipes[0][1].send(1)


def receive(things: Things, choice: random.Random, held: list[Any]) -> None:
    things.pipes[0][0].recv()


def close(things: Things, choice: random.Random, held: list[Any]) -> None:
    things.pipes[0][choice.randint(0, 1)].close()


def meet(things: Things, choice: random.Random, held: list[Any]) -> None:
    things.barrier.wait(choice.choice([None, None, 1.0]))


def set_event(things: Things, choice: random.Random, held: list[Any]) -> None:
    things.event.set()


def await_event(things: Things, choice: random.Random, held: list[Any]) -> None:
    things.event.wait()


def sleep(things: Things, choice: random.Random, held: list[Any]) -> None:
    with things.condition:
        things.condition.wait()


def notify(things: Things, choice: random.Random, held: list[Any]) -> None:
    with things.condition:
        things.condition.notify()


def breathe(things: Things, choice: random.Random, held: list[Any]) -> None:
    here().breathe()


STEPS_OF_A_PROCESS = (
    *(take_lock, take_lock, take_unit, give_unit, put, put, get, join_queue, send, send, receive, close),
    *(meet, set_event, set_event, await_event, sleep, notify, breathe, breathe),
)
