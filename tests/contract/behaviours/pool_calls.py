"""Pool: chunks, callbacks, threads, and what a caller may get wrong."""

from __future__ import annotations

import multiprocessing
import signal
import threading
import time
from functools import partial
from random import Random
from typing import Any

from .support import raises, until


def _square(number: int) -> int:
    return number * number


def _add(first: int, second: int = 10) -> int:
    return first + second


def _refuse(number: int) -> int:
    raise ValueError(f"not {number}")


def check_starmap() -> None:
    with multiprocessing.Pool(2) as pool:
        assert pool.starmap(_add, [(1, 2), (3, 4)]) == [3, 7]
        assert pool.starmap(_add, [(1,), (2, 3)], chunksize=1) == [11, 5]
        assert pool.starmap_async(_add, zip(range(5), range(5), strict=True)).get() == [0, 2, 4, 6, 8]
        assert pool.starmap(_add, []) == []
        with raises(TypeError):
            pool.starmap(_add, [1, 2])  # type: ignore[list-item]


def check_chunksize_of_nothing() -> None:
    with multiprocessing.Pool(1) as pool:
        for size in (0, -1):
            assert pool.map(_square, range(3), chunksize=size) == [None, None, None]
            assert pool.map_async(_square, [1], size).get(0) == [None]


def check_what_cannot_be_called() -> None:
    with multiprocessing.Pool(1) as pool:
        for function in (None, 5):
            with raises(TypeError, f"'{type(function).__name__}' object is not callable"):
                pool.map(function, range(5), 1)  # type: ignore[arg-type]
        assert pool.apply(_square, (2,)) == 4


def check_no_callback_for_an_empty_map() -> None:
    found: list[object] = []
    with multiprocessing.Pool(1) as pool:
        result = pool.map_async(_square, [], callback=found.append)
        assert result.ready() and result.get() == []
        assert pool.apply(_square, (2,)) == 4
    assert found == []


def check_callbacks_come_in_the_order_of_the_results() -> None:
    found: list[int] = []
    with multiprocessing.Pool(1) as pool:
        results = [pool.apply_async(_square, (number,), {}, found.append) for number in range(20)]
        results[-1].wait()
    assert found == [number * number for number in range(20)]


def check_callbacks_are_done_when_the_pool_is_joined() -> None:
    found: list[object] = []
    pool = multiprocessing.Pool(2)
    for number in range(10):
        pool.apply_async(_square, (number,), callback=found.append)
        pool.apply_async(_refuse, (number,), error_callback=lambda error: found.append(str(error)))
    pool.map_async(_square, range(4), callback=found.append)
    pool.close()
    pool.join()
    assert len(found) == 21 and [0, 1, 4, 9] in found and "not 3" in found


def check_error_callback_alone_and_callback_alone() -> None:
    found: list[object] = []
    with multiprocessing.Pool(1) as pool:
        pool.apply_async(_square, (2,), error_callback=found.append).wait()
        pool.apply_async(_refuse, (2,), callback=found.append).wait()
        with raises(ValueError, "not 2"):
            pool.map_async(_refuse, [2], callback=found.append).get()
    assert found == []


