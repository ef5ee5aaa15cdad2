"""Random programs on conditions and events: nobody sleeps on what has come true, and nobody wakes without cause."""

from __future__ import annotations

from typing import Any

from mpiprocessing.connection import Connection, Pipe
from mpiprocessing.synchronize import Condition, Event, Lock, RLock, Semaphore
from tests.core.simulator.gates import units_are_whole
from tests.core.simulator.notes import here, me, note, noted
from tests.core.simulator.world import World

__all__ = ["condition", "event", "left_sleeper", "set_before_told", "tokens", "written_before_post"]


# ---- tokens: one notification for each, so that a lost one leaves somebody asleep --------------------------------------


def tokens(world: World) -> None:
    """Consumers wait for tokens, with and without a time limit; some are terminated; each token is notified to one."""
    world.notes.update(tokens=0, taken=0)
    world.run(tokens_main)
    assert world.notes["tokens"] >= 0


def tokens_main() -> None:
    world, random = here(), here().random
    gate = Condition(random.choice([Lock, RLock])())
    world.invariants.append(lambda: units_are_whole(world, 1))
    wanted = random.randint(1, 4)
    consumers = [
        world.start(consume, gate, wanted, random.random() < 0.3) for _ in range(len(world.ranks) - 1)
    ]
    threads = [world.thread(consume, gate, wanted, False) for _ in range(random.randint(0, 2))]
    victim = random.choice(consumers) if random.random() < 0.7 else None
    for _ in range(wanted * (len(consumers) + len(threads))):
        with gate:
            world.notes["tokens"] += 1
            gate.notify()
            if victim is not None and random.random() < 0.5:
                for _ in range(
                    random.randint(1, 3)
                ):  # again and again, as a rank does with a child that has not ended yet
                    world.terminate(victim)  # it may be notified, and wait for the lock
                if random.random() < 0.5:
                    world.join(victim)
                victim = None
        if random.random() < 0.3:
            at_rest()
            assert not world.notes["tokens"] or not gate._sleeping(), "asleep in spite of a token"
    world.join(*consumers)
    me().runtime.drive_until(lambda: all(thread.ended for thread in threads))
    assert gate.acquire(False), "the lock is free, and cannot be taken"
    gate.release()


def at_rest() -> None:
    """Wait until nothing is on its way and everybody else waits."""
    world, mine = here(), me()

    def resting() -> bool:
        others = (task for task in world.tasks if task is not mine and not task.ended)
        quiet = world.network.quiet and not any(
            rank.node.outbox or rank.node.restless or rank.waiting for rank in world.ranks
        )
        return quiet and not any(task.ready() for task in others)

    mine.give_way(resting)


def consume(gate: Condition, wanted: int, hasty: bool) -> None:
    world = here()
    for _ in range(wanted):
        with gate:
            while not world.notes["tokens"]:
                gate.wait(1.0 if hasty else None)
            world.notes["tokens"] -= 1


# ---- sleepers: who is notified, and who is not -------------------------------------------------------------------------


def condition(world: World) -> None:
    """Sleepers on two conditions of one lock: no more wake than were notified, all with the lock as deep as before."""
    world.notes.update(notified=[0, 0], woken=[0, 0])
    world.run(condition_main)
    for notified, woken in zip(world.notes["notified"], world.notes["woken"], strict=True):
        assert woken <= notified, f"{woken} woken of {notified} notified"


def condition_main() -> None:
    world, random = here(), here().random
    lock = RLock() if random.random() < 0.5 else Lock()
    gates = [Condition(lock), Condition(lock)]
    world.invariants.append(lambda: units_are_whole(world, 1))
    children = [world.start(sleeper, gates, random.randint(1, 5)) for _ in range(len(world.ranks) - 1)]
    threads = [world.thread(sleeper, gates, random.randint(1, 3)) for _ in range(random.randint(0, 2))]
    while any(child.exitcode is None for child in children) or not all(thread.ended for thread in threads):
        with lock:
            which = random.randrange(2)
            asleep = gates[which]._sleeping()
            count = random.choice([0, 1, 2, 100])
            world.notes["notified"][which] += min(count, asleep)
            gates[which].notify(count)
        me().give_way()
    with lock:
        assert [gate._sleeping() for gate in gates] == [0, 0]


def sleeper(gates: list[Condition], times: int) -> None:
    world = here()
    for _ in range(times):
        which = world.random.randrange(2)
        gate = gates[which]
        lock: Any = gate._lock
        depth = world.random.randint(1, 3) if isinstance(lock, RLock) else 1
        for _ in range(depth):
            assert gate.acquire()
        enter()
        leave()
        if gate.wait(world.random.choice([None, None, 1.0, 0.0])):
            world.notes["woken"][which] += 1
        enter()
        assert lock._is_mine() and lock._count() == depth
        leave()
        for _ in range(depth):
            gate.release()


