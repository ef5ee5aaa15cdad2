"""How many messages each operation takes: exact numbers, counted on the simulated network.

The processes that operate are on ranks of their own; the main process on rank 0 made the objects, and is their home at first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from mpiprocessing.connection import Connection, Pipe
from mpiprocessing.core import payload
from mpiprocessing.core.handle import Handle
from mpiprocessing.core.homes.taskfarm import AHEAD, TaskFarmHome, TaskFarmStub
from mpiprocessing.core.homes.tasks import Task
from mpiprocessing.core.messages import Payload
from mpiprocessing.queues import Queue
from mpiprocessing.synchronize import Barrier, Lock
from tests.core.simulator import World
from tests.core.simulator.farm import worker
from tests.core.simulator.notes import here, me, note, noted

Counts = dict[str, int]


def at_rest() -> None:
    """Wait until nothing is on its way."""
    world = here()
    me().give_way(lambda: world.network.quiet and not any(rank.node.outbox for rank in world.ranks))


def counted(step: Callable[[], object]) -> Counts:
    """What messages a step takes, all that follows from it included."""
    at_rest()
    before = Counter(here().network.sent)
    step()
    at_rest()
    return dict(here().network.sent - before)


def played(ranks: int, main: Callable[..., None], *args: Any) -> World:
    world = World(ranks, seed=1)
    try:
        world.run(main, *args)
    finally:
        world.abandon()
    return world


def in_child(operate: Callable[..., None], *things: Any) -> None:
    here().join(here().start(operate, *things))


def count_in_child(operate: Callable[..., None], make: Callable[[], Any]) -> Any:
    """Run an operation in one child on rank 1, on an object of rank 0's, and return what it noted."""
    played(2, lambda: in_child(operate, make()))
    return noted("counts")


# ---- queue ----------------------------------------------------------------------------------------------------------


def put_twice_and_get(items: Queue[int]) -> None:
    note("counts", counted(lambda: items.put(1)))
    note("counts", counted(lambda: items.put(2)))
    note("counts", counted(items.get))


def test_a_put_takes_one_message_after_the_first_and_a_get_two() -> None:
    first, second, get = count_in_child(put_twice_and_get, Queue)
    assert first == {"WriterOpen": 1, "WriterOpened": 1, "QueuePut": 1}
    assert second == {"QueuePut": 1}
    assert get == {"QueueGet": 1, "QueueGot": 1}


def get_often(items: Queue[int]) -> None:
    for _ in range(4):
        items.get()
    note("counts", counted(items.get))


def filled() -> Queue[int]:
    items: Queue[int] = Queue()
    for number in range(5):
        items.put(number)
    return items


def test_a_get_takes_none_where_the_queue_has_followed_its_only_consumer() -> None:
    assert count_in_child(get_often, filled) == [{}]


def put_bounded(items: Queue[int]) -> None:
    note("counts", counted(lambda: items.put(1)))
    note("counts", counted(lambda: items.put(2)))


def test_a_bounded_put_asks_once_and_then_takes_one_message() -> None:
    first, second = count_in_child(put_bounded, lambda: Queue(8))
    asked = {"PermitAcquire": 1, "PermitAcquired": 1, "WriterOpen": 1, "WriterOpened": 1}
    assert first == {**asked, "QueuePut": 1}
    assert second == {"QueuePut": 1}


# ---- pipe -----------------------------------------------------------------------------------------------------------


def send_some(writer: Connection, go: Connection) -> None:
    writer.send(0)
    go.recv()
    for _ in range(3):
        note("counts", counted(lambda: writer.send(1)))
    writer.send(None)


def receive_all(reader: Connection, ready: Connection) -> None:
    reader.recv()
    ready.send(1)
    while reader.recv() is not None:
        pass


def pipe_between_children() -> None:
    reader, writer = Pipe(duplex=False)
    go, ready = Pipe(duplex=False)
    children = [here().start(receive_all, reader, ready), here().start(send_some, writer, go)]
    here().join(*children)


def test_an_object_through_a_pipe_takes_one_message_between_any_two_ranks() -> None:
    played(3, pipe_between_children)
    assert noted("counts") == [{"PipeSend": 1}] * 3


