"""Random programs on queues and pipes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mpiprocessing.connection import Connection, Pipe
from mpiprocessing.core.homes import pipe as pipe_home
from mpiprocessing.core.homes.queue import QueueHome
from mpiprocessing.queues import Empty, Full, JoinableQueue, Queue
from mpiprocessing.synchronize import Lock
from tests.core.simulator.notes import big, here, me, note, noted
from tests.core.simulator.world import World

__all__ = ["joinable", "order", "order_while_moving", "pipe", "put_after_a_join", "queue", "undelivered"]


# ---- queues: every item arrives once, and those of one producer in order ---------------------------------------------


def queue(world: World) -> None:
    """Producers and consumers on one queue, with and without waiting, some of them terminated."""
    world.run(queue_main)
    got, put = noted("got"), noted("put")
    assert not [item for item, count in Counter(got).items() if count > 1], "an item came twice"
    assert set(got) <= set(put), "an item came that nobody put"
    if not noted("terminated"):
        assert sorted(got) == sorted(put), f"lost: {set(put) - set(got)}"
    # What a terminated consumer had just been given goes back to the front, behind later items that were given to others.
    for consumer in {name for name, _ in noted("seen")} if not noted("terminated") else ():
        seen = [item for name, item in noted("seen") if name == consumer]
        for producer in {item[0] for item in seen}:
            numbers = [item[1] for item in seen if item[0] == producer]
            assert numbers == sorted(numbers), f"items of one producer out of order: {numbers}"


def queue_main() -> None:
    world, random = here(), here().random
    maxsize = random.choice([0, 0, 1, 2, 3, 8])
    items: Queue[Any] = Queue(maxsize)
    if maxsize:
        world.invariants.append(lambda: bound_holds(world, maxsize))
    ranks = len(world.ranks)
    producers, consumers = random.randint(1, ranks), random.randint(1, ranks)
    each = random.randint(1, 12)
    # Children go first that others wait for; where ranks are few, some are pending, and the queue must hold what comes first.
    hosts = ranks - 1
    consumers = min(consumers, hosts) if hosts else 0
    inline = random.random() < 0.5 or consumers + producers > hosts
    children = [
        world.start(consumer, items, n, random.choice(["block", "poll", "timeout"])) for n in range(consumers)
    ]
    for n in range(producers):
        if len(children) < hosts and not (inline and n == 0):
            children.append(
                world.start(producer, items, n, each, random.choice(["block", "nowait", "timeout"]))
            )
        else:
            producer(items, n, each, "block")
    victim = (
        random.choice(children[:consumers] or [None]) if random.random() < 0.15 and consumers > 1 else None
    )
    if victim is not None and random.random() < 0.5:
        world.breathe()
        note("terminated", victim.number)
        world.terminate(victim)
    world.join(*children[consumers:])
    for _ in range(consumers):
        items.put(None)
    world.join(*children)


def producer(items: Queue[Any], name: int, count: int, how: str) -> None:
    for number in range(count):
        item = (name, number, big() if here().random.random() < 0.1 else b"")
        while True:
            try:
                items.put(item, how != "nowait", 1.0 if how == "timeout" else None)
                break
            except Full:
                here().breathe()
        note("put", item[:2])


def consumer(items: Queue[Any], name: int, how: str) -> None:
    while True:
        try:
            item = items.get(how != "poll", 1.0 if how == "timeout" else None)
        except Empty:
            if how == "poll":
                me().give_way()
            continue
        if item is None:
            return
        note("got", item[:2])
        note("seen", (name, item[:2]))


def bound_holds(world: World, maxsize: int) -> None:
    """Never more places are given away than there are."""
    for runtime in world.ranks:
        for home in runtime.node.homes.values():
            if isinstance(home, QueueHome) and home.places is not None:
                places = home.places
                whole = places.free + sum(places._out.values()) + len(home.items)
                assert whole == maxsize, f"{whole} places in a queue of {maxsize}"
                assert all(units > 0 for units in places._out.values()), places._out


def put_after_a_join(world: World) -> None:
    """What is put after a producer was joined stands behind its items, also while the queue goes to a consumer and back."""
    world.run(put_after_a_join_main)
    ended: set[int] = set()
    for kind, name in noted("left"):
        if kind == "joined":
            ended.add(name)
        else:
            assert name not in ended, (
                f"an item of producer {name} stands behind what was put after its end: {noted('left')}"
            )


def put_after_a_join_main() -> None:
    world, random = here(), here().random
    hosts = len(world.ranks) - 1
    if hosts < 3:
        return
    items: Queue[Any] = Queue()
    for _ in range(9):
        items.put(None)
    first = world.start(get_some, items, 5)  # in a row: the queue goes there
    producers = [world.start(put_some, items, name, random.randint(1, 2)) for name in range(hosts - 2)]
    second = world.start(get_some, items, 1)  # one more consumer: it goes back
    for name, child in enumerate(producers):
        world.join(child)
        items.put(("joined", name))
    world.join(first, second)
    while items.qsize():
        item = items.get()
        if item is not None:
            note("left", item)


def get_some(items: Queue[Any], count: int) -> None:
    for _ in range(count):
        items.get()


def put_some(items: Queue[Any], name: int, count: int) -> None:
    for _ in range(count):
        items.put(("put", name))


# ---- joinable queues: who is told of an item waits until it is done --------------------------------------------------


def joinable(world: World) -> None:
    """Who joins finds all done that was put before it knew, by whomever; and no item is done twice."""
    world.run(joinable_main)
    assert sorted(noted("done")) == sorted(noted("put"))


def joinable_main() -> None:
    world, random = here(), here().random
    queue: JoinableQueue[Any] = JoinableQueue(random.choice([0, 0, 1, 3]))
    hosts = len(world.ranks) - 1
    workers = 2 if hosts > 3 and random.random() < 0.3 else min(1, hosts)
    children = [world.start(finisher, queue) for _ in range(workers)]
    reader, tell = Pipe(duplex=False)
    if hosts - workers > 1:
        children.append(world.start(joiner, queue, reader))
    tellers = [
        world.start(teller, queue, tell, name, random.randint(1, 8)) for name in range(hosts - len(children))
    ]
    if workers:
        teller(queue, tell, -1, random.randint(0, 5))
    tell.close()
    if workers == len(children):
        joiner(queue, reader)
    world.join(*tellers)
    for _ in range(workers):
        queue.put(None)
    world.join(*children)
    queue.join()
    try:
        queue.task_done()
    except ValueError:
        return
    raise AssertionError("more was put than done, and everybody has joined")


def joiner(queue: JoinableQueue[Any], reader: Connection) -> None:
    while True:
        try:
            item = reader.recv()
        except EOFError:
            return
        if here().random.random() < 0.3:
            queue.qsize()  # learns where the queue is by now
        queue.join()
        assert item in noted("done"), f"{item} was put before, and is not done"


def teller(queue: JoinableQueue[Any], tell: Connection, name: int, count: int) -> None:
    for number in range(count):
        queue.put((name, number))
        note("put", (name, number))
        tell.send((name, number))
    tell.close()


def finisher(queue: JoinableQueue[Any]) -> None:
    for item in iter(queue.get, None):
        here().breathe()
        note("done", item)
        queue.task_done()
    queue.task_done()


# ---- pipes: everything once and in order, the end when the last writer has gone, never before -------------------------


def pipe(world: World) -> None:
    """Writers and readers on one pipe; its ends travel, also through another pipe; some have little room to be ahead."""
    with window(world.random.choice([200, pipe_home.WINDOW])):
        world.run(pipe_main)
    sent, received = noted("sent"), noted("received")
    assert not [item for item, count in Counter(received).items() if count > 1], "an object came twice"
    if noted("terminated"):
        # What a reader had just been given goes back to the front: behind later objects that the other reader has already
        # got, perhaps even behind the end it has seen.
        assert set(received) <= set(sent) and len(sent) - len(received) <= 1
        return
    assert sorted(sent) == sorted(received), f"lost: {set(sent) - set(received)}"
    for writer in {item[0] for item in sent}:
        for reader in {name for name, _ in noted("read")}:
            numbers = [item[1] for name, item in noted("read") if name == reader and item[0] == writer]
            assert numbers == sorted(numbers), f"objects of one writer out of order: {numbers}"


@contextmanager
def window(size: int) -> Iterator[None]:
    """How many bytes writers may be ahead."""
    outer, pipe_home.WINDOW = pipe_home.WINDOW, size
    try:
        yield
    finally:
        pipe_home.WINDOW = outer


def pipe_main() -> None:
    world, random = here(), here().random
    reader, writer = Pipe(duplex=False)
    courier_reader, courier = Pipe(duplex=random.random() < 0.3)
    hosts = len(world.ranks) - 1
    readers = 2 if hosts > 2 and random.random() < 0.3 else 1
    writers = hosts - readers
    world.notes["writers"] = 1 + writers
    children = [world.start(receiver, reader, number) for number in range(readers)]
    for number in range(writers):
        if random.random() < 0.4:
            children.append(world.start(travelling_sender, courier_reader, number + 1, random.randint(0, 6)))
            courier.send(writer)
        else:
            children.append(world.start(sender, writer, number + 1, random.randint(0, 6)))
    if random.random() < 0.5:
        reader.close()
    if readers > 1 and random.random() < 0.5:
        world.breathe()
        note("terminated", 0)
        world.terminate(children[0])
        readers -= 1
    sender(writer, 0, random.randint(0, 6))
    world.join(*children)
    assert len(noted("ended")) >= readers


def sender(writer: Connection, name: int, count: int) -> None:
    for number in range(count):
        note("sent", (name, number))
        writer.send((name, number, big() if here().random.random() < 0.2 else b""))
    here().notes["writers"] -= 1
    writer.close()


def travelling_sender(courier: Connection, name: int, count: int) -> None:
    writer = courier.recv()
    sender(writer, name, count)


def receiver(reader: Connection, name: int) -> None:
    world = here()
    while True:
        if world.random.random() < 0.3 and not reader.poll(world.random.choice([0, 1.0, None])):
            continue
        try:
            item = reader.recv()
        except EOFError:
            assert not world.notes["writers"], "the end came before the last writer had gone"
            note("ended", name)
            return
        note("received", item[:2])
        note("read", (name, item[:2]))


# ---- the order of effects --------------------------------------------------------------------------------------------


def order(world: World) -> None:
    """Who gets the lock finds written what its last holder wrote: pipe and lock are on different ranks."""
    world.run(order_main, False)
    sent, received = noted("sent"), noted("received")
    assert sent == received, f"written {sent}, read {received}"


def order_while_moving(world: World) -> None:
    """The same while the pipe goes to its readers, one after the other."""
    world.run(order_main, True)
    sent, received = noted("sent"), noted("received")
    assert sent == received, f"written {sent}, read {received}"


def order_main(moving: bool) -> None:
    world, random = here(), here().random
    hosts = len(world.ranks) - 1
    reader, writer = Pipe(duplex=False)
    locks, sent_lock = Pipe(duplex=False)
    maker = world.start(make_lock, sent_lock)
    guard = locks.recv()
    writers = hosts - 1 - moving
    world.notes["writers"] = max(writers, 0) + 1
    children = [
        world.start(guarded_writer, writer, guard, name, random.randint(1, 5))
        for name in range(1, writers + 1)
    ]
    if moving and hosts > 1 and random.random() < 0.5:
        children.append(world.start(receiver, reader, 0))
    guarded_writer(writer, guard, 0, random.randint(0, 4))
    writer.close()
    while moving and hosts > 1 and random.random() < 0.5 and len(children) == writers:
        world.join(world.start(read_some, reader))  # one after the other, here and there
        if random.random() < 0.5:
            read_some(reader)
    if moving and hosts > 1 and len(children) == writers:
        children.append(world.start(receiver, reader, 0))
    if not (moving and hosts > 1):
        receiver(reader, 0)
    sent_lock.close()
    locks.close()
    world.join(*children)
    world.notes["done"] = True
    world.join(maker)


def make_lock(sent_lock: Connection) -> None:
    """The lock's home is on this rank, and stays there while the process lives."""
    sent_lock.send(Lock())
    me().runtime.drive_until(lambda: bool(here().notes.get("done")))


