"""Random programs on a task farm, and what ends without a word: threads of a process that is over, ranks that vanish."""

from __future__ import annotations

import itertools
from typing import Any

from mpiprocessing.connection import Connection, Pipe
from mpiprocessing.core import payload
from mpiprocessing.core.children import Child
from mpiprocessing.core.errors import RanksError
from mpiprocessing.core.handle import Handle
from mpiprocessing.core.homes.taskfarm import MOST_DEATHS, TaskFarmHome, TaskFarmStub
from mpiprocessing.core.homes.tasks import Task
from mpiprocessing.core.messages import Payload, PoolJoin
from mpiprocessing.pools.worker import Results
from mpiprocessing.queues import Empty, Queue
from tests.core.simulator.channels import consumer, producer
from tests.core.simulator.notes import here, me, note, noted
from tests.core.simulator.world import World

__all__ = ["children", "children_terminated", "deaths_farm", "farm", "left_threads", "vanish"]


def farm(world: World) -> None:
    """Tasks and workers that come and go: each task is answered once, whatever waits for whom, and nothing is left."""
    world.run(farm_main)
    ended = noted("ended")
    assert sorted(ended) == list(range(world.notes["tasks"])), (
        f"ended {sorted(ended)} of {world.notes['tasks']}"
    )
    assert len(set(noted("ran"))) == len(noted("ran")), "a task ran twice"
    if not noted("failed"):
        assert sorted(noted("ran")) == sorted(ended), "a task was lost"


def farm_main() -> None:
    Master().run()


def deaths_farm(world: World) -> None:
    """Ranks of workers die: every task ends once, with a result or because it was given up, and nothing is left."""
    random = world.random
    world.survive(*(random.randint(1, random.choice([60, 400])) for _ in range(random.choice([1, 1, 2, 4]))))
    world.run(deaths_farm_main, random.random() < 0.2)
    ended, failed = noted("ended"), noted("failed")
    assert sorted(ended) == list(range(world.notes["tasks"])), f"ended {sorted(ended)}"
    assert set(ended) <= {*noted("ran"), *failed}, "a task ended that has neither run nor failed"
    if not failed:
        return
    last = len(world.dead) == len(world.ranks) - 1
    assert last or world.notes["once"] or len(world.dead) >= MOST_DEATHS, "a task was given up too early"


def deaths_farm_main(once: bool) -> None:
    here().notes["once"] = once
    Master(deadly=True, once=once).run()


