"""Random programs whose ranks die: the others go on or are told, nothing is given out twice, and what the dead held is let go.

Where a program would rightly wait for what only the dead could have brought, its waits have a time limit: the schedule ends
them when nothing else can happen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, Full
from threading import BrokenBarrierError
from typing import Any

from mpiprocessing.connection import Connection, Pipe
from mpiprocessing.core.errors import HolderDied, HomeLost, PeerLost, WorkerDied
from mpiprocessing.queues import JoinableQueue, Queue
from mpiprocessing.synchronize import Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore
from tests.core.simulator.channels import keeper, offer
from tests.core.simulator.notes import big, here, me, note, noted
from tests.core.simulator.referents import make, server, use
from tests.core.simulator.world import World

__all__ = ["DEATHS"]


def deadly(world: World, main: Callable[..., None], *args: Any) -> None:
    """Run a program some of whose ranks die; mostly one."""
    random = world.random
    world.survive(*(random.randint(1, random.choice([60, 300])) for _ in range(random.choice([1, 1, 1, 2]))))
    world.run(main, *args)


def hosts() -> int:
    return len(here().ranks) - 1


def dead_now() -> bool:
    """Whether the process that runs is being taken down with its rank."""
    return me().runtime.rank in here().dead


# ---- locks and semaphores --------------------------------------------------------------------------------------------


def deaths_lock(world: World) -> None:
    """One holder at a time; who waits for a lock that the dead held is told, nobody else is; released, it can be taken."""
    deadly(world, lock_main)


def lock_main() -> None:
    world, random = here(), here().random
    guard = random.choice([Lock, RLock])()
    children = [world.start_if_any(locker, guard, random.randint(1, 6)) for _ in range(hosts())]
    locker(guard, random.randint(0, 6))
    world.join(*children)
    told = bool(noted("told"))
    try:
        assert guard.acquire()
    except HolderDied as error:
        assert error.rank in world.dead
        assert error.rank in noted("asked"), "a rank that never wanted the lock is said to have held it"
        told = True
        guard.release()
        assert guard.acquire(), "the lock was released in the place of the dead, and cannot be taken"
    guard.release()
    assert told or not noted("died inside"), "a process died with the lock, and nobody was told"


def locker(guard: Any, times: int) -> None:
    world = here()
    for _ in range(times):
        how = world.random.choice(["block", "poll", "timeout"])
        note("asked", me().runtime.rank)
        try:
            if not guard.acquire(how != "poll", 1.0 if how == "timeout" else None):
                continue
        except HolderDied as error:
            note("told", error.rank)
            return
        inside = world.notes.setdefault("inside", [])
        inside.append(1)
        assert len(inside) == 1, "two hold the lock"
        try:
            me().give_way()
        finally:
            inside.pop()
            if dead_now():
                note("died inside", me().runtime.rank)
            guard.release()


def deaths_semaphore(world: World) -> None:
    """Never more holders than units; whoever waits gets a unit, or is told that the dead have all of them."""
    deadly(world, semaphore_main)


def semaphore_main() -> None:
    world, random = here(), here().random
    limit = random.randint(1, 3)
    units: Any = BoundedSemaphore(limit) if random.random() < 0.6 else Semaphore(limit)
    children = [world.start_if_any(holder, units, limit, random.randint(1, 6)) for _ in range(hosts())]
    holder(units, limit, random.randint(0, 4))
    world.join(*children)
    free = 0
    with suppress(HolderDied):
        while free < limit and units.acquire(timeout=1.0):
            free += 1
    assert limit - free <= len(world.dead), "units were lost that nobody held"
    assert free <= limit - len(noted("died inside")), "a unit in use by the dead came back"
    for _ in range(free):
        units.release()


def holder(units: Any, limit: int, times: int) -> None:
    world = here()
    for _ in range(times):
        try:
            if not units.acquire(world.random.random() < 0.7, world.random.choice([None, 1.0])):
                continue
        except HolderDied:
            return
        inside = world.notes.setdefault("inside", [])
        inside.append(1)
        assert len(inside) <= limit, "more holders than units"
        try:
            me().give_way()
        finally:
            inside.pop()
            if dead_now():
                note("died inside", 1)
            units.release()


def deaths_condition(world: World) -> None:
    """Sleepers are notified, or told that the lock does not come back; no notification is lost with the dead."""
    deadly(world, condition_main)


def condition_main() -> None:
    world, random = here(), here().random
    gate = Condition(random.choice([Lock, RLock])())
    world.notes["things"] = []
    sleepers = [world.start_if_any(sleeper, gate) for _ in range(hosts())]
    given = 0
    try:
        while any(child.exitcode is None for child in sleepers):
            with gate:
                world.notes["things"].append(given)
                given += 1
                gate.notify(random.choice([1, 1, 2, 9]))
            for _ in range(random.randint(0, 8)):
                me().give_way()
            if given > 40:
                with gate:
                    gate.notify_all()
                    world.notes["over"] = True
    except HolderDied as error:
        assert error.rank in world.dead
    world.join(*sleepers)


def sleeper(gate: Condition) -> None:
    world = here()
    try:
        with gate:
            for _ in range(world.random.randint(1, 3)):
                while not world.notes["things"] and not noted("over"):
                    gate.wait(world.random.choice([None, None, 1.0]))
                if world.notes["things"]:
                    world.notes["things"].pop()
                me().give_way()
    except HolderDied as error:
        assert error.rank in world.dead


# ---- barriers and events ------------------------------------------------------------------------------------------------


def deaths_barrier(world: World) -> None:
    """Nobody waits for one that is dead, if it had ever been there; nobody is through before all have come."""
    deadly(world, barrier_main)


def barrier_main() -> None:
    world, random = here(), here().random
    parties = hosts() + 1
    world.notes["arrived"] = [0] * parties
    gate = Barrier(parties, pause if random.random() < 0.5 else None, random.choice([None, 1.0]))
    turns = random.randint(1, 5)
    children = [world.start_if_any(visitor, gate, name, turns) for name in range(1, parties)]
    visitor(gate, 0, turns)
    world.join(*children)
    if noted("broken"):
        gate.reset()
        assert not gate.broken


def pause() -> None:
    me().give_way()


def visitor(gate: Barrier, name: int, turns: int) -> None:
    world = here()
    for turn in range(turns):
        world.notes["arrived"][name] += 1
        # One that has not come yet may die on its way here, and nobody can know that it was going to.
        try:
            gate.wait(1.0 if turn == 0 else None)
        except BrokenBarrierError:
            note("broken", name)
            return
        assert all(count > turn for count in world.notes["arrived"]), "through before all had come"


def deaths_event(world: World) -> None:
    """Who waits for an event goes on when it is set, whoever has died."""
    deadly(world, event_main)


def event_main() -> None:
    world = here()
    flag = Event()
    children = [world.start_if_any(waiter, flag) for _ in range(hosts())]
    for _ in range(world.random.randint(0, 60)):
        me().give_way()
    flag.set()
    world.join(*children)


def waiter(flag: Event) -> None:
    assert flag.wait()


# ---- queues ----------------------------------------------------------------------------------------------------------------


def deaths_queue(world: World) -> None:
    """No item comes twice; those that the living have put come to the living, but for what the dead had been given."""
    deadly(world, queue_main)
    got, put = noted("got"), noted("put")
    assert not [item for item, count in Counter(got).items() if count > 1], "an item came twice"
    lost = {item for item, rank in put if rank not in world.dead} - set(got)
    assert len(lost) <= len(world.dead), f"lost: {lost}"


def queue_main() -> None:
    world, random = here(), here().random
    items: Queue[Any] = Queue(random.choice([0, 0, 1, 2, 5]))
    consumers = random.randint(0, hosts())
    children = [world.start_if_any(consumer, items) for _ in range(consumers)]
    children += [
        world.start_if_any(producer, items, n, random.randint(1, 10)) for n in range(hosts() - consumers)
    ]
    threads = [world.thread(producer, items, 99, random.randint(0, 10))]
    if not consumers or random.random() < 0.5:
        threads.append(world.thread(drain, items))
    while not (
        all(thread.ended for thread in threads) and all(child.exitcode is not None for child in children)
    ):
        drain(items)
    drain(items)


def producer(items: Queue[Any], name: int, count: int) -> None:
    rank = me().runtime.rank
    for number in range(count):
        items.put((name, number, big() if here().random.random() < 0.1 else b""))
        note("put", ((name, number), rank))


def consumer(items: Queue[Any]) -> None:
    drain(items)


def drain(items: Queue[Any]) -> None:
    """Take what comes, until nothing has come for long."""
    empty = 0
    while empty < 3:
        try:
            note("got", items.get(timeout=1.0)[:2])
            empty = 0
        except Empty:
            empty += 1


def deaths_joinable(world: World) -> None:
    """Who joins is told when all is done, or that the dead had items in hands; nobody waits for ever."""
    deadly(world, joinable_main)


def joinable_main() -> None:
    world, random = here(), here().random
    queue: JoinableQueue[Any] = JoinableQueue(random.choice([0, 0, 2]))
    children = [world.start_if_any(finisher, queue) for _ in range(max(hosts() - 1, 1))]
    if hosts() > 1:
        children.append(world.start_if_any(put_some, queue, random.randint(1, 8)))
    for number in range(random.randint(0, 8)):
        with suppress(Full):
            queue.put(number, timeout=1.0)
    if random.random() < 0.5:
        finish(queue)
    world.join(*children)
    finish(queue)
    try:
        queue.join()
    except HolderDied as error:
        assert error.rank in world.dead
        with suppress(ValueError):
            while True:
                queue.task_done()
        queue.join()


def put_some(queue: JoinableQueue[Any], count: int) -> None:
    for number in range(count):
        with suppress(Full):
            queue.put(number, timeout=1.0)


def finisher(queue: JoinableQueue[Any]) -> None:
    finish(queue)


def finish(queue: JoinableQueue[Any]) -> None:
    empty = 0
    while empty < 2:
        try:
            queue.get(timeout=1.0)
        except Empty:
            empty += 1
            continue
        me().give_way()
        queue.task_done()


# ---- pipes -------------------------------------------------------------------------------------------------------------------


def deaths_pipe(world: World) -> None:
    """Readers get the end of the file when every writer has closed or died, writers are told when every reader has."""
    deadly(world, pipe_main)
    received = noted("received")
    assert not [item for item, count in Counter(received).items() if count > 1], "an object came twice"
    for writer in {item[0] for item in received}:
        numbers = [item[1] for item in received if item[0] == writer]
        assert numbers == sorted(numbers), f"objects of one writer out of order: {numbers}"
    if not any(child.exitcode for child in noted("readers")) and not noted("reader was told"):
        for name, count in [(name, count) for name, count, rank in noted("closed") if rank not in world.dead]:
            assert numbers_of(name) == list(range(count)), (
                f"of {count} objects of {name} came {numbers_of(name)}"
            )


def numbers_of(writer: int) -> list[int]:
    return [item[1] for item in noted("received") if item[0] == writer]


def pipe_main() -> None:
    world, random = here(), here().random
    reader, writer = Pipe(duplex=False)
    courier_reader, courier = Pipe(duplex=random.random() < 0.3)
    inside = random.random() < 0.5
    children = [] if inside else [world.start_if_any(receiver, reader)]
    world.notes["readers"] = list(children)
    for number in range(len(children), hosts()):
        if random.random() < 0.4:
            children.append(
                world.start_if_any(travelling_sender, courier_reader, number, random.randint(0, 6))
            )
            with suppress(BrokenPipeError):
                courier.send(writer)
        else:
            children.append(world.start_if_any(sender, writer, number, random.randint(0, 6)))
    for child in children:
        if (
            child.pending
        ):  # a rank died before it was started: it waits for the reader's, and the reader for it
            world.terminate(child)
    courier.close()
    courier_reader.close()
    if not inside:
        reader.close()
    sender(writer, 99, random.randint(0, 6))
    if inside:
        receiver(reader)
    world.join(*children)


def sender(writer: Connection, name: int, count: int) -> None:
    for number in range(count):
        try:
            writer.send((name, number, big() if here().random.random() < 0.2 else b""))
        except BrokenPipeError:
            assert here().dead
            break
    else:
        note("closed", (name, count, me().runtime.rank))
    writer.close()


def travelling_sender(courier: Connection, name: int, count: int) -> None:
    try:
        writer = courier.recv()
    except EOFError:
        return
    finally:
        courier.close()
    sender(writer, name, count)


def receiver(reader: Connection) -> None:
    while True:
        try:
            if here().random.random() < 0.3 and not reader.poll(here().random.choice([0, 1.0, None])):
                continue
            note("received", reader.recv()[:2])
        except PeerLost as error:
            assert error.rank in here().dead
            note("reader was told", 1)
            return
        except HomeLost as error:  # the pipe is there, but who was to pass the call on is not
            assert error.rank in here().dead and "make it again" in str(error)
        except EOFError:
            return


# ---- homes on the dead, handles everywhere ---------------------------------------------------------------------------


def deaths_homes(world: World) -> None:
    """Objects that a child has made: who uses them after its death is told which rank, and nothing is left of them."""
    deadly(world, homes_main)


def homes_main() -> None:
    world, random = here(), here().random
    gifts, presents = Pipe(duplex=False)
    children = [world.start_if_any(giver, presents)]
    presents.close()
    things: Any = ()
    with suppress(EOFError):
        things = gifts.recv()
    gifts.close()
    children += [world.start_if_any(try_all, things) for _ in range(hosts() - 1)]
    if things and random.random() < 0.8:
        try_all(things)
    del things
    world.join(*children)


def giver(presents: Connection) -> None:
    things = (Lock(), Queue(1), JoinableQueue(), Event(), Barrier(2), Condition(), *Pipe())
    presents.send(things)
    for _ in range(here().random.randint(0, 30)):
        me().give_way()
    presents.close()


def try_all(things: tuple[Any, ...]) -> None:
    for thing in here().random.sample(things, len(things)):
        try:
            attempt(thing)
        except (HomeLost, BrokenBarrierError) as error:
            lost = error if isinstance(error, WorkerDied) else error.__cause__
            assert lost is None or lost.rank in here().dead  # type: ignore[attr-defined]


def attempt(thing: Any) -> None:
    if isinstance(thing, Lock):
        with suppress(HolderDied), thing:
            me().give_way()
    elif isinstance(thing, Queue):
        with suppress(Full):
            thing.put(1, timeout=1.0)
        with suppress(Empty):
            thing.get(timeout=1.0)
    elif isinstance(thing, Event):
        thing.wait(1.0)
        thing.set()
    elif isinstance(thing, Barrier):
        thing.wait(1.0)
    elif isinstance(thing, Condition):
        with suppress(HolderDied), thing:
            thing.wait(1.0)
    else:
        with suppress(EOFError, BrokenPipeError):
            thing.send(1)
            thing.poll(1.0)


def deaths_undelivered(world: World) -> None:
    """Handles lie in channels that are thrown away, and some on dead ranks: of all that lives nothing is left."""
    deadly(world, undelivered_main)


def undelivered_main() -> None:
    world, random = here(), here().random
    channels: list[Any] = [Queue(), Queue(100), *Pipe(), *Pipe(duplex=False)]
    children = []
    for _ in range(random.randint(1, 12)):
        place = random.randrange(len(channels))
        pack = [random.choice([Lock(), Queue(), *Pipe()]) for _ in range(random.randint(1, 3))]
        try_to_offer(channels[place], pack)
        if random.random() < 0.4:
            channels += [thing for thing in pack if isinstance(thing, Queue)]
        if random.random() < 0.5:
            children.append(world.start_if_any(keep, channels[place], channels[place + 3 :][:3]))
    world.join(*children)


def try_to_offer(channel: Any, pack: list[Any]) -> None:
    with suppress(BrokenPipeError):
        offer(channel, pack)


def keep(channel: Any, things: list[Any]) -> None:
    with suppress(BrokenPipeError):
        keeper(channel, things)


# ---- managers ------------------------------------------------------------------------------------------------------------


def deaths_referents(world: World) -> None:
    """The manager's rank dies, or those of its users: callers are told as when it ends, the others go on."""
    deadly(world, referents_main)


