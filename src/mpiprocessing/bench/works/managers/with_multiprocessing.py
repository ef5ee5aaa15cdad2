"""A dict of a Manager, and a Value, of multiprocessing."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from typing import Any

__all__ = ["WORKS"]


def _use(operation: Callable[[Any, int], object], thing: Any, count: int, answer: Any) -> None:
    operation(thing, 0)
    started = time.perf_counter()
    for number in range(count):
        operation(thing, number)
    answer.send(time.perf_counter() - started)


def _by_a_child(operation: Callable[[Any, int], object], thing: Any, count: int) -> float:
    here, there = multiprocessing.Pipe()
    child = multiprocessing.Process(target=_use, args=(operation, thing, count, there))
    child.start()
    elapsed = here.recv()
    child.join()
    return float(elapsed)


def _set_item(thing: Any, number: int) -> None:
    thing[number % 100] = number


def _get_item(thing: Any, number: int) -> object:
    return thing[number % 100]


def _set_value(thing: Any, number: int) -> None:
    thing.value = number


def _get_value(thing: Any, number: int) -> object:
    return thing.value


def dict_set(count: int, parties: int) -> float:
    """Seconds for setting `count` items."""
    with multiprocessing.Manager() as manager:
        return _by_a_child(_set_item, manager.dict(), count)


def dict_get(count: int, parties: int) -> float:
    """Seconds for getting `count` items."""
    with multiprocessing.Manager() as manager:
        return _by_a_child(_get_item, manager.dict({key: key for key in range(100)}), count)


def value_set(count: int, parties: int) -> float:
    """Seconds for setting a value `count` times."""
    return _by_a_child(_set_value, multiprocessing.Value("d"), count)


def value_get(count: int, parties: int) -> float:
    """Seconds for getting a value `count` times."""
    return _by_a_child(_get_value, multiprocessing.Value("d"), count)


WORKS = {"dict_set": dict_set, "dict_get": dict_get, "value_set": value_set, "value_get": value_get}
