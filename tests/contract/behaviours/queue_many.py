"""Queue and SimpleQueue: a hundred thousand small objects."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from typing import Any

from .support import finish, start

MANY = 100_000


def _put_many(put: Callable[[object], None], first: int, step: int) -> None:
    for number in range(first, MANY, step):
        put((number, "small"))


def _sum(get: Callable[[], Any], count: int) -> int:
    return sum(get()[0] for _ in range(count))


TOTAL = MANY * (MANY - 1) // 2


def check_many_through_a_queue() -> None:
    queue = multiprocessing.Queue()
    child = start(_put_many, queue.put, 0, 1)
    for number in range(MANY):
        assert queue.get() == (number, "small")
    finish(child)


def check_many_through_a_queue_to_a_child() -> None:
    queue, back = multiprocessing.Queue(), multiprocessing.SimpleQueue()
    child = start(_report_sum, queue.get, MANY, back)
    _put_many(queue.put, 0, 1)
    assert back.get() == TOTAL
    finish(child)


def _report_sum(get: Callable[[], Any], count: int, back: multiprocessing.queues.SimpleQueue) -> None:
    back.put(_sum(get, count))


def check_many_through_a_simple_queue() -> None:
    queue = multiprocessing.SimpleQueue()
    child = start(_put_many, queue.put, 0, 1)
    for number in range(MANY):
        assert queue.get() == (number, "small")
    finish(child)