def referents_main() -> None:
    world, random = here(), here().random
    if random.random() < 0.5:
        keeper = server()
        table, slow = make(keeper, "dict"), make(keeper, "slow")
        children = [world.start_if_any(user, n, table, slow, 5) for n in range(hosts())]
        use(99, table, slow, random.randint(0, 5))
        world.join(*children)
        return
    gifts, presents = Pipe(duplex=False)
    over, end = Pipe(duplex=False)
    children, users = [world.start_if_any(serve, presents, over)], []
    presents.close()
    over.close()
    with suppress(EOFError):
        table, slow = gifts.recv()
        users = [world.start_if_any(user, n, table, slow, 3) for n in range(hosts() - 1)]
        user(99, table, slow, random.randint(0, 4))
    end.close()
    world.join(*users)
    world.join(*children)


def serve(presents: Connection, over: Connection) -> None:
    keeper = server()
    presents.send((make(keeper, "dict"), make(keeper, "slow")))
    presents.close()
    with suppress(EOFError):
        over.recv()


def user(number: int, table: Any, slow: Any, times: int) -> None:
    try:
        use(number, table, slow, times)
    except (OSError, EOFError):
        note("lost", number)


DEATHS: dict[str, Callable[[World], None]] = {
    scenario.__name__: scenario
    for scenario in (
        deaths_lock,
        deaths_semaphore,
        deaths_condition,
        deaths_barrier,
        deaths_event,
        deaths_queue,
        deaths_joinable,
        deaths_pipe,
        deaths_homes,
        deaths_undelivered,
        deaths_referents,
    )
}
"""What holds whoever dies, in every order of events."""
