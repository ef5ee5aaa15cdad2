"""Bounded queues: many objects through few places, and no deadlock in a circle of them."""

from __future__ import annotations

import multiprocessing

from .support import finish, start

MANY = 100_000


def _put_many(queue: multiprocessing.queues.Queue, first: int, step: int) -> None:
    for number in range(first, MANY, step):
        queue.put((number, "small"))


def check_many_of_two_producers_through_a_bounded_queue() -> None:
    queue = multiprocessing.Queue(100)
    children = [start(_put_many, queue, first, 2) for first in range(2)]
    assert sum(queue.get()[0] for _ in range(MANY)) == MANY * (MANY - 1) // 2
    finish(*children)


def check_many_through_a_queue_of_one_place() -> None:
    queue, count = multiprocessing.Queue(1), MANY // 20
    child = start(_put_some, queue, count)
    assert [queue.get() for _ in range(count)] == list(range(count))
    finish(child)


def _put_some(queue: multiprocessing.queues.Queue, count: int) -> None:
    for number in range(count):
        queue.put(number)


def check_two_processes_feed_each_other_through_bounded_queues() -> None:
    forth, back = multiprocessing.Queue(2), multiprocessing.Queue(2)
    child = start(_pass_back, forth, back, 2000)
    for number in range(2000):
        forth.put(number)
        assert back.get() == number
    finish(child)


def _pass_back(
    source: multiprocessing.queues.Queue, target: multiprocessing.queues.Queue, count: int
) -> None:
    for _ in range(count):
        target.put(source.get())


def check_ring_of_bounded_queues() -> None:
    queues = [multiprocessing.Queue(1) for _ in range(4)]
    children = [start(_pass_back, queues[n], queues[n + 1], 500) for n in range(3)]
    for number in range(500):
        queues[0].put(number)
        if number >= 3:
            assert queues[3].get() == number - 3
    assert [queues[3].get() for _ in range(3)] == [497, 498, 499]
    finish(*children)
