"""Random programs on locks, semaphores and barriers."""

from __future__ import annotations

from threading import BrokenBarrierError

from mpiprocessing.core.homes.semaphore import SemaphoreHome
from mpiprocessing.synchronize import Barrier, BoundedSemaphore, Lock, Semaphore
from tests.core.simulator.notes import here, me, note, noted
from tests.core.simulator.world import World

__all__ = ["barrier", "barrier_terminated", "forced", "lock", "semaphore"]


# ---- locks: one holder at a time, no unit lost or made -----------------------------------------------------------------


def lock(world: World) -> None:
    """Processes and threads that take a lock in every way there is."""
    world.run(lock_main)
    assert not world.notes.get("inside")


def lock_main() -> None:
    world, random = here(), here().random
    guard = Lock()
    world.invariants.append(lambda: units_are_whole(world, 1))
    children = [world.start(locker, guard, random.randint(1, 6)) for _ in range(len(world.ranks) - 1)]
    threads = [world.thread(locker, guard, random.randint(1, 4)) for _ in range(random.randint(0, 2))]
    if random.random() < 0.6:
        locker(guard, random.randint(1, 6))
    if random.random() < 0.2:
        victim = random.choice(children)
        world.terminate(victim)
    world.join(*children)
    main = world.ranks[0]
    main.drive_until(lambda: all(thread.ended for thread in threads))
    if not noted("died inside"):
        assert guard.acquire(False), "the lock is free, and cannot be taken"
        guard.release()


def locker(guard: Lock, times: int) -> None:
    world = here()
    for _ in range(times):
        how = world.random.choice(["block", "poll", "timeout"])
        if how == "block":
            assert guard.acquire()
        elif not guard.acquire(how != "poll", 1.0 if how == "timeout" else None):
            continue
        inside = world.notes.setdefault("inside", [])
        inside.append(1)
        assert len(inside) == 1, "two hold the lock"
        try:
            world.breathe()
            me().runtime.peek()
        finally:
            inside.pop()
            guard.release()


def units_are_whole(world: World, limit: int) -> None:
    """Units are free at home or out, never more or less of them."""
    for runtime in world.ranks:
        for home in runtime.node.homes.values():
            if isinstance(home, SemaphoreHome):
                permits = home.permits
                whole = permits.free + sum(permits._out.values())
                assert whole == limit and permits.free >= 0, f"{whole} units of {limit}, {permits.free} free"
                assert all(units > 0 for units in permits._out.values()), permits._out


# ---- semaphores: never more holders than units, and none lost ---------------------------------------------------------


def semaphore_of(units: int, limited: bool) -> Semaphore:
    return BoundedSemaphore(units) if limited else Semaphore(units)


def semaphore(world: World) -> None:
    """Processes that take several units and give them back."""
    world.run(semaphore_main)


def semaphore_main() -> None:
    world, random = here(), here().random
    limit = random.randint(1, 3)
    units = semaphore_of(limit, random.random() < 0.7)
    world.invariants.append(lambda: units_are_whole(world, limit))
    children = [world.start(holder, units, limit, random.randint(1, 6)) for _ in range(len(world.ranks) - 1)]
    threads = [world.thread(holder, units, limit, random.randint(1, 4)) for _ in range(random.randint(0, 2))]
    world.join(*children)
    me().runtime.drive_until(lambda: all(thread.ended for thread in threads))
    for _ in range(limit):
        assert units.acquire(False), "a unit was lost"
    assert not units.acquire(False), "a unit was made"
    for _ in range(limit):
        units.release()


def holder(units: Semaphore, limit: int, times: int) -> None:
    world = here()
    for _ in range(times):
        if not units.acquire(world.random.random() < 0.7, world.random.choice([None, 1.0])):
            continue
        inside = world.notes.setdefault("inside", [])
        inside.append(1)
        assert len(inside) <= limit, "more holders than units"
        world.breathe()
        inside.pop()
        units.release()


def forced(world: World) -> None:
    """Releases by whoever likes: units are neither lost nor made, and each release succeeds or raises."""
    world.run(forced_main)
    assert not noted("wrong")