class Master:
    """The part of a pool: it submits tasks in batches, replaces workers that end, and now and then ends one itself.

    Args:
        deadly: whether ranks may die; no task waits for others then, as there may be one worker in the end.
        once: whether what a dead worker had is given up at once.
    """

    def __init__(self, deadly: bool = False, once: bool = False) -> None:
        self.deadly = deadly
        self.world, self.random, self.runtime = here(), here().random, me().runtime
        random = self.random
        self.tasks = random.choice([random.randint(0, 20), random.randint(20, 60)])
        self.world.notes["tasks"] = self.tasks
        self.limit = random.choice([None, None, None, 1, 2, 5])
        (self.handle,) = Handle.to_new(
            TaskFarmHome, TaskFarmStub, self.ended, lambda *_: None, self.limit, once
        )
        self.home: Any = self.handle.home()
        self.serials = itertools.count(100)
        self.numbers = itertools.count()
        self.workers: dict[int, Child] = {}
        self.common: Queue[Any] = Queue()

    def ended(self, results: list[tuple[Task, bool, Payload]]) -> None:
        for task, _, _ in results:
            note("ended", task.part)

    def run(self) -> None:
        for _ in range(len(self.world.ranks) - 1):
            self.start()
        patience = not self.deadly and self.random.random() < 0.3 and len(self.workers) > 1
        victims = 0 if patience or self.deadly else self.random.choice([0, 0, 1, 2])
        names = list(range(self.tasks))
        while names:
            size = self.random.randint(1, len(names))
            batch, names = names[:size], names[size:]
            self.submit(batch, patience and 0 in batch)
            self.world.breathe()
            if victims and self.random.random() < 0.5:
                victims -= 1
                self.world.terminate(self.random.choice(list(self.workers.values())))
        self.common.close()
        while len(noted("ended")) < self.tasks:
            self.runtime.drive_until(lambda: len(noted("ended")) == self.tasks or bool(self.gone()))
            self.replace()
        self.runtime.dispatch(self.home.close())
        self.world.join(*self.workers.values())

    def submit(self, batch: list[int], patience: bool) -> None:
        """Some functions are ever the same, some are new, some hold a handle; the first task may wait for all others."""
        if self.home.over:
            for part in batch:
                self.fail(part)
            return
        random = self.random
        kind = random.choice(["same", f"new {next(self.serials)}", self.common])
        how = random.choice(["map", "map", "apply"])
        function = self.home.define(payload.dumps(kind))
        tasks = []
        for name in batch:
            waits_for = self.tasks - 1 if patience and name == 0 else 0
            tasks.append(Task(next(self.serials), function, how, payload.dumps((name, waits_for)), part=name))
        self.runtime.dispatch(self.home.submit(tasks))
        self.runtime.dispatch(self.home.release(function))

    def start(self) -> None:
        number = next(self.numbers)
        try:
            self.workers[number] = self.world.start(worker, self.handle, number, self.limit)
        except RanksError:
            assert len(self.world.dead) == len(self.world.ranks) - 1
            for task in self.home.drop():
                self.fail(task.part)
            self.discard()

    def gone(self) -> list[int]:
        return [number for number, child in self.workers.items() if child.exitcode is not None]

    def replace(self) -> None:
        for number in self.gone():
            child = self.workers.pop(number)
            exitcode = child.exitcode
            joined, tasks = self.home.gone(number)
            if child.death is not None or child.rank is None:
                self.lose(tasks)
                continue
            assert joined or exitcode
            assert exitcode or not tasks, "a worker was given more than it may run"
            if tasks:
                note("failed", tasks[0].part)
                self.ended([(tasks[0], False, Payload(b""))])
                self.runtime.dispatch(self.home.lost(tasks[0]))
            self.runtime.dispatch(self.home.put_back(tasks[1:]))
            self.start()

    def lose(self, tasks: list[Task]) -> None:
        """The rank of a worker is dead, or the last one that it could have had."""
        if self.home.over:
            self.runtime.dispatch(self.home.put_back(tasks))
            self.discard()
            return
        again, given_up = self.home.died(tasks)
        for task in given_up:
            self.fail(task.part)
            self.runtime.dispatch(self.home.lost(task))
        self.runtime.dispatch(self.home.put_back(again))
        self.discard()
        self.start()

    def fail(self, part: int) -> None:
        note("failed", part)
        note("ended", part)

    def discard(self) -> None:
        while self.home.discarded:
            payload.give_up(self.home.discarded.pop())


def worker(handle: Handle, number: int, limit: int | None = None, taken: float | None = None) -> None:
    """What `pools/worker.py` does; how long a task has `taken` is drawn by lot, so that many or few travel together."""
    runtime, stub, random = handle.runtime, handle.stub, here().random
    assert isinstance(stub, TaskFarmStub)
    runtime.post(stub, PoolJoin, number)
    functions: dict[int, Any] = {}
    results = Results(handle)
    done = 0
    try:
        while done != limit:
            if not stub.tasks:
                runtime.drive_until(lambda: bool(stub.tasks) or stub.stopped)
            given = stub.begin()
            while stub.forgotten:
                function = stub.forgotten.popleft()
                functions.pop(function, None)
                if function in stub.functions:
                    payload.give_up(stub.functions.pop(function))
            if given is not None:
                done += 1
                task, function, _, content, more = given
                if function not in functions:
                    functions[function] = payload.loads(stub.functions.pop(function))
                name, waits_for = payload.loads(content)
                if waits_for > len(noted("ran")) or (taken is None and random.random() < 0.2):
                    me().runtime.look()  # as whoever waits does, or the service thread
                runtime.drive_until(lambda waits_for=waits_for: len(noted("ran")) >= waits_for)  # type: ignore[misc]
                note("ran", name)
                seconds = random.choice([0.0, 1e-6, 1e-4, 1.0]) if taken is None else taken
                results.add(task, True, Payload(b""), seconds, more and bool(stub.tasks))
            elif stub.stopped:
                return
    finally:
        results.send()


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
    except (Empty, OSError):  # its process has ended while it waited, or before it came to wait
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
