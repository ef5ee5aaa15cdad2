"""What each operation costs with n ranks: played once, in order, with one worker on every rank but rank 0.

Rank 0 makes the objects and is their home, as in most programs. `python -m tests.core.simulator.operations 4 64 1024` prints
what all of them cost with so many ranks.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from mpiprocessing.connection import Connection, Pipe
from mpiprocessing.core import payload
from mpiprocessing.core.children import Child
from mpiprocessing.core.handle import Handle
from mpiprocessing.core.homes.taskfarm import TaskFarmHome, TaskFarmStub
from mpiprocessing.core.homes.tasks import Task
from mpiprocessing.core.messages import OutputWritten
from mpiprocessing.core.quiescence import Statement
from mpiprocessing.core.witness import Witness
from mpiprocessing.queues import Queue
from mpiprocessing.synchronize import Barrier, Condition, Event, Lock, Semaphore
from tests.core.simulator.farm import worker
from tests.core.simulator.notes import me, note, noted
from tests.core.simulator.orderly import Cost, OrderlyWorld, weight
from tests.core.simulator.referents import make, server

__all__ = ["LARGE", "OPERATIONS", "TASKS", "play"]

TASKS = 4
"""Tasks for each worker of a pool."""

LARGE = 64 << 10
"""Bytes that the function of a pool is bound to."""

Costs = dict[str, Cost]

_END = 99  # so often workers are told to go on at their end


class Play:
    """One job: what its main process does, and what its workers do in step with it.

    Args:
        world: where it is played.
    """

    def __init__(self, world: OrderlyWorld) -> None:
        self.world = world
        self.workers = len(world.ranks) - 1
        self.costs: Costs = {}
        self.children: list[Child] = []
        self.weights: tuple[int, int] = (0, 0)

    def start(self, work: Callable[..., None], *args: Any) -> None:
        """A worker on every rank but this one."""
        self.children = [
            self.world.start(work_and_stay, work, *args, number) for number in range(self.workers)
        ]

    def count(self, name: str, step: Callable[[], object]) -> None:
        """Do something, and note what it costs."""
        self.costs[name] = self.world.counted(step)

    def go(self) -> None:
        """Let the workers go on, as far as the next `stop`."""
        note("go")

    def warm(self) -> None:
        """Let the workers go on once, uncounted: homes find their places, writers say who they are."""
        self.world.counted(self.go)

    def join(self) -> None:
        """Wait for the workers, and see what a rank keeps while all are there."""
        ranks = self.world.ranks
        self.weights = weight(ranks[0]), weight(ranks[-1])
        for _ in range(_END):
            self.go()
        self.world.join(*self.children)


def work_and_stay(work: Callable[..., None], *args: Any) -> None:
    """A worker ends when all do, so that its end is not counted with what it does."""
    work(*args)
    stop(_END)


def stop(times: int) -> None:
    """A worker waits until it is told to go on for the nth time."""
    me().runtime.drive_until(lambda: len(noted("go")) >= times)


# ---- processes -------------------------------------------------------------------------------------------------------


def processes(play: Play) -> None:
    """Start a process on every rank, and join them all."""
    play.count("process: start all", lambda: play.start(idle))
    play.count("process: end and join all", play.join)


def idle(number: int) -> None:
    pass


def printing(play: Play) -> None:
    """Every process prints a line."""
    me().runtime.serve(OutputWritten, lambda message: None)
    play.start(speak)
    play.count("print: a line each", play.go)
    play.join()


def speak(number: int) -> None:
    stop(1)
    me().runtime.send(0, OutputWritten(1, b"a line of the usual length, more or less\n"))


def watching(play: Play) -> None:
    """A wave of the watch for deadlocks, when all wait."""
    for runtime in play.world.ranks[1:]:
        Waiting(runtime, lambda: True)
    root = Waiting(me().runtime, lambda: True, lambda said: note("told", said))
    play.count("watch: a wave", root.ask)
    (said,) = noted("told")
    assert said.waits and said.sent == play.workers + 1, said


class Waiting(Witness):
    """A rank of which it is known that it waits."""

    def statement(self) -> Statement:
        return Statement(True, 1, 1)


# ---- gates -----------------------------------------------------------------------------------------------------------


def barrier(play: Play) -> None:
    """All workers wait at a barrier."""
    gate = Barrier(play.workers)
    play.start(meet, gate)
    play.warm()
    play.warm()
    play.count("barrier: wait", play.go)
    play.join()


def meet(gate: Barrier, number: int) -> None:
    for times in (1, 2, 3):
        stop(times)
        gate.wait()


def event(play: Play) -> None:
    """All workers wait for an event that is set."""
    flag = Event()
    play.start(await_flag, flag)
    play.count("event: wait", play.go)
    play.count("event: set", flag.set)
    play.join()


def await_flag(flag: Event, number: int) -> None:
    stop(1)
    flag.wait()


def condition(play: Play) -> None:
    """All workers sleep on a condition, and are all notified."""
    gate = Condition()
    play.start(sleep, gate)
    play.count("condition: wait", play.go)
    play.count("condition: notify all", lambda: notify(gate))
    play.join()


def sleep(gate: Condition, number: int) -> None:
    stop(1)
    with gate:
        gate.wait()


def notify(gate: Condition) -> None:
    with gate:
        gate.notify_all()


def lock(play: Play) -> None:
    """Each worker takes a lock once, all at the same time."""
    guard = Lock()
    play.start(pass_through, guard)
    play.count("lock: each takes it", play.go)
    play.join()


def pass_through(guard: Lock, number: int) -> None:
    stop(1)
    with guard:
        pass


def semaphore(play: Play) -> None:
    """Each worker takes a unit of a semaphore that has half as many, all at the same time."""
    units = Semaphore(max(1, play.workers // 2))
    play.start(pass_through, units)
    play.count("semaphore: each takes one", play.go)
    play.join()


# ---- channels --------------------------------------------------------------------------------------------------------


def fan_in(play: Play) -> None:
    """Each worker puts an item into a queue that the main process empties."""
    items: Queue[int] = Queue()
    play.start(put, items)
    play.count(
        "queue: n put for the first time, one gets",
        lambda: (play.go(), [items.get() for _ in range(play.workers)]),
    )
    play.join()


def put(items: Queue[int], number: int) -> None:
    stop(1)
    items.put(number)


def fan_out(play: Play) -> None:
    """The main process puts an item for each worker into a queue, and each gets one."""
    items: Queue[int] = Queue()
    play.start(get, items)
    play.warm()
    play.count("queue: one puts, n get", lambda: [items.put(number) for number in range(play.workers)])
    play.join()


def get(items: Queue[int], number: int) -> None:
    stop(1)
    items.get()


def scatter(play: Play) -> None:
    """The main process sends each worker an object through a pipe of its own."""
    pipes = [Pipe(duplex=False) for _ in range(play.workers)]
    play.children = [play.world.start(work_and_stay, receive, reader) for reader, _ in pipes]
    for _, writer in pipes:
        writer.send(None)  # the pipe follows its reader
    play.warm()
    play.count("pipe: one sends to n", lambda: [writer.send(1) for _, writer in pipes])
    play.join()


def receive(reader: Connection) -> None:
    reader.recv()
    stop(1)
    reader.recv()


# ---- pools and managers ----------------------------------------------------------------------------------------------


def pool(play: Play) -> None:
    """A pool of all ranks runs some tasks for each worker, with a function that they do not know yet; and is closed."""
    runtime = me().runtime
    farm = Handle.to_new(
        TaskFarmHome, TaskFarmStub, lambda ended: [note("ended", task) for task, *_ in ended]
    )[0]
    home: Any = farm.home()
    play.start(work_long, farm)
    count = play.workers * TASKS

    def run(function: Any, first: int) -> None:
        number = home.define(payload.dumps(function))
        tasks = [Task(first + n, number, "map", payload.dumps((first + n, 0))) for n in range(count)]
        runtime.dispatch(home.submit(tasks))
        runtime.drive_until(lambda: len(noted("ended")) == first + count)
        runtime.dispatch(home.release(number))

    play.count("pool: map, new function", lambda: run("a function", 0))
    play.count("pool: map, the same function", lambda: run("a function", count))
    play.count("pool: map, function of 64 KiB", lambda: run(b"f" * LARGE, 2 * count))
    play.count("pool: close", lambda: runtime.dispatch(home.close()))
    play.join()


def work_long(farm: Handle, number: int) -> None:
    """Tasks that take so long that each travels alone."""
    worker(farm, number, taken=1.0)


def manager(play: Play) -> None:
    """Each worker sets and reads a key of a manager's dict."""
    keeper = server()
    table = make(keeper, "dict")
    play.start(set_and_get, table)
    play.warm()
    play.count("manager dict: each sets and gets", play.go)
    play.join()


