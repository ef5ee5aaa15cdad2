"""Queue: order, limits, waiting, sharing, ends."""

from __future__ import annotations

import multiprocessing
import threading
from collections import OrderedDict, namedtuple
from multiprocessing.connection import Connection
from multiprocessing.queues import Queue
from queue import Empty, Full

from .support import finish, raises, start

Point = namedtuple("Point", "x y")


def _put_all(queue: Queue, items: list[object]) -> None:
    for item in items:
        queue.put(item)


def _filled(items: list[object], maxsize: int = 0) -> Queue:
    """Make a queue that is quiet: its only producer has ended."""
    queue = multiprocessing.Queue(maxsize)
    finish(start(_put_all, queue, items))
    return queue


def check_first_in_first_out() -> None:
    queue = multiprocessing.Queue()
    for number in range(100):
        queue.put(number)
    assert [queue.get() for _ in range(100)] == list(range(100))


def check_order_of_one_producer_is_kept() -> None:
    queue = multiprocessing.Queue()
    child = start(_put_all, queue, list(range(500)))
    assert [queue.get() for _ in range(500)] == list(range(500))
    finish(child)


def _square_all(todo: Queue, done: Queue) -> None:
    for number in iter(todo.get, None):
        done.put(number * number)


def check_there_and_back() -> None:
    todo, done = multiprocessing.Queue(), multiprocessing.Queue()
    child = start(_square_all, todo, done)
    for number in range(50):
        todo.put(number)
    todo.put(None)
    assert [done.get() for _ in range(50)] == [number * number for number in range(50)]
    finish(child)


def check_get_nowait_of_an_empty_queue() -> None:
    queue = multiprocessing.Queue()
    with raises(Empty, ""):
        queue.get_nowait()
    with raises(Empty, ""):
        queue.get(block=False)
    with raises(Empty, ""):
        queue.get(False, 60)


def check_get_timeout_raises_Empty() -> None:
    queue = multiprocessing.Queue()
    with raises(Empty, ""):
        queue.get(timeout=0.02)
    with raises(Empty, ""):
        queue.get(True, 0)
    with raises(Empty, ""):
        queue.get(True, -1)


def check_get_with_timeout_waits_for_the_item() -> None:
    queue = multiprocessing.Queue()
    child = start(_put_all, queue, ["in time"])
    assert queue.get(timeout=60) == "in time"
    finish(child)


def check_put_to_a_full_queue() -> None:
    queue = multiprocessing.Queue(2)
    queue.put("a")
    queue.put("b", block=False)
    with raises(Full, ""):
        queue.put_nowait("c")
    with raises(Full, ""):
        queue.put("c", block=False)
    with raises(Full, ""):
        queue.put("c", timeout=0.02)
    with raises(Full, ""):
        queue.put("c", True, 0)
    assert [queue.get(), queue.get()] == ["a", "b"]


def check_put_to_a_full_queue_from_a_child() -> None:
    queue = _filled(["a", "b"], maxsize=2)
    finish(start(_find_full, queue))
    assert [queue.get(), queue.get()] == ["a", "b"]
    queue.put_nowait("c")
    assert queue.get() == "c"


def _find_full(queue: Queue) -> None:
    assert queue.full()
    with raises(Full, ""):
        queue.put_nowait("c")
    with raises(Full, ""):
        queue.put("c", timeout=0.02)


def check_put_waits_for_room() -> None:
    queue = multiprocessing.Queue(1)
    child = start(_put_all, queue, list(range(20)))
    assert [queue.get() for _ in range(20)] == list(range(20))
    finish(child)


def check_a_blocked_put_is_released_by_a_get_elsewhere() -> None:
    queue = multiprocessing.Queue(maxsize=1)
    done = multiprocessing.Queue()
    queue.put("first")
    child = start(_move, queue, done, 2)
    queue.put("second")
    assert [done.get(), done.get()] == ["first", "second"]
    finish(child)


def _move(source: Queue, target: Queue, count: int) -> None:
    for _ in range(count):
        target.put(source.get())


