"""Queue: what programs do with its reader, its subclasses, its close, and items that do not come through."""

from __future__ import annotations

import asyncio
import multiprocessing
import multiprocessing.queues
import select
import selectors
import threading
from multiprocessing.connection import wait
from queue import Empty, Full
from typing import Any

from .support import finish, raises, start, until


def _put_all(queue: multiprocessing.queues.Queue, items: list[object]) -> None:
    for item in items:
        queue.put(item)


def check_reader_polls() -> None:
    queue = multiprocessing.Queue()
    assert queue._reader.poll() is False
    assert queue._reader.poll(0.01) is False
    child = start(_put_all, queue, ["a"])
    assert queue._reader.poll(60) is True
    assert queue._reader.poll(None) is True
    assert queue.get() == "a"
    finish(child)


def check_reader_descriptor_follows_the_queue() -> None:
    queue = multiprocessing.Queue()
    descriptor = queue._reader.fileno()
    assert isinstance(descriptor, int) and queue._reader.fileno() == descriptor
    for turn in range(5):
        assert not select.select([queue._reader], [], [], 0)[0]
        queue.put(turn)
        assert select.select([descriptor], [], [], 60)[0] == [descriptor]
        assert queue.get() == turn


def check_descriptor_of_a_queue_that_is_filled_already() -> None:
    queue = multiprocessing.Queue()
    finish(start(_put_all, queue, ["a", "b"]))
    for item in ("a", "b"):
        assert select.select([queue._reader], [], [], 60)[0] == [queue._reader]
        assert queue.get() == item
    assert not select.select([queue._reader], [], [], 0)[0]


def check_selector_over_two_queues() -> None:
    first, second = multiprocessing.Queue(), multiprocessing.Queue()
    child = start(_put_all, second, ["for the second"])
    with selectors.DefaultSelector() as selector:
        selector.register(first._reader, selectors.EVENT_READ, first)
        selector.register(second._reader, selectors.EVENT_READ, second)
        [(key, _)] = selector.select(60)
        assert key.data is second and second.get() == "for the second"
    finish(child)


def check_asyncio_reads_a_queue() -> None:
    queue = multiprocessing.Queue()
    child = start(_put_all, queue, list(range(20)))
    assert asyncio.run(_collect(queue, 20)) == list(range(20))
    finish(child)


async def _collect(queue: multiprocessing.queues.Queue, count: int) -> list[object]:
    loop = asyncio.get_running_loop()
    found: list[object] = []
    all_there = loop.create_future()

    def take() -> None:
        found.append(queue.get())
        if len(found) == count:
            all_there.set_result(None)

    loop.add_reader(queue._reader.fileno(), take)
    await asyncio.wait_for(all_there, 60)
    loop.remove_reader(queue._reader.fileno())
    return found


def check_empty_right_after_put() -> None:
    queue = multiprocessing.Queue()
    queue.put("a")
    until(lambda: not queue.empty())
    assert queue.get_nowait() == "a"
    assert queue.empty()


def check_use_of_a_closed_reader() -> None:
    queue = multiprocessing.Queue()
    queue._reader.close()
    assert queue._reader.closed
    with raises(OSError, "handle is closed"):
        queue.get()
    with raises(OSError, "handle is closed"):
        queue._reader.poll()
    with raises(OSError, "handle is closed"):
        queue._reader.fileno()


def check_writer_is_there() -> None:
    queue = multiprocessing.Queue()
    assert not queue._writer.closed
    queue._writer.close()
    assert queue._writer.closed


def check_limits_of_maxsize() -> None:
    assert not multiprocessing.Queue(2**31 - 1).full()
    with raises(OverflowError):
        multiprocessing.Queue(2**31)
    with raises(TypeError, "'float' object cannot be interpreted as an integer"):
        multiprocessing.Queue(2.5)
    with raises(TypeError, "'<=' not supported between instances of 'str' and 'int'"):
        multiprocessing.Queue("3")
    with raises(TypeError):
        multiprocessing.Queue(None)


def check_negative_timeouts() -> None:
    queue = multiprocessing.Queue(1)
    queue.put("a", timeout=-1)
    with raises(Full, ""):
        queue.put("b", timeout=-1)
    until(lambda: not queue.empty())
    assert queue.get(timeout=-1) == "a"
    with raises(Empty, ""):
        queue.get(timeout=-1)


