"""Pool: one task at a time, results that come later, exceptions on their way back."""

from __future__ import annotations

import gc
import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.pool import AsyncResult, Pool

from .support import raises

GATE: Connection | None = None


def _square(number: int) -> int:
    return number * number


def _describe(*args: object, **kwargs: object) -> tuple[object, object]:
    return args, kwargs


def _take_gate(gate: Connection) -> None:
    global GATE
    GATE = gate


def _wait_at_gate(_: object = None) -> object:
    assert GATE is not None
    return GATE.recv()


@contextmanager
def _pool_with_gate() -> Iterator[tuple[Pool, Connection]]:
    """A pool of one worker whose tasks can wait for a word that the parent sends."""
    reader, gate = multiprocessing.Pipe(duplex=False)
    with multiprocessing.Pool(1, _take_gate, (reader,)) as pool:
        yield pool, gate


class Refusal(Exception):
    """An exception with an `__init__` of its own, which pickle can rebuild."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.code = code


def _refuse(number: int) -> int:
    if number == 3:
        raise Refusal(number, "not three")
    return number


def _divide(number: int) -> float:
    return 1 / number


def check_apply() -> None:
    with multiprocessing.Pool(2) as pool:
        assert pool.apply(_square, (7,)) == 49
        assert pool.apply(_describe, (1, "two"), {"three": 3}) == ((1, "two"), {"three": 3})
        assert pool.apply(_describe, args=[4], kwds={"five": 5}) == ((4,), {"five": 5})
        assert pool.apply(_describe) == ((), {})


def check_apply_async() -> None:
    with multiprocessing.Pool(2) as pool:
        results = [pool.apply_async(_square, (number,)) for number in range(20)]
        assert [result.get() for result in results] == [number * number for number in range(20)]
        assert pool.apply_async(_describe, (1,), {"two": 2}).get(timeout=60) == ((1,), {"two": 2})


def check_result_before_and_after() -> None:
    with _pool_with_gate() as (pool, gate):
        result = pool.apply_async(_wait_at_gate)
        assert isinstance(result, AsyncResult)
        assert result.ready() is False
        with raises(ValueError, f"{result!r} not ready"):
            result.successful()
        assert result.wait(0.02) is None and not result.ready()
        gate.send("open")
        assert result.wait() is None
        assert result.ready() is True and result.successful() is True
        assert result.get() == "open" and result.get(0) == "open"


def check_get_with_timeout() -> None:
    with _pool_with_gate() as (pool, gate):
        result = pool.apply_async(_wait_at_gate)
        for timeout in (0.02, 0):
            with raises(multiprocessing.TimeoutError, ""):
                result.get(timeout)
        with raises(multiprocessing.TimeoutError, ""):
            pool.map_async(_wait_at_gate, range(3)).get(timeout=0.02)
        gate.send("after all")
        assert result.get(timeout=60) == "after all"


def check_tasks_of_one_worker_run_in_order() -> None:
    with _pool_with_gate() as (pool, gate):
        results = [pool.apply_async(_wait_at_gate) for _ in range(5)]
        for word in "abcde":
            gate.send(word)
        assert [result.get() for result in results] == list("abcde")


def check_map_async() -> None:
    with multiprocessing.Pool(2) as pool:
        result = pool.map_async(_square, range(10), chunksize=3)
        result.wait(60)
        assert result.ready() and result.successful()
        assert result.get() == [number * number for number in range(10)]


def check_callbacks_get_the_result_before_it_is_ready() -> None:
    found: list[object] = []
    failed: list[object] = []
    with multiprocessing.Pool(2) as pool:
        pool.map_async(_square, [1, 2, 3], callback=found.append, error_callback=failed.append).get()
        assert found == [[1, 4, 9]]
        pool.apply_async(_square, (5,), callback=found.append, error_callback=failed.append).get()
        assert found == [[1, 4, 9], 25]
        pool.map_async(_square, [], callback=found.append, error_callback=failed.append).get()
    assert failed == []


def check_error_callbacks_get_the_exception() -> None:
    found: list[object] = []
    failed: list[BaseException] = []
    with multiprocessing.Pool(2) as pool:
        results = [
            pool.apply_async(_refuse, (3,), callback=found.append, error_callback=failed.append),
            pool.map_async(_refuse, range(9), 1, callback=found.append, error_callback=failed.append),
        ]
        for result in results:
            with raises(Refusal):
                result.get()
    assert found == [] and [type(error) for error in failed] == [Refusal, Refusal]


def check_callbacks_run_in_this_process() -> None:
    seen: list[str] = []
    with multiprocessing.Pool(1) as pool:
        pool.apply_async(
            _square, (2,), callback=lambda _: seen.append(multiprocessing.current_process().name)
        ).get()
    assert seen == ["MainProcess"]


def check_callback_may_ask_for_more_work() -> None:
    more: list[AsyncResult[int]] = []
    asked = threading.Event()

    def ask(number: int) -> None:
        more.append(pool.apply_async(_square, (number,)))
        asked.set()

    with multiprocessing.Pool(1) as pool:
        pool.apply_async(_square, (2,), callback=ask).get()
        assert asked.wait(60)
        assert more[0].get() == 16


def check_exception_of_a_task() -> None:
    with multiprocessing.Pool(2) as pool:
        with raises(ZeroDivisionError, "division by zero"):
            pool.apply(_divide, (0,))
        with raises(ZeroDivisionError, "division by zero"):
            pool.map(_divide, [1, 2, 0, 4], chunksize=1)
        result = pool.apply_async(_divide, (0,))
        result.wait()
        assert result.ready() and result.successful() is False
        with raises(ZeroDivisionError):
            result.get()
        assert pool.apply(_square, (3,)) == 9


def check_exception_bears_the_remote_traceback() -> None:
    with multiprocessing.Pool(1) as pool:
        for act in (lambda: pool.apply(_divide, (0,)), lambda: pool.map(_divide, [0])):
            try:
                act()
            except ZeroDivisionError as error:
                cause = error.__cause__
                assert type(cause).__name__ == "RemoteTraceback", repr(cause)
                text = str(cause)
                assert "Traceback (most recent call last)" in text and "in _divide" in text
                assert "ZeroDivisionError: division by zero" in text
            else:
                raise AssertionError("nothing was raised")


def check_exception_of_a_users_class() -> None:
    with multiprocessing.Pool(1) as pool:
        try:
            pool.map(_refuse, range(5))
        except Refusal as error:
            assert error.code == 3 and error.args == (3, "not three")
        else:
            raise AssertionError("nothing was raised")


def check_exception_object_as_a_result_is_a_result() -> None:
    with multiprocessing.Pool(1) as pool:
        error = pool.apply(KeyError, ("a result",))
    assert type(error) is KeyError and error.args == ("a result",)


def _make_lock() -> object:
    return threading.Lock()


def check_result_that_cannot_travel() -> None:
    with multiprocessing.Pool(1) as pool:
        try:
            pool.apply(_make_lock)
        except multiprocessing.pool.MaybeEncodingError as error:
            assert str(error).startswith("Error sending result: '<unlocked _thread.lock object"), error
            assert "cannot pickle '_thread.lock' object" in str(error)
        else:
            raise AssertionError("nothing was raised")
        assert pool.apply(_square, (3,)) == 9


def check_argument_that_cannot_travel() -> None:
    with multiprocessing.Pool(1) as pool:
        result = pool.apply_async(_describe, (threading.Lock(),))
        with raises(TypeError, begins="cannot pickle '_thread.lock' object"):
            result.get()
        assert pool.apply(_square, (3,)) == 9


def _fail_late(items: list[int]) -> Iterator[int]:
    yield from items
    raise KeyError("in the iterable")


def check_iterable_that_fails() -> None:
    with multiprocessing.Pool(1) as pool:
        with raises(KeyError):
            pool.map(_square, _fail_late([1, 2]))
        assert pool.map(_square, [3]) == [9]


def check_none_false_and_large_results() -> None:
    with multiprocessing.Pool(2) as pool:
        assert pool.map(_same, [None, False, 0, "", []]) == [None, False, 0, "", []]
        assert [len(item) for item in pool.map(bytes, [100_000, 3_000_000])] == [100_000, 3_000_000]


def _same(item: object) -> object:
    return item


def check_result_outlives_the_pool() -> None:
    with multiprocessing.Pool(1) as pool:
        result = pool.apply_async(_square, (4,))
        result.wait()
    assert result.get() == 16


def _same_unless(item: object, number: int) -> object:
    if number == 3:
        raise Refusal(number, "not three")
    return item


def check_the_end_of_a_pipe_in_a_result_that_nobody_takes() -> None:
    for numbers, take in (([1], False), ([1, 2], False), ([3, 1, 3], True), ([1, 3], False)):
        reader, writer = multiprocessing.Pipe(duplex=False)
        pool = multiprocessing.Pool(2)
        result = pool.starmap_async(_same_unless, [(writer, number) for number in numbers], chunksize=1)
        result.wait()
        if take:
            with raises(Refusal):
                result.get()
        pool.close()
        pool.join()
        writer.close()
        del writer, pool, result
        gc.collect()
        with raises(EOFError):
            reader.recv()
