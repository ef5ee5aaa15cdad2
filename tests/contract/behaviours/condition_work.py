"""Conditions at work: batons, bounded buffers, and waiting for what another process brings about."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Condition, Lock

from .condition import sleeping
from .condition_shared import asleep
from .support import append, finish, scratch_file, start, until, words


def _pass_the_baton(lock: Lock, mine: Condition, other: Condition, path: str, name: str, first: bool) -> None:
    with lock:
        for turn in range(6):
            if turn or not first:
                assert mine.wait_for(lambda: words(path)[-1:] != [name] and words(path) != []) is True
            append(path, name)
            other.notify()


def check_two_conditions_of_one_lock() -> None:
    lock = multiprocessing.Lock()
    left, right = multiprocessing.Condition(lock), multiprocessing.Condition(lock)
    with scratch_file() as path:
        finish(
            start(_pass_the_baton, lock, left, right, path, "a", True),
            start(_pass_the_baton, lock, right, left, path, "b", False),
        )
        assert words(path) == ["a", "b"] * 6


def _produce(condition: Condition, path: str, number: int) -> None:
    for _ in range(number):
        with condition:
            condition.wait_for(lambda: words(path).count("put") - words(path).count("got") < 2)
            append(path, "put")
            condition.notify_all()


def _consume(condition: Condition, path: str, number: int) -> None:
    for _ in range(number):
        with condition:
            condition.wait_for(lambda: words(path).count("put") > words(path).count("got"))
            append(path, "got")
            condition.notify_all()


def check_producers_and_consumers_of_a_bounded_buffer() -> None:
    condition = multiprocessing.Condition()
    with scratch_file() as path:
        finish(
            *[start(_produce, condition, path, 12) for _ in range(2)],
            *[start(_consume, condition, path, 12) for _ in range(2)],
        )
        stock = 0
        for word in words(path):
            stock += 1 if word == "put" else -1
            assert 0 <= stock <= 2
        assert len(words(path)) == 48 and stock == 0


def _count_down(condition: Condition, path: str, name: str) -> None:
    with condition:
        append(path, name)
        condition.notify_all()
        assert condition.wait_for(lambda: len(words(path)) == 4, timeout=60) is True


def check_all_wait_for_all() -> None:
    condition = multiprocessing.Condition()
    with scratch_file() as path:
        finish(*[start(_count_down, condition, path, f"p{number}") for number in range(4)])
        assert sorted(words(path)) == ["p0", "p1", "p2", "p3"]


def _wait_for_the_parent(condition: Condition, path: str, report: Connection) -> None:
    with condition:
        report.send("sleeps")
        report.send(condition.wait_for(lambda: words(path)))


def check_wait_for_returns_what_the_predicate_found() -> None:
    condition = multiprocessing.Condition()
    reader, report = multiprocessing.Pipe(duplex=False)
    with scratch_file() as path:
        child = start(_wait_for_the_parent, condition, path, report)
        asleep(1, condition, reader)
        with condition:
            condition.notify()  # it is not so yet: it sleeps again
        until(lambda: sleeping(condition, 1))
        with condition:
            append(path, "so")
            condition.notify()
        assert reader.recv() == ["so"]
        finish(child)
