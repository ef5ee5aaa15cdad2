"""Queue: what can be put into it, and what becomes of it when its processes or the queue itself end."""

from __future__ import annotations

import multiprocessing
from collections import OrderedDict, namedtuple
from multiprocessing.queues import Queue

from .support import finish, raises, start

Point = namedtuple("Point", "x y")


def _put_all(queue: Queue, items: list[object]) -> None:
    for item in items:
        queue.put(item)


def _filled(items: list[object]) -> Queue:
    """Make a queue that is quiet: its only producer has ended."""
    queue = multiprocessing.Queue()
    finish(start(_put_all, queue, items))
    return queue


def _move(source: Queue, target: Queue, count: int) -> None:
    for _ in range(count):
        target.put(source.get())


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
