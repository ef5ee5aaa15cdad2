"""Queue: order, limits, waiting, sizes, several producers and consumers."""

from __future__ import annotations

import multiprocessing
import threading
import time
from multiprocessing.connection import Connection
from multiprocessing.queues import Queue
from queue import Empty, Full

from .support import finish, raises, start


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


def check_get_waits_no_longer_when_another_process_wants_an_item_as_well() -> None:
    queue = multiprocessing.Queue()
    reader, report = multiprocessing.Pipe(duplex=False)
    for number in range(3):  # whoever is the only one to get may have the queue with him
        queue.put(number)
        assert queue.get() == number
    child = start(_get_in_vain, report, queue)
    assert reader.recv() == "ready"
    begin = time.monotonic()
    with raises(Empty):
        queue.get(timeout=1.2)
    assert time.monotonic() - begin < 1.8
    finish(child)


def _get_in_vain(report: Connection, queue: Queue) -> None:
    report.send("ready")
    time.sleep(1.8)
    with raises(Empty):
        queue.get(timeout=0.6)