def check_sizes_of_a_closed_queue() -> None:
    queue = multiprocessing.Queue(2)
    queue.close()
    assert queue.qsize() == 0 and queue.empty() and not queue.full()
    queue.cancel_join_thread()


# ---- items that do not come through ----


class Unreadable:
    """Pickles, but does not unpickle."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _refuse, ("no way",)


def _refuse(text: str) -> None:
    raise ArithmeticError(text)


def check_an_item_that_cannot_be_unpickled_raises_in_get_and_nothing_else_is_lost() -> None:
    queue = multiprocessing.Queue(3)
    finish(start(_put_unreadable, queue))
    assert queue.get() == "before"
    with raises(ArithmeticError, "no way"):
        queue.get()
    assert queue.get() == "behind"
    assert queue.qsize() == 0
    _put_all(queue, ["there", "is", "room"])
    assert [queue.get() for _ in range(3)] == ["there", "is", "room"]


def _put_unreadable(queue: multiprocessing.queues.Queue) -> None:
    _put_all(queue, ["before", Unreadable(), "behind"])


class Reporting(multiprocessing.queues.Queue):
    """A subclass that is told of items that cannot be pickled, as executors have it."""

    def __init__(self) -> None:
        super().__init__(3, ctx=multiprocessing.get_context())
        self.reports: list[tuple[BaseException, object]] = []
        self.told = threading.Event()

    def _on_queue_feeder_error(self, e: BaseException, obj: object) -> None:
        self.reports.append((e, obj))
        self.told.set()


def check_a_subclass_is_told_of_an_item_that_cannot_be_pickled() -> None:
    queue = Reporting()
    unpicklable = threading.Lock()
    queue.put("before")
    queue.put(unpicklable)
    assert queue.told.wait(60)
    queue.put("behind")
    assert [queue.get(), queue.get()] == ["before", "behind"]
    [(error, obj)] = queue.reports
    assert isinstance(error, TypeError) and obj is unpicklable
    until(lambda: queue.qsize() == 0)


# ---- subclasses ----


class Counting(multiprocessing.queues.Queue):
    """The subclass that programs write because macOS has no `qsize`: it keeps its own count, and pickles it along."""

    def __init__(self) -> None:
        super().__init__(ctx=multiprocessing.get_context())
        self.size = multiprocessing.Queue()

    def __getstate__(self) -> dict[str, object]:
        return {"parent_state": super().__getstate__(), "size": self.size}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state["parent_state"])
        self.size = state["size"]

    def put(self, *args: Any, **kwargs: Any) -> None:
        super().put(*args, **kwargs)
        self.size.put(1)


def check_subclass_of_queue() -> None:
    queue = Counting()
    finish(start(_put_all, queue, ["a", "b"]))
    assert [queue.get(), queue.get()] == ["a", "b"]
    assert [queue.size.get(), queue.size.get()] == [1, 1]
    assert isinstance(queue, multiprocessing.queues.Queue)


class Plain(multiprocessing.queues.Queue):
    """A subclass with an attribute of its own, which is not sent along."""

    def __init__(self) -> None:
        super().__init__(ctx=multiprocessing.get_context())
        self.mine = threading.Lock()


def check_attributes_of_a_subclass_stay_here() -> None:
    queue = Plain()
    finish(start(_look_for_mine, queue))
    assert queue.get() is False


def _look_for_mine(queue: Plain) -> None:
    queue.put(hasattr(queue, "mine"))


def check_made_from_a_context_or_the_submodule() -> None:
    context = multiprocessing.get_context("spawn")
    for queue in (context.Queue(1), multiprocessing.queues.Queue(1, ctx=context)):
        queue.put("made")
        assert queue.full() and queue.get() == "made"
        assert type(queue).__name__ == "Queue" and isinstance(queue, multiprocessing.queues.Queue)


def check_queue_readers_are_waited_for_together() -> None:
    queues = [multiprocessing.Queue() for _ in range(3)]
    readers = [queue._reader for queue in queues]
    assert wait(readers, 0) == []
    children = [start(_put_all, queues[n], [n]) for n in (0, 2)]
    found = []
    while len(found) < 2:
        for reader in wait(readers, 60):
            found.append(queues[readers.index(reader)].get())
    assert sorted(found) == [0, 2]
    finish(*children)