def forced_main() -> None:
    world, random = here(), here().random
    limit = random.randint(1, 3)
    units = BoundedSemaphore(limit)
    world.invariants.append(lambda: units_are_whole(world, limit))
    children = [world.start(forcer, units, random.randint(1, 8)) for _ in range(len(world.ranks) - 1)]
    forcer(units, random.randint(0, 8))
    world.join(*children)
    taken, released = len(noted("taken")), len(noted("released"))
    for _ in range(limit - taken + released):
        assert units.acquire(False), f"{taken} taken, {released} released of {limit}: a unit was lost"
    assert not units.acquire(False), f"{taken} taken, {released} released of {limit}: a unit was made"


def forcer(units: Semaphore, times: int) -> None:
    world = here()
    for _ in range(times):
        if world.random.random() < 0.5:
            if units.acquire(False):
                note("taken")
        else:
            try:
                units.release()
                note("released")
            except ValueError:
                pass


# ---- barriers ----------------------------------------------------------------------------------------------------------


def barrier(world: World) -> None:
    """Rounds at a barrier: nobody is through before all have come; one hasty or aborting process breaks it for all."""
    world.run(barrier_main)
    for turn, passed in enumerate(noted("turns")):
        assert sorted(passed) == list(range(len(passed))), f"turn {turn}: order of arrival {sorted(passed)}"


def act() -> None:
    """The action: all have come, and nobody has gone yet."""
    arrived = here().notes["arrived"]
    assert len(set(arrived)) == 1, f"the action runs while some are missing: {arrived}"
    note("acted", arrived[0])
    if here().notes["failing"] == len(noted("acted")):
        raise RuntimeError("an action that fails")


def barrier_main() -> None:
    world, random = here(), here().random
    parties = len(world.ranks)
    turns = random.randint(1, 4)
    world.notes["arrived"] = [0] * parties
    world.notes["turns"] = [[] for _ in range(turns)]
    action = act if random.random() < 0.5 else None
    world.notes["failing"] = random.choice([0, 0, 1, 2]) if action else 0
    how = random.choice(["patient", "patient", "hasty", "abort"])
    gate = Barrier(parties, action, 1.0 if how == "hasty" else None)
    children = [world.start(visitor, gate, name, turns, how) for name in range(1, parties)]
    visitor(gate, 0, turns, how)
    world.join(*children)
    broken = gate.broken
    assert broken == bool(noted("broken")), f"broken: {broken}, seen: {noted('broken')}"
    if how == "patient" and not world.notes["failing"]:
        assert not broken
        assert all(len(turn) == parties for turn in world.notes["turns"])
        assert action is None or noted("acted") == list(range(1, turns + 1))
    gate.reset()
    assert not gate.broken and gate.n_waiting == 0


def visitor(gate: Barrier, name: int, turns: int, how: str) -> None:
    world = here()
    for turn in range(turns):
        if how == "abort" and world.random.random() < 0.1:
            gate.abort()
        world.notes["arrived"][name] += 1
        try:
            index = gate.wait()
        except BrokenBarrierError:
            note("broken", name)
            return
        except RuntimeError:
            note("broken", name)
            return
        assert all(count > turn for count in world.notes["arrived"]), "through before all had come"
        world.notes["turns"][turn].append(index)


def barrier_terminated(world: World) -> None:
    """A process is terminated while others wait with it: with a time limit, nobody waits for ever."""
    world.run(barrier_terminated_main)


def barrier_terminated_main() -> None:
    world, random = here(), here().random
    parties = len(world.ranks) - 1
    gate = Barrier(parties, noop if random.random() < 0.7 else None, 1.0)
    children = [world.start(visit_until_broken, gate) for _ in range(parties)]
    for _ in range(random.randint(0, 60)):
        me().give_way()
    world.terminate(random.choice(children))
    if parties == 1:
        gate.abort()
    world.join(*children)


def noop() -> None:
    here().breathe()


def visit_until_broken(gate: Barrier) -> None:
    while True:
        try:
            gate.wait()
        except BrokenBarrierError:
            return