def check_maxsize_zero_or_negative_is_no_limit() -> None:
    for maxsize in (0, -1):
        queue = multiprocessing.Queue(maxsize)
        for number in range(100):
            queue.put_nowait(number)
        assert not queue.full()
        assert [queue.get() for _ in range(100)] == list(range(100))


def check_sizes_of_a_quiet_queue_are_exact() -> None:
    queue = multiprocessing.Queue(3)
    assert queue.qsize() == 0 and queue.empty() and not queue.full()
    finish(start(_put_all, queue, [1, 2]))
    assert queue.qsize() == 2 and not queue.empty() and not queue.full()
    finish(start(_put_all, queue, [3]))
    assert queue.qsize() == 3 and not queue.empty() and queue.full()
    assert queue.get() == 1
    assert queue.qsize() == 2 and not queue.empty() and not queue.full()
    assert queue.get() == 2 and queue.get() == 3
    assert queue.qsize() == 0 and queue.empty() and not queue.full()


def check_size_counts_an_item_as_soon_as_it_is_put() -> None:
    queue = multiprocessing.Queue(2)
    queue.put("a")
    assert queue.qsize() == 1
    queue.put("b")
    assert queue.qsize() == 2 and queue.full()
    assert [queue.get(), queue.get()] == ["a", "b"]


def check_quiet_queue_is_emptied_without_waiting() -> None:
    queue = _filled(["a", "b"])
    assert queue.get_nowait() == "a"
    assert queue.get(block=False) == "b"
    with raises(Empty, ""):
        queue.get_nowait()


def check_several_producers_and_consumers_lose_nothing() -> None:
    todo, done = multiprocessing.Queue(), multiprocessing.Queue()
    consumers = [start(_collect, todo, done) for _ in range(2)]
    producers = [start(_put_all, todo, list(range(first, 200, 2))) for first in range(2)]
    finish(*producers)
    for _ in consumers:
        todo.put(None)
    found = [done.get() for _ in consumers]
    finish(*consumers)
    assert sorted(found[0] + found[1]) == list(range(200))
    for items in found:
        for parity in (0, 1):
            of_one_producer = [item for item in items if item % 2 == parity]
            assert of_one_producer == sorted(of_one_producer)


def _collect(todo: Queue, done: Queue) -> None:
    done.put(list(iter(todo.get, None)))


def check_several_producers_of_a_bounded_queue() -> None:
    queue = multiprocessing.Queue(2)
    producers = [start(_put_all, queue, list(range(first, 90, 3))) for first in range(3)]
    assert sorted(queue.get() for _ in range(90)) == list(range(90))
    finish(*producers)