def enter() -> None:
    inside = here().notes.setdefault("inside", [])
    inside.append(1)
    assert len(inside) == 1, "two hold the lock"
    here().breathe()
    me().runtime.peek()


def leave() -> None:
    here().notes["inside"].pop()


def left_sleeper(world: World) -> None:
    """A process ends while a thread of its own sleeps: what it is notified of is for the next one."""
    world.notes.update(tokens=0)
    world.run(left_sleeper_main)


def left_sleeper_main() -> None:
    world = here()
    gate = Condition()
    child = world.start(leave_sleeper, gate)
    me().runtime.drive_until(lambda: bool(noted("asleep")))
    other = world.thread(consume, gate, 1, False)
    for _ in range(world.random.randint(0, 10)):
        me().give_way()
    with gate:  # held until the child has ended: a lock that its thread had got would be lost with it
        note("go")
        if world.random.random() < 0.3:
            world.join(child)
        world.notes["tokens"] += 1
        gate.notify()
        world.join(child)
    me().runtime.drive_until(lambda: other.ended)


def leave_sleeper(gate: Condition) -> None:
    here().thread(consume_if_alive, gate)
    while not gate._sleeping():
        me().give_way()
    note("asleep")
    me().runtime.drive_until(lambda: bool(noted("go")))
    for _ in range(here().random.randint(0, 10)):
        me().give_way()


def consume_if_alive(gate: Condition) -> None:
    with gate:
        while not here().notes["tokens"]:
            gate.wait()  # its process has ended: the thread goes no further
        here().notes["tokens"] -= 1


# ---- events ------------------------------------------------------------------------------------------------------------


def event(world: World) -> None:
    """Processes and threads wait for a flag that is set, and perhaps cleared before: nobody misses it, none is early."""
    world.run(event_main)


def event_main() -> None:
    world, random = here(), here().random
    flag = Event()
    children = [world.start(wait_for, flag, random.randint(1, 3)) for _ in range(len(world.ranks) - 1)]
    threads = [world.thread(wait_for, flag, 1) for _ in range(random.randint(0, 2))]
    if random.random() < 0.3:
        world.terminate(random.choice(children))
    for _ in range(random.randint(0, 20)):
        me().give_way()
    note("set")
    flag.set()
    if random.random() < 0.3:
        flag.clear()
        assert not flag.is_set()
        flag.set()
    assert flag.is_set() and flag.wait(0) and flag.wait()
    world.join(*children)
    me().runtime.drive_until(lambda: all(thread.ended for thread in threads))
    flag.clear()
    assert not flag.is_set() and not flag.wait(0) and not flag.wait(1.0)


def wait_for(flag: Event, times: int) -> None:
    world = here()
    for _ in range(times):
        if flag.wait(world.random.choice([None, None, 1.0, 0.0])):
            assert noted("set"), "awake before it was set"
        if flag.is_set():
            assert noted("set"), "set before it was set"


# ---- order of effects --------------------------------------------------------------------------------------------------


def set_before_told(world: World) -> None:
    """A flag is set, then a pipe is written: who reads the pipe finds the flag set."""
    world.run(three_ranks, Event, set_and_tell, told_of_the_flag)


def written_before_post(world: World) -> None:
    """A pipe is written, then a semaphore is raised that the reader waits for."""
    world.run(three_ranks, no_units, write_and_post, posted)


def no_units() -> Semaphore:
    return Semaphore(0)


def three_ranks(make: Any, write: Any, read: Any) -> None:
    """The gate lives on one rank, the pipe is read on this one, and a third acts."""
    world = here()
    if len(world.ranks) < 3:
        return
    reader, writer = Pipe(duplex=False)
    gates, sent_gate = Pipe(duplex=False)
    keeper = world.start(keep, make, sent_gate)
    gate = gates.recv()
    child = world.start(write, writer, gate)
    read(reader, gate)
    world.join(child)
    note("done", 1)
    world.join(keeper)


def keep(make: Any, sent_gate: Connection) -> None:
    gate = make()
    sent_gate.send(gate)
    me().runtime.drive_until(lambda: bool(noted("done")))


def set_and_tell(writer: Connection, flag: Event) -> None:
    flag.set()
    writer.send("set")


def told_of_the_flag(reader: Connection, flag: Event) -> None:
    reader.recv()
    assert flag.is_set(), "told of a flag that is not set"


def write_and_post(writer: Connection, units: Semaphore) -> None:
    writer.send("written")
    units.release()


def posted(reader: Connection, units: Semaphore) -> None:
    units.acquire()
    assert reader.poll(), "what was written before is not there"
    reader.recv()
