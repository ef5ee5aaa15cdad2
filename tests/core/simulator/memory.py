"""Random programs on shared memory: nothing is lost under a lock, and nothing is ever seen half written."""

from __future__ import annotations

from typing import Any

from mpiprocessing.connection import Connection, Pipe
from mpiprocessing.core import readahead
from mpiprocessing.queues import Queue
from mpiprocessing.sharedctypes import RawArray, RawValue, synchronized
from mpiprocessing.synchronize import Lock, RLock
from tests.core.simulator.notes import here, me, note, noted
from tests.core.simulator.world import World

__all__ = ["memory_counted", "memory_iterated", "memory_passed_on", "memory_slices"]

readahead.MOMENT = float("inf")  # with a clock in it, a schedule would not be the same each time


def memory_counted(world: World) -> None:
    """Processes and threads count up one value under its lock: the count is exact, wherever value and lock live."""
    world.run(counted_main)


def counted_main() -> None:
    world, random = here(), here().random
    elsewhere = len(world.ranks) > 2 and random.random() < 0.6
    raw = made_elsewhere() if elsewhere else RawValue("i")
    lock = random.choice([Lock, RLock])()
    number = (
        synchronized(raw, lock) if isinstance(lock, RLock) else raw
    )  # the wrapper takes the lock once more
    times = [random.randint(1, 5) for _ in range(len(world.ranks) - 1 - elsewhere)]
    children = [world.start(count, number, lock, turns) for turns in times]
    threads = [world.thread(count, number, lock, 2) for _ in range(random.randint(0, 2))]
    count(number, lock, 3)
    world.join(*children)
    me().runtime.drive_until(lambda: all(thread.ended for thread in threads))
    expected = sum(times) + 2 * len(threads) + 3
    assert number.value == expected, f"{number.value} instead of {expected}"
    note("done", 1)
    world.join(*noted("keeper"))


def made_elsewhere(size: int = 0) -> Any:
    """Have another process make the memory: an array of that size, or a value."""
    reader, writer = Pipe(duplex=False)
    note("keeper", here().start(keep, size, writer))
    return reader.recv()


def keep(size: int, writer: Connection) -> None:
    writer.send(RawArray("i", size) if size else RawValue("i"))
    me().runtime.drive_until(lambda: bool(noted("done")))


def count(number: Any, lock: Any, times: int) -> None:
    for _ in range(times):
        with lock:
            seen = number.value
            here().breathe()
            number.value = seen + 1


def memory_slices(world: World) -> None:
    """Writers fill stripes of an array with one number each time: a reader finds each stripe whole."""
    world.run(slices_main)


def slices_main() -> None:
    world, random = here(), here().random
    stripes = random.randint(1, 3)
    items = RawArray("h", stripes * random.choice([3, 6000]))
    writers = [world.start(fill, items, which, stripes) for which in range(len(world.ranks) - 1)]
    for _ in range(4):
        see_whole(items, stripes)
    world.join(*writers)
    see_whole(items, stripes)


def fill(items: Any, which: int, stripes: int) -> None:
    """Write a stripe several times, forwards and backwards; where nobody else writes, one's own writing is there."""
    alone = len(here().ranks) - 1 <= stripes
    first, last = which % stripes, len(items) - stripes + which % stripes
    for turn in range(4):
        stripe = here().random.choice([slice(first, None, stripes), slice(last, None, -stripes)])
        written = [which * 100 + turn] * (len(items) // stripes)
        items[stripe] = written
        assert not alone or items[stripe] == written, "its own writing is not there"


def see_whole(items: Any, stripes: int) -> None:
    for which in range(stripes):
        seen = set(items[which::stripes])
        assert len(seen) == 1, f"half written: {seen}"


def memory_passed_on(world: World) -> None:
    """A process writes, then says so in some way: who learns of it finds it written, wherever the memory lives."""
    world.run(passed_on_main)


def passed_on_main() -> None:
    world, random = here(), here().random
    items: Queue[Any] = Queue()
    mine, other = Pipe()
    flag = RawValue("i")
    size = random.choice([3, 3, 5000])
    elsewhere = len(world.ranks) > 2 and random.random() < 0.7
    memory = made_elsewhere(size) if elsewhere else RawArray("i", size)
    for turn in range(1, 4):
        how = random.choice(["queue", "pipe", "end", "itself", "flag"])
        child = world.start(write_and_tell, memory, turn, how, items, other, flag)
        memory = learn(memory, turn, how, items, mine, flag, child)
        found = memory[-1]
        assert found == turn, f"turn {turn}, told by {how}: {found} is found"
        world.join(child)
    note("done", 1)
    world.join(*noted("keeper"))


def write_and_tell(memory: Any, turn: int, how: str, items: Queue[Any], other: Connection, flag: Any) -> None:
    memory[:] = [turn] * len(memory)
    if how == "queue":
        items.put(turn)
    elif how == "itself":
        items.put(memory)
    elif how == "pipe":
        other.send(turn)
    elif how == "flag":
        flag.value = turn


def learn(
    memory: Any, turn: int, how: str, items: Queue[Any], mine: Connection, flag: Any, child: Any
) -> Any:
    """Wait until the child has told in that way. Returns the memory, which may have come along."""
    if how == "queue":
        items.get()
    elif how == "pipe":
        mine.recv()
    elif how == "end":
        here().join(child)
    elif how == "itself":
        return items.get()
    else:
        while flag.value != turn:
            here().breathe()
    return memory


def memory_iterated(world: World) -> None:
    """Items are read one after the other while others write: what a process was told of, it finds in the next item."""
    world.run(iterated_main)


def iterated_main() -> None:
    world, random = here(), here().random
    elsewhere = len(world.ranks) > 2 and random.random() < 0.7
    size = random.choice([5, 40])
    memory = made_elsewhere(size) if elsewhere else RawArray("i", size)
    mine, other = Pipe()
    writer = world.start(write_turns, memory, other, random.randint(1, 4))
    told = 0
    while told >= 0:
        for index, item in enumerate(memory):
            assert item >= told, f"item {index} is {item}, though {told} was told"
            if random.random() < 0.1 and mine.poll():
                told = mine.recv()
                if told < 0:
                    break
    world.join(writer)
    note("done", 1)
    world.join(*noted("keeper"))


def write_turns(memory: Any, other: Connection, turns: int) -> None:
    for turn in range(1, turns + 1):
        memory[:] = [turn] * len(memory)
        other.send(turn)
    other.send(-1)