def check_get_from_several_threads() -> None:
    found: list[object] = []

    def get() -> None:
        found.append(result.get())

    with multiprocessing.Pool(2) as pool:
        result = pool.map_async(_square, range(50), chunksize=1)
        threads = [threading.Thread(target=get) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == 4 * [[number * number for number in range(50)]]


def check_the_first_exception_of_a_map_counts() -> None:
    with multiprocessing.Pool(1) as pool:
        result = pool.map_async(_refuse, range(5), chunksize=1)
        for _ in range(2):
            with raises(ValueError, "not 0"):
                result.get()
        assert result.ready() and not result.successful()


class Account:
    """Something with a method to map, which is changed between two calls."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.table = bytes(300_000)

    def times(self, number: int) -> int:
        return number * self.rate


def check_bound_methods_are_sent_as_they_are_when_called() -> None:
    account = Account(2)
    with multiprocessing.Pool(2) as pool:
        assert pool.map(account.times, range(6), chunksize=1) == [0, 2, 4, 6, 8, 10]
        account.rate = 3
        assert pool.map(account.times, range(6), chunksize=1) == [0, 3, 6, 9, 12, 15]
        account.rate = 2
        assert list(pool.imap(account.times, range(6))) == [0, 2, 4, 6, 8, 10]


class Tally:
    """Something that changes when it is called, and a large block of it as well."""

    def __init__(self) -> None:
        import numpy as np

        self.calls: list[int] = []
        self.table: Any = np.zeros(200_000, np.uint8)

    def __call__(self, number: int) -> tuple[int, int]:
        self.calls.append(number)
        self.table += 1
        return len(self.calls), int(self.table[number])

    def note(self, number: int) -> tuple[int, int]:
        return self(number)


def _append(numbers: list[int], number: int) -> list[int]:
    numbers.append(number)
    return numbers


def check_each_task_has_the_function_as_it_was_sent() -> None:
    with multiprocessing.Pool(1) as pool:
        for _ in range(2):
            assert pool.map(Tally(), range(3), chunksize=1) == [(1, 1), (1, 1), (1, 1)]
            assert list(pool.imap(Tally().note, range(3))) == [(1, 1), (1, 1), (1, 1)]
            assert pool.map(Tally().note, range(4), chunksize=2) == [(1, 1), (2, 2), (1, 1), (2, 2)]
            assert pool.map(partial(_append, []), range(3), chunksize=1) == [[0], [1], [2]]
            assert [pool.apply(Random(7).random) for _ in range(2)] == 2 * [Random(7).random()]


def check_a_new_function_for_every_call() -> None:
    with multiprocessing.Pool(2) as pool:
        for number in range(50):
            assert pool.map(partial(_add, number), [1, 2, 3], chunksize=1) == [number + n for n in (1, 2, 3)]
        assert pool.map(partial(_add, 0), [1, 2]) == [1, 2]


def _in_a_thread(number: int) -> list[int]:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(number * number))
    thread.start()
    thread.join()
    return found


def check_tasks_with_threads() -> None:
    with multiprocessing.Pool(2) as pool:
        assert pool.map(_in_a_thread, range(5)) == [[0], [1], [4], [9], [16]]


def _chain(number: int) -> int:
    try:
        return 1 // number
    except ZeroDivisionError as error:
        raise RuntimeError("cannot divide") from error


def check_a_chain_of_exceptions_is_told() -> None:
    with multiprocessing.Pool(1) as pool:
        try:
            pool.apply(_chain, (0,))
        except RuntimeError as error:
            text = str(error.__cause__)
            assert "ZeroDivisionError" in text and "direct cause" in text and "cannot divide" in text
        else:
            raise AssertionError("nothing was raised")


def check_wrong_arguments() -> None:
    with multiprocessing.Pool(1) as pool:
        with raises(TypeError):
            pool.apply(_square)
        with raises(TypeError):
            pool.apply(_square, (1,), {"unknown": 2})
        with raises(TypeError, "'int' object is not callable"):
            pool.apply(5, (1,))  # type: ignore[arg-type]
        assert pool.apply(_square, (3,)) == 9


def check_results_are_counted_down() -> None:
    with multiprocessing.Pool(2) as pool:
        result: Any = pool.map_async(_square, range(10), chunksize=3)
        until(lambda: result._number_left == 0)
        assert result.get() == [number * number for number in range(10)]


def check_many_small_tasks() -> None:
    with multiprocessing.Pool(3) as pool:
        assert sum(pool.map(_square, range(5000), chunksize=1)) == sum(n * n for n in range(5000))
        results = [pool.apply_async(_square, (number,)) for number in range(500)]
        assert sum(result.get() for result in results) == sum(n * n for n in range(500))


def check_arguments_that_are_no_sequence() -> None:
    failed: list[BaseException] = []
    pool = multiprocessing.Pool(1)
    for options in ({"args": 5}, {"args": (1,), "kwds": 5}):
        result = pool.apply_async(_add, **options, error_callback=failed.append)  # type: ignore[arg-type]
        with raises(TypeError):
            result.get()
    with raises(TypeError):
        pool.apply(_add, None)  # type: ignore[arg-type]
    pool.close()
    pool.join()
    assert [type(error) for error in failed] == [TypeError, TypeError]


class Slow:
    """Something that takes its time to be pickled."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __reduce__(self) -> object:
        time.sleep(0.005)
        return Slow, (self.number,)


def _number_of(slow: Slow) -> int:
    return slow.number


def check_close_while_another_thread_asks() -> None:
    found: list[int] = []
    pool = multiprocessing.Pool(2)
    items = [Slow(number) for number in range(100)]
    thread = threading.Thread(target=lambda: found.extend(pool.map(_number_of, items, chunksize=1)))
    thread.start()
    until(lambda: pool._cache)  # type: ignore[attr-defined]
    pool.close()
    pool.join()
    thread.join()
    assert found == list(range(100))


class Rung(Exception):
    """What a handler raises."""


def _ring(number: int, frame: object) -> None:
    raise Rung


def check_an_alarm_while_arguments_are_pickled() -> None:
    before = signal.signal(signal.SIGALRM, _ring)
    pool = multiprocessing.Pool(1)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with raises(Rung):
            pool.map(_number_of, [Slow(number) for number in range(300)], chunksize=1)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    pool.close()
    pool.join()


class Once:
    """Something that cannot be pickled the first time."""

    tried = 0

    def __reduce__(self) -> object:
        Once.tried += 1
        if Once.tried == 1:
            raise ValueError("not yet")
        return int, ()


def check_what_fails_once_to_be_pickled_is_not_tried_again() -> None:
    with multiprocessing.Pool(1) as pool, raises(ValueError, "not yet"):
        pool.map(_square, [Once()])
    assert Once.tried == 1