def check_threads_share_a_queue() -> None:
    queue = multiprocessing.Queue()
    threads = [threading.Thread(target=_put_all, args=(queue, list(range(50)))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(queue.get() for _ in range(100)) == sorted(2 * list(range(50)))


def check_objects_of_many_kinds() -> None:
    items = [
        *(None, True, 0, -(10**40), 2.5, 1 + 2j, "", "ü" * 1000, b"\x00\xff", bytearray(b"x"), range(3)),
        *((), [], {}, {1, 2}, frozenset({3}), Point(1, 2), OrderedDict(a=1), ValueError, Ellipsis),
        {"nested": [{"deep": ({"er": [Point(3, [4])]},)}]},
    ]
    queue, back = multiprocessing.Queue(), multiprocessing.Queue()
    child = start(_move, queue, back, len(items))
    for item in items:
        queue.put(item)
    found = [back.get() for _ in items]
    finish(child)
    assert found == items
    assert [type(item) for item in found] == [type(item) for item in items]


def check_cycles_and_identity_within_an_item() -> None:
    queue = multiprocessing.Queue()
    item: list[object] = [[1]]
    item += [item[0], item]
    queue.put(item)
    found = queue.get()
    assert found is not item and found[0] is found[1] and found[2] is found


def check_exceptions_travel_as_objects() -> None:
    queue = _filled([KeyError("lost", 3)])
    error = queue.get()
    assert type(error) is KeyError and error.args == ("lost", 3)


def check_large_arrays() -> None:
    import numpy as np

    queue, back = multiprocessing.Queue(), multiprocessing.Queue()
    arrays = [np.arange(1_000_000.0), np.ones((300, 200, 5), dtype=np.float32, order="F"), np.arange(9)[::2]]
    child = start(_move, queue, back, 3)
    for array in arrays:
        queue.put(array)
    found = [back.get() for _ in arrays]
    finish(child)
    for array, other in zip(arrays, found, strict=True):
        assert other.dtype == array.dtype and other.shape == array.shape and np.array_equal(other, array)
        other[...] = 0  # what arrives is the receiver's own, and writable


def check_large_item_from_a_child() -> None:
    queue = multiprocessing.Queue()
    child = start(_put_all, queue, [bytes(5_000_000), "behind"])
    assert len(queue.get()) == 5_000_000
    assert queue.get() == "behind"
    finish(child)


def check_items_outlive_their_producer() -> None:
    queue = multiprocessing.Queue()
    children = [start(_put_all, queue, [number]) for number in range(6)]
    finish(*children)
    assert sorted(queue.get() for _ in range(6)) == list(range(6))


def check_put_to_a_closed_queue() -> None:
    queue = multiprocessing.Queue()
    queue.put("before")
    assert queue.get() == "before"
    queue.close()
    with raises(ValueError, f"Queue {queue!r} is closed"):
        queue.put("after")
    with raises(ValueError, f"Queue {queue!r} is closed"):
        queue.get()
    with raises(ValueError, f"Queue {queue!r} is closed"):
        queue.put_nowait("after")
    queue.close()
    queue.join_thread()


def check_join_thread_before_close() -> None:
    queue = multiprocessing.Queue()
    with raises(AssertionError, f"Queue {queue!r} not closed"):
        queue.join_thread()


def check_what_was_put_before_close_arrives() -> None:
    queue, back = multiprocessing.Queue(), multiprocessing.Queue()
    child = start(_move, queue, back, 3)
    _put_all(queue, [1, 2, 3])
    queue.close()
    queue.join_thread()
    assert [back.get() for _ in range(3)] == [1, 2, 3]
    finish(child)


def _put_and_close(queue: Queue) -> None:
    queue.put("last words")
    queue.close()
    queue.join_thread()


def check_close_in_one_process_leaves_the_others_alone() -> None:
    queue = multiprocessing.Queue()
    finish(start(_put_and_close, queue))
    assert queue.get() == "last words"
    queue.put("still open")
    assert queue.get() == "still open"


def check_cancel_join_thread_is_accepted() -> None:
    queue = multiprocessing.Queue()
    queue.cancel_join_thread()
    queue.put("small")
    assert queue.get() == "small"
    queue.close()


def check_queues_in_containers_and_attributes() -> None:
    queues = {"in": multiprocessing.Queue(), "out": [multiprocessing.Queue()]}
    child = Echo(queues)
    child.start()
    queues["in"].put("there")
    assert queues["out"][0].get() == "there"
    finish(child)


class Echo(multiprocessing.Process):
    """A subclass that keeps its queues among its attributes, as the tutorial's Producer does."""

    def __init__(self, queues: dict[str, object]) -> None:
        super().__init__()
        self.queues = queues

    def run(self) -> None:
        self.queues["out"][0].put(self.queues["in"].get())  # type: ignore[index, attr-defined]


def check_queue_goes_on_to_a_grandchild() -> None:
    queue = multiprocessing.Queue()
    child = start(_pass_on, queue)
    assert queue.get() == "from below"
    finish(child)


def _pass_on(queue: Queue) -> None:
    finish(start(_put_all, queue, ["from below"]))


def check_getter_that_waits_is_served() -> None:
    queue = multiprocessing.Queue()
    reader, report = multiprocessing.Pipe(duplex=False)
    child = start(_get_one, report, queue)
    assert reader.recv() == "waiting"
    queue.put("served")
    assert reader.recv() == "served"
    finish(child)


def _get_one(report: Connection, queue: Queue) -> None:
    report.send("waiting")
    report.send(queue.get())
