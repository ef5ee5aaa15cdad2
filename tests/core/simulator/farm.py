"""Random programs on a task farm, and what ends without a word: threads of a process that is over, ranks that vanish."""

from __future__ import annotations

from typing import Any

from mpiprocessing.connection import Connection, Pipe
from mpiprocessing.core import payload
from mpiprocessing.core.handle import Handle
from mpiprocessing.core.homes.taskfarm import Task, TaskFarmHome, TaskFarmStub
from mpiprocessing.core.messages import Payload, PoolJoin, PoolRan
from mpiprocessing.queues import Empty, Queue
from tests.core.simulator.channels import consumer, producer
from tests.core.simulator.notes import here, me, note, noted
from tests.core.simulator.world import World

__all__ = ["children", "children_terminated", "farm", "left_threads", "vanish"]


def farm(world: World) -> None:
    """Tasks and workers: each task is answered once, also where workers are terminated and their tasks run again."""
    world.run(farm_main)
    ended = noted("ended")
    assert sorted(ended) == list(range(world.notes["tasks"])), (
        f"ended {sorted(ended)} of {world.notes['tasks']}"
    )
    if not noted("gone"):
        assert sorted(noted("ran")) == sorted(ended), "a task ran twice"


def farm_main() -> None:
    world, random = here(), here().random
    runtime = me().runtime
    world.notes["tasks"] = tasks = random.randint(0, 20)
    (handle,) = Handle.to_new(TaskFarmHome, TaskFarmStub, lambda task, ok, content: note("ended", task))
    home: Any = handle.home()
    workers = [world.start(worker, handle, number) for number in range(len(world.ranks) - 1)]
    home.define(1, payload.dumps("a function"))
    numbers = list(range(tasks))
    while numbers:
        size = random.randint(1, len(numbers))
        batch, numbers = numbers[:size], numbers[size:]
        runtime.dispatch(home.submit([Task(number, 1, payload.dumps(number)) for number in batch]))
        world.breathe()
    if len(workers) > 1 and random.random() < 0.3:
        victim = random.randrange(len(workers))
        world.terminate(workers[victim])
        world.join(workers[victim])
        lost = home.gone(victim)
        note("gone", [task.number for task in lost])
        runtime.dispatch(home.put_back(lost))
    runtime.drive_until(lambda: len(noted("ended")) == tasks)
    runtime.dispatch(home.close())
    world.join(*workers)


def worker(handle: Handle, number: int) -> None:
    runtime, stub = handle.runtime, handle.stub
    assert isinstance(stub, TaskFarmStub)
    runtime.post(stub, PoolJoin, number)
    while True:
        runtime.drive_until(lambda: bool(stub.tasks))
        run = stub.tasks.popleft()
        if run is None:
            return
        assert stub.functions[run.function].body
        note("ran", payload.loads(run.payload))
        runtime.post(stub, PoolRan, run.task, True, Payload(b""))


def children(world: World) -> None:
    """More children than ranks, with handles in their arguments, some with children of their own."""
    world.run(children_main, False)


def children_terminated(world: World) -> None:
    """The same, and some are terminated while they run, are pending, or are under way: their handles come home."""
    world.run(children_main, True)


def children_main(terminating: bool) -> None:
    world, random = here(), here().random
    items: Queue[Any] = Queue()
    begun = [world.start(grandparent, items, random.random() < 0.2) for _ in range(random.randint(1, 6))]
    ended = random.sample(begun, random.randint(0, len(begun)) if terminating else 0)
    for child in ended:
        world.breathe()
        world.terminate(child)
    world.join(*begun)
    assert all(child.exitcode == 0 for child in begun if child not in ended)
    assert all(child.exitcode in (0, -15) for child in ended)


def grandparent(items: Queue[Any], again: bool) -> None:
    items.put((Queue(), 1) if here().random.random() < 0.5 else 1)
    if again:
        here().start(grandparent, items, False)  # nobody waits for it
    items.get()


def left_threads(world: World) -> None:
    """A process ends while a thread of its own still waits: what comes later is for the others."""
    world.run(left_threads_main)


def left_threads_main() -> None:
    world, random = here(), here().random
    items: Queue[int] = Queue(random.choice([0, 0, 2]))
    reader, writer = Pipe(duplex=False)
    child = world.start(
        leave_threads, items, reader, random.sample([take_item, take_object], random.randint(1, 2))
    )
    world.join(child)
    items.put(1)
    assert items.get() == 1
    writer.send(2)
    assert reader.recv() == 2


def leave_threads(items: Queue[int], reader: Connection, bodies: list[Any]) -> None:
    for body in bodies:
        here().thread(body, items if body is take_item else reader)
    for _ in range(here().random.randint(0, 4)):
        me().give_way()


def take_item(items: Queue[int]) -> None:
    try:
        items.get()
    except (Empty, ValueError):
        return
    note("taken by a dead process", 1)


def take_object(reader: Connection) -> None:
    try:
        reader.recv()
    except (EOFError, OSError, AssertionError):
        return
    note("taken by a dead process", 1)


def vanish(world: World) -> None:
    """A rank is gone from one step to the next: what the others do meets no exception."""
    world.run_until_lost(vanish_main, world.random.randint(5, 200))


def vanish_main() -> None:
    world = here()
    items: Queue[Any] = Queue(world.random.choice([0, 2]))
    hosts = len(world.ranks) - 1
    for number in range(hosts // 2):
        world.start(producer, items, number, 20, "block")
    for number in range(hosts - hosts // 2):
        world.start(consumer, items, number, "block")
    producer(items, 99, 20, "block")