def guarded_writer(writer: Connection, guard: Lock, name: int, count: int) -> None:
    for number in range(count):
        with guard:
            note("sent", (name, number))
            writer.send((name, number, big() if here().random.random() < 0.2 else b""))
    here().notes["writers"] -= 1
    writer.close()


def read_some(reader: Connection) -> None:
    for _ in range(2):
        try:
            note("received", reader.recv()[:2])
        except EOFError:
            return


# ---- handles in payloads that nobody reads ---------------------------------------------------------------------------


def undelivered(world: World) -> None:
    """Ends of pipes, locks and queues left in channels that are thrown away, at any depth."""
    world.run(undelivered_main)


def undelivered_main() -> None:
    # A channel that lies, over any number of others, in itself is never free. So things go into older ones only.
    world, random = here(), here().random
    channels: list[Any] = [Queue(), Queue(100), *Pipe(), *Pipe(duplex=False)]
    children = []
    for _ in range(random.randint(1, 12)):
        place = random.randrange(len(channels))
        pack = [random.choice([Lock(), Queue(), *Pipe()]) for _ in range(random.randint(1, 3))]
        offer(channels[place], pack)
        if random.random() < 0.4:
            channels += [thing for thing in pack if isinstance(thing, Queue)]
        if random.random() < 0.3:
            children.append(world.start(keeper, channels[place], channels[place + 3 :][:3]))
    world.join(*children)
    if random.random() < 0.5:
        for channel in channels:
            channel.close()


def offer(channel: Any, pack: list[Any]) -> None:
    """Put something into a channel, if it takes it."""
    try:
        if isinstance(channel, Queue):
            channel.put(pack, False)
        elif channel.writable:
            channel.send(pack)
    except Full:
        pass


def keeper(channel: Any, things: list[Any]) -> None:
    """Holds some handles, passes copies on, perhaps takes one thing out, and forgets all."""
    offer(channel, things)
    try:
        if isinstance(channel, Queue):
            channel.get(False)
        elif channel.readable:
            channel.poll()
    except Empty:
        pass
