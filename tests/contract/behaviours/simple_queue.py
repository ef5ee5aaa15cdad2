"""SimpleQueue: put and get and nothing else."""

from __future__ import annotations

import multiprocessing
import threading
from multiprocessing.queues import SimpleQueue

from .support import finish, raises, start

CLOSED = "handle is closed"


def _put_all(queue: SimpleQueue, items: list[object]) -> None:
    for item in items:
        queue.put(item)


def check_first_in_first_out() -> None:
    queue = multiprocessing.SimpleQueue()
    assert isinstance(queue, SimpleQueue)
    _put_all(queue, [1, "two", [3]])
    assert [queue.get() for _ in range(3)] == [1, "two", [3]]


def check_empty() -> None:
    queue = multiprocessing.SimpleQueue()
    assert queue.empty() is True
    queue.put(None)
    assert queue.empty() is False
    assert queue.get() is None
    assert queue.empty() is True


def check_order_of_one_producer_is_kept() -> None:
    queue = multiprocessing.SimpleQueue()
    child = start(_put_all, queue, list(range(500)))
    assert [queue.get() for _ in range(500)] == list(range(500))
    finish(child)


def check_several_producers_and_consumers_lose_nothing() -> None:
    todo, done = multiprocessing.SimpleQueue(), multiprocessing.SimpleQueue()
    consumers = [start(_collect, todo, done) for _ in range(2)]
    producers = [start(_put_all, todo, list(range(first, 200, 2))) for first in range(2)]
    finish(*producers)
    for _ in consumers:
        todo.put(None)
    found = [done.get() for _ in consumers]
    finish(*consumers)
    assert sorted(found[0] + found[1]) == list(range(200))


def _collect(todo: SimpleQueue, done: SimpleQueue) -> None:
    done.put(list(iter(todo.get, None)))


def check_close() -> None:
    queue = multiprocessing.SimpleQueue()
    queue.put("never read")
    queue.close()
    queue.close()
    with raises(OSError, CLOSED):
        queue.get()
    with raises(OSError, CLOSED):
        queue.put("late")
    with raises(OSError, CLOSED):
        queue.empty()


def check_close_in_one_process_leaves_the_others_alone() -> None:
    queue = multiprocessing.SimpleQueue()
    finish(start(_put_and_close, queue))
    assert queue.get() == "from the child"
    queue.put("still open")
    assert queue.get() == "still open"


def _put_and_close(queue: SimpleQueue) -> None:
    queue.put("from the child")
    queue.close()


def check_an_item_that_cannot_be_pickled_is_refused_by_put() -> None:
    queue = multiprocessing.SimpleQueue()
    with raises(TypeError, "cannot pickle '_thread.lock' object"):
        queue.put(threading.Lock())
    queue.put("next")
    assert queue.get() == "next"


def check_items_outlive_their_producer() -> None:
    queue = multiprocessing.SimpleQueue()
    finish(*[start(_put_all, queue, [number]) for number in range(3)])
    assert sorted(queue.get() for _ in range(3)) == [0, 1, 2]


def check_reader_can_be_waited_for() -> None:
    queue = multiprocessing.SimpleQueue()
    assert multiprocessing.connection.wait([queue._reader], 0) == []
    child = start(_put_all, queue, ["word"])
    assert multiprocessing.connection.wait([queue._reader]) == [queue._reader]
    assert queue.get() == "word"
    finish(child)


def check_made_from_a_context_or_the_submodule() -> None:
    for queue in (
        multiprocessing.get_context("spawn").SimpleQueue(),
        SimpleQueue(ctx=multiprocessing.get_context()),
    ):
        queue.put("made")
        assert queue.get() == "made"
    assert str(SimpleQueue[int]).endswith("SimpleQueue[int]")