def set_and_get(table: Any, number: int) -> None:
    for times in (1, 2):
        stop(times)
        table[number] = times
        assert table[number] == times


OPERATIONS = (
    processes,
    printing,
    watching,
    barrier,
    event,
    condition,
    lock,
    semaphore,
    fan_in,
    fan_out,
    scatter,
    pool,
    manager,
)


def play(operation: Callable[[Play], None], ranks: int) -> tuple[Costs, tuple[int, int]]:
    """Play an operation.

    Args:
        operation: one of `OPERATIONS`.
        ranks: with how many ranks.

    Returns:
        What its steps cost, and the bytes that rank 0 and the last rank keep meanwhile for the protocol.
    """
    world = OrderlyWorld(ranks)
    game = Play(world)
    try:
        world.run(operation, game)
    finally:
        world.abandon()
    return game.costs, game.weights


def main() -> int:
    print(f"ranks {'':32s}" + "".join(f"{name:>12s}" for name in ("messages", "bytes", "depth", "busiest")))
    for ranks in map(int, sys.argv[1:]):
        for operation in OPERATIONS:
            found, (first, last) = play(operation, ranks)
            for name, cost in found.items():
                figures = (cost.messages, cost.bytes, cost.depth, cost.busiest)
                print(f"{ranks:5d} {name:32s}" + "".join(f"{figure:12d}" for figure in figures))
            print(f"{ranks:5d} {operation.__name__:32s} keeps {first:12d} on rank 0 {last:12d} on the last")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