# ---- lock -----------------------------------------------------------------------------------------------------------


def lock_twice(guard: Lock) -> None:
    for _ in range(2):
        note("counts", counted(lambda: (guard.acquire(), guard.release())))


def test_a_lock_takes_two_messages_and_none_for_the_same_holder_again() -> None:
    assert count_in_child(lock_twice, Lock) == [{"PermitAcquire": 1, "PermitAcquired": 1}, {}]


def fight(guard: Lock, times: int) -> None:
    for _ in range(times):
        with guard:
            pass


def fighting() -> None:
    guard = Lock()

    def both() -> None:
        children = [here().start(fight, guard, 20) for _ in range(2)]
        here().join(*children)

    counts = counted(both)
    note("counts", sum(number for kind, number in counts.items() if kind.startswith("Permit")))


def test_two_that_fight_for_a_lock_pay_at_most_four_messages_a_turn() -> None:
    played(3, fighting)
    assert noted("counts")[0] <= 4 * 40


# ---- barrier --------------------------------------------------------------------------------------------------------


def visit(gate: Barrier, turns: int) -> None:
    for turn in range(turns):
        at_rest()
        if turn == turns - 1:
            here().notes.setdefault("before", Counter(here().network.sent))
        gate.wait()


def meeting(children: int) -> None:
    gate = Barrier(children)
    started = [here().start(visit, gate, 3) for _ in range(children)]
    here().join(*started)


@pytest.mark.parametrize("children", [2, 3, 5])
def test_a_barrier_that_has_moved_to_one_of_n_takes_2_n_minus_1(children: int) -> None:
    world = played(children + 1, meeting, children)
    last = world.network.sent - world.notes["before"]
    assert last["BarrierWait"] == last["BarrierPassed"] == children - 1


# ---- pool and process -------------------------------------------------------------------------------------------------


def farming(tasks: int, seconds: float) -> None:
    runtime = me().runtime
    (handle,) = Handle.to_new(TaskFarmHome, TaskFarmStub, note_ended)
    home: Any = handle.home()
    workers = [here().start(worker, handle, number, None, seconds) for number in range(2)]
    function = home.define(payload.dumps("a function"))

    def run() -> None:
        runtime.dispatch(
            home.submit(
                [Task(number, function, "map", payload.dumps((number, 0))) for number in range(tasks)]
            )
        )
        runtime.drive_until(lambda: len(noted("ended")) == tasks)

    note("counts", counted(run))
    runtime.dispatch(home.close())
    here().join(*workers)


def note_ended(results: list[tuple[Task, bool, Payload]]) -> None:
    for task, _, _ in results:
        note("ended", task.number)


def test_a_task_takes_two_messages_and_its_function_one_per_worker() -> None:
    played(3, farming, 40, 1.0)
    (counts,) = noted("counts")
    # Where a worker is idle at the end, another may be asked for what it has not begun.
    recalls = counts.pop("PoolRecall", 0)
    assert recalls <= 4 and counts.pop("PoolReturned", 0) == recalls
    again = counts["PoolRun"] - 40
    assert 0 <= again <= recalls * AHEAD
    assert counts == {"PoolRun": 40 + again, "PoolRan": 40, "PoolFunction": 2}


def test_short_tasks_travel_together() -> None:
    played(3, farming, 2000, 1e-5)
    (counts,) = noted("counts")
    recalls = counts.pop("PoolRecall", 0)
    assert recalls <= 4 and counts.pop("PoolReturned", 0) == recalls
    assert counts.pop("PoolFunction") == 2
    # About a hundred at a time, and towards the end fewer and fewer, so that all workers end together.
    assert max(counts["PoolRan"], counts["PoolRun"]) <= 2000 / 20


def nothing() -> None:
    pass


def starting() -> None:
    note("counts", counted(lambda: in_child(nothing)))


def test_a_process_takes_three_messages_from_start_to_join() -> None:
    played(2, starting)
    assert noted("counts") == [{"ProcessStart": 1, "ProcessExited": 1, "HostFree": 1}]
