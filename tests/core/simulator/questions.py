"""Random programs that ask: how many, whether, how many wait; and set, clear, reset and notify meanwhile."""

from __future__ import annotations

from collections import Counter
from typing import Any

from mpiprocessing.queues import Empty, Queue
from mpiprocessing.synchronize import Barrier, Condition, Event, Semaphore
from tests.core.simulator.notes import here, note, noted
from tests.core.simulator.world import World

__all__ = ["questions"]

_UNITS = 2


def questions(world: World) -> None:
    """Every answer is one that can be, and asking loses nothing."""
    world.run(questions_main)
    assert Counter(noted("got")) == Counter(noted("put")), "items were lost, or came twice"


def questions_main() -> None:
    world = here()
    things = Queue(), Semaphore(_UNITS), Barrier(2), Event(), Condition()
    children = [world.start(asker, n, *things) for n in range(1, len(world.ranks))]
    asker(0, *things)
    world.join(*children)
    items, permits, *_ = things
    while items.qsize():
        note("got", items.get())
    assert permits.get_value() == _UNITS


def asker(
    me: int, items: Queue[Any], permits: Semaphore, gate: Barrier, flag: Event, room: Condition
) -> None:
    """One process: a few steps, each of them anything."""
    random = here().random
    for number in range(random.randint(2, 8)):
        what = random.choice(("put", "get", "size", "poll", "units", "gate", "flag", "notify"))
        if what == "put":
            note("put", (me, number))
            items.put((me, number))
        elif what == "get":
            try:
                note("got", items.get(random.random() < 0.8, 1.0))
            except Empty:
                pass
        elif what == "size":
            assert 0 <= items.qsize() <= len(noted("put"))
        elif what == "poll":
            there = items._reader.poll(random.choice((0, 1.0)))
            assert not there or noted("put")
        elif what == "units":
            taken = permits.acquire(False)
            assert 0 <= permits.get_value() <= _UNITS - taken
            if taken:
                permits.release()
        elif what == "gate":
            assert gate.n_waiting == 0 and not gate.broken, "nobody waits, nobody breaks it"
            gate.reset()
        elif what == "flag":
            random.choice((flag.set, flag.clear, flag.is_set))()
        else:
            with room:
                random.choice((room.notify, room.notify_all))()
