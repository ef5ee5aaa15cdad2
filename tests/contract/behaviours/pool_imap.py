"""Pool: imap and imap_unordered, results one by one."""

from __future__ import annotations

import multiprocessing
import threading
import types
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.pool import IMapIterator, IMapUnorderedIterator, MaybeEncodingError, Pool

from .support import raises

GATE: Connection | None = None
SQUARES = [number * number for number in range(20)]


def _take_gate(gate: Connection) -> None:
    global GATE
    GATE = gate


def _zero_waits(number: int) -> int:
    if number == 0:
        assert GATE is not None
        GATE.recv()
    return number


@contextmanager
def _pool_with_gate(processes: int) -> Iterator[tuple[Pool, Connection]]:
    """A pool in which the task for the number 0 waits for a word that the parent sends."""
    reader, gate = multiprocessing.Pipe(duplex=False)
    with multiprocessing.Pool(processes, _take_gate, (reader,)) as pool:
        yield pool, gate


def _square(number: int) -> int:
    return number * number


def _refuse_three(number: int) -> int:
    if number == 3:
        raise ValueError("not three")
    return number


def _outcomes(results: Iterable[object]) -> list[object]:
    """The results to the end of the iteration, exceptions as type and text."""
    iterator, outcomes = iter(results), []
    while True:
        try:
            outcomes.append(next(iterator))
        except StopIteration:
            return outcomes
        except Exception as error:
            outcomes.append((type(error).__name__, str(error)))


def check_imap_is_in_order() -> None:
    with multiprocessing.Pool(3) as pool:
        results = pool.imap(_square, range(20))
        assert isinstance(results, IMapIterator) and iter(results) is results
        assert list(results) == SQUARES
        assert list(results) == []
        with raises(StopIteration):
            next(results)


def check_imap_unordered_has_all() -> None:
    with multiprocessing.Pool(3) as pool:
        results = pool.imap_unordered(_square, range(20))
        assert isinstance(results, IMapUnorderedIterator)
        assert sorted(results) == SQUARES
        with raises(StopIteration):
            results.next(timeout=0)  # type: ignore[attr-defined]


def check_chunks() -> None:
    with multiprocessing.Pool(3) as pool:
        for size in (2, 3, 20, 10_000):
            results = pool.imap(_square, iter(range(20)), chunksize=size)
            assert isinstance(results, types.GeneratorType)
            assert list(results) == SQUARES
            assert sorted(pool.imap_unordered(_square, range(20), size)) == SQUARES


def check_bad_chunksizes() -> None:
    with multiprocessing.Pool(1) as pool:
        for act in (pool.imap, pool.imap_unordered):
            for size in (0, -3):
                with raises(ValueError, f"Chunksize must be 1+, not {size}"):
                    act(_square, [1], size)
            with raises(TypeError):
                act(_square, [1], None)  # type: ignore[arg-type]
        assert pool.apply(_square, (2,)) == 4


def check_every_kind_of_iterable() -> None:
    import numpy as np

    with multiprocessing.Pool(2) as pool:
        for items in ([0, 1, 2], (0, 1, 2), range(3), {0, 1, 2}, {0: 1, 1: 1, 2: 1}.keys(), iter([0, 1, 2])):
            assert sorted(pool.imap(_square, items)) == [0, 1, 4]
        assert list(pool.imap(_square, np.arange(3))) == [0, 1, 4]
        assert [float(total) for total in pool.imap(np.sum, np.ones((3, 4)))] == [4.0, 4.0, 4.0]
        assert list(pool.imap(str.upper, "abc", 2)) == ["A", "B", "C"]


def check_nothing() -> None:
    with multiprocessing.Pool(1) as pool:
        for nothing in ([], iter(()), range(0)):
            for act in (pool.imap, pool.imap_unordered):
                assert list(act(_square, nothing)) == list(act(_square, nothing, 3)) == []


def check_something_that_is_not_iterable() -> None:
    with multiprocessing.Pool(1) as pool:
        for size in (1, 2):
            results = pool.imap(_square, 5, size)  # type: ignore[arg-type]
            with raises(TypeError, "'int' object is not iterable"):
                next(results)
        assert list(pool.imap(_square, [3])) == [9]


def check_next_with_timeout() -> None:
    with _pool_with_gate(1) as (pool, gate):
        for act in (pool.imap, pool.imap_unordered):
            results = act(_zero_waits, [0, 1])
            for timeout in (0.02, 0):
                with raises(multiprocessing.TimeoutError, ""):
                    results.next(timeout)  # type: ignore[attr-defined]
            gate.send("open")
            assert results.next(timeout=60) == 0  # type: ignore[attr-defined]
            assert next(results) == 1


def check_exception_comes_in_its_place_and_the_rest_after_it() -> None:
    expected = [0, 1, 2, ("ValueError", "not three"), 4, 5]
    with multiprocessing.Pool(2) as pool:
        assert _outcomes(pool.imap(_refuse_three, range(6))) == expected
        assert sorted(_outcomes(pool.imap_unordered(_refuse_three, range(6))), key=str) == sorted(
            expected, key=str
        )


def check_exception_ends_an_iteration_in_chunks() -> None:
    with multiprocessing.Pool(1) as pool:
        assert _outcomes(pool.imap(_refuse_three, range(8), 2)) == [0, 1, ("ValueError", "not three")]


def check_exception_bears_the_remote_traceback() -> None:
    with multiprocessing.Pool(1) as pool:
        try:
            next(pool.imap(_refuse_three, [3]))
        except ValueError as error:
            assert type(error.__cause__).__name__ == "RemoteTraceback"
            assert "in _refuse_three" in str(error.__cause__)
        else:
            raise AssertionError("nothing was raised")


def _fail_late(items: Iterable[int]) -> Iterator[int]:
    yield from items
    raise KeyError("in the iterable")


def check_iterable_that_fails() -> None:
    failure = ("KeyError", "'in the iterable'")
    with multiprocessing.Pool(2) as pool:
        assert _outcomes(pool.imap(_square, _fail_late(range(4)))) == [0, 1, 4, 9, failure]
        assert _outcomes(pool.imap(_square, _fail_late([]))) == [failure]
        assert set(_outcomes(pool.imap_unordered(_square, _fail_late(range(4))))) == {0, 1, 4, 9, failure}
        assert _outcomes(pool.imap(_square, _fail_late(range(5)), 2)) == [0, 1, 4, 9, failure]
        assert list(pool.imap(_square, [3])) == [9]


def check_item_that_cannot_travel() -> None:
    items = [1, threading.Lock(), 3]
    with multiprocessing.Pool(1) as pool:
        one, refused, three = _outcomes(pool.imap(_square, items))  # type: ignore[arg-type]
        assert (one, three) == (1, 9)
        kind, text = refused  # type: ignore[misc]
        assert kind == "TypeError" and text.startswith("cannot pickle '_thread.lock' object")


def _lock_for_three(number: int) -> object:
    return threading.Lock() if number == 3 else number


def check_result_that_cannot_travel() -> None:
    with multiprocessing.Pool(1) as pool:
        results = pool.imap(_lock_for_three, [2, 3, 4])
        assert next(results) == 2
        try:
            next(results)
        except MaybeEncodingError as error:
            assert str(error).startswith("Error sending result: '<unlocked _thread.lock object"), error
            assert repr(error) == f"<MaybeEncodingError: {error}>"
        else:
            raise AssertionError("nothing was raised")
        assert next(results) == 4
