"""What has gone into a channel, or back into it, is there for whoever is told so."""

from __future__ import annotations

from typing import Any

from mpiprocessing.connection import Connection
from mpiprocessing.core.messages import QueuePut
from mpiprocessing.queues import Empty, Queue
from mpiprocessing.synchronize import Event
from tests.core.simulator.ends import keepers_end, made_elsewhere, one_way
from tests.core.simulator.notes import here, me, note, noted
from tests.core.simulator.world import World

__all__ = ["flushed_before_told", "put_back_before_told", "put_before_orphaned", "put_between_gets"]


def flushed_before_told(world: World) -> None:
    """Who has closed a queue and joined its thread has put its items, also where the queue is on a third rank."""
    world.run(flushed_main)


def flushed_main() -> None:
    if len(here().ranks) < 4:
        return
    items: Queue[int] = made_elsewhere(Queue)
    told = Event()
    child = here().start(put_and_flush, items, told)
    told.wait()
    assert_there(items)
    here().join(child)
    keepers_end()


def put_and_flush(items: Queue[int], told: Event) -> None:
    items.put(1)
    items.close()
    items.join_thread()
    told.set()


def assert_there(items: Queue[int]) -> None:
    try:
        assert items.get_nowait() == 1
    except Empty:
        raise AssertionError("an item was put, and is not there") from None


def put_back_before_told(world: World) -> None:
    """What reached a consumer whose wait was just interrupted is there again for whoever it tells."""
    world.run(put_back_main)


def put_back_main() -> None:
    if len(here().ranks) < 4:
        return
    make: Any = here().random.choice((Queue, one_way))
    made = made_elsewhere(make) if here().random.random() < 0.8 else make()
    inlet, outlet = made if make is one_way else (made, made)
    told = Event()
    child = here().start(be_interrupted, inlet, told)
    me().runtime.drive_until(lambda: bool(noted("waits")))
    if make is one_way:
        outlet.send(1)
    else:
        outlet.put(1)
        outlet.qsize()  # it is there
    told.wait()
    if not noted("got") and make is one_way:
        assert inlet.poll(), "an object was sent, and is not there"
    elif not noted("got"):
        assert_there(inlet)
    here().join(child)
    keepers_end()


class _Interrupted(Exception):
    """What the program's own handler of a signal raises."""


def be_interrupted(inlet: Any, told: Event) -> None:
    runtime = me().runtime

    def strike() -> None:
        raise _Interrupted

    def signal() -> None:
        for _ in range(here().random.randint(0, 8)):
            me().give_way()
        runtime.progress.pending = strike

    here().thread(signal)
    note("waits", 1)
    try:
        note("got", inlet.recv() if isinstance(inlet, Connection) else inlet.get())
        runtime.drive_until(lambda: False)
    except _Interrupted:
        runtime.progress.pending = None
    told.set()


def put_before_orphaned(world: World) -> None:
    """A child that outlives its parent finds what that has put, once it knows of its end."""
    world.run(put_before_orphaned_main)


def put_before_orphaned_main() -> None:
    if len(here().ranks) < 4:
        return
    items: Queue[int] = made_elsewhere(Queue)
    here().join(here().start(put_and_end, items))
    me().runtime.drive_until(lambda: bool(noted("orphaned")))
    keepers_end()


def put_and_end(items: Queue[int]) -> None:
    here().start(outlive_parent, items)
    items.put(1)


def outlive_parent(items: Queue[int]) -> None:
    runtime = me().runtime
    try:
        runtime.drive_until(lambda: runtime.current in runtime.orphans)
        assert_there(items)
    finally:
        note("orphaned", 1)


def put_between_gets(world: World) -> None:
    """A consumer that puts as well, in a thread of its own: when it was joined, nothing that it has put waits for its turn."""
    world.hasty = 0.2
    world.run(put_between_gets_main)


def put_between_gets_main() -> None:
    ranks = here().ranks
    if len(ranks) < 3:
        return
    items: Queue[int] = made_elsewhere(Queue) if len(ranks) > 3 else Queue()
    children = [here().start(put_some, items) for _ in range(len(ranks) - 2 - len(noted("keepers")))]
    here().join(here().start(get_and_put, items))
    early = [
        message
        for runtime in ranks
        for home in runtime.node.homes.values()
        for waiting in home._early.values()
        for message in waiting.values()
    ]
    assert not [message for message in early if isinstance(message, QueuePut)], (
        "joined, and its item is not there"
    )
    here().join(*children)
    assert items.qsize() == len(noted("put")) - len(noted("got"))
    keepers_end()


def put_some(items: Queue[int]) -> None:
    for _ in range(here().random.randint(1, 3)):
        items.put(1)
        note("put", 1)


def get_and_put(items: Queue[int]) -> None:
    random = here().random

    def get_some() -> None:
        for _ in range(random.randint(4, 8)):
            try:
                note("got", items.get(timeout=1.0))
            except Empty:
                pass

    thread = here().thread(get_some)
    for _ in range(random.randint(3, 6)):
        for _ in range(random.randint(0, 4)):
            me().give_way()
        items.put(1)
        note("put", 1)
    me().runtime.drive_until(lambda: thread.ended)
