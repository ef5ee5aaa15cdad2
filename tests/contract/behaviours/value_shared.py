"""Values that several processes write and read."""

from __future__ import annotations

import ctypes
import multiprocessing
import threading
from typing import Any

from .support import finish, start


def _set(number: Any, value: Any) -> None:
    number.value = value


def check_child_writes_parent_reads() -> None:
    for number, value in (
        (multiprocessing.Value("i"), 42),
        (multiprocessing.Value("d", lock=False), 0.25),
        (multiprocessing.RawValue("c"), b"y"),
        (multiprocessing.RawValue(ctypes.c_bool), True),
    ):
        finish(start(_set, number, value))
        assert number.value == value


def _expect(number: Any, value: Any) -> None:
    assert number.value == value


def check_parent_writes_child_reads() -> None:
    number = multiprocessing.Value("d", 1.0)
    number.value = 3.14
    finish(start(_expect, number, 3.14))
    finish(start(_set, number, 6.28))
    finish(start(_expect, number, 6.28))


def _count(number: Any, times: int) -> None:
    for _ in range(times):
        with number.get_lock():
            number.value += 1


def check_counting_with_the_lock_is_exact() -> None:
    number = multiprocessing.Value("i", 0)
    children = [start(_count, number, 250) for _ in range(4)]
    finish(*children)
    assert number.value == 1000


def check_counting_with_threads_and_a_child_is_exact() -> None:
    number = multiprocessing.Value("q", 0)
    child = start(_count, number, 100)
    threads = [threading.Thread(target=_count, args=(number, 100)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    finish(child)
    assert number.value == 300


def _count_raw(number: Any, lock: Any, times: int) -> None:
    for _ in range(times):
        with lock:
            number.value += 1


def check_raw_value_with_a_lock_of_its_own_is_exact() -> None:
    number, lock = multiprocessing.RawValue("i"), multiprocessing.Lock()
    children = [start(_count_raw, number, lock, 100) for _ in range(3)]
    _count_raw(number, lock, 100)
    finish(*children)
    assert number.value == 400


def _wait_for(number: Any, turns: int, first: int) -> None:
    for turn in range(first, turns, 2):
        while number.value != turn:
            pass
        number.value = turn + 1


def check_who_looks_again_and_again_sees_the_change() -> None:
    number = multiprocessing.Value("i", 0)
    child = start(_wait_for, number, 20, 1)
    _wait_for(number, 20, 0)
    finish(child)
    assert number.value == 20


def _hold(number: Any, event: Any, go_on: Any) -> None:
    with number.get_lock():
        event.set()
        assert go_on.wait(60)
        number.value = 1


def check_lock_is_seen_by_the_other_process() -> None:
    number, event, go_on = multiprocessing.Value("i"), multiprocessing.Event(), multiprocessing.Event()
    child = start(_hold, number, event, go_on)
    assert event.wait(60)
    assert number.get_lock().acquire(block=False) is False
    go_on.set()
    with number:
        assert number.value == 1
    finish(child)


def _make(queue: Any) -> None:
    number = multiprocessing.Value("i", 5)
    inner = start(_set, number, 6)
    finish(inner)
    queue.put(number.value)


def check_a_child_makes_one_for_its_own_child() -> None:
    queue: Any = multiprocessing.SimpleQueue()
    child = start(_make, queue)
    assert queue.get() == 6
    finish(child)


def check_many_values() -> None:
    numbers = [multiprocessing.Value("i", index, lock=False) for index in range(60)]
    finish(start(_double, numbers))
    assert [number.value for number in numbers] == list(range(0, 120, 2))


def _double(numbers: list[Any]) -> None:
    for number in numbers:
        number.value *= 2
