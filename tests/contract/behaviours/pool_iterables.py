"""Pool: how imap and imap_unordered read their iterable, and what becomes of results that nobody takes."""

from __future__ import annotations

import gc
import itertools
import multiprocessing
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.pool import Pool
from typing import Any

from .support import append, raises, scratch_file, until, words

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


def check_endless_iterable() -> None:
    with multiprocessing.Pool(2) as pool:
        results = pool.imap(_square, itertools.count())
        assert list(itertools.islice(results, 20)) == SQUARES
        one_by_one = pool.imap_unordered(_square, [7])
        del results, one_by_one


def _note_reader(readers: list[tuple[int, bool]]) -> Iterator[int]:
    readers.append((os.getpid(), threading.current_thread() is threading.main_thread()))
    yield 1


def check_iterable_is_read_by_a_thread_of_this_process() -> None:
    readers: list[tuple[int, bool]] = []
    with multiprocessing.Pool(1) as pool:
        assert list(pool.imap(_square, _note_reader(readers))) == [1]
    assert readers == [(os.getpid(), False)]


def _block_after(items: Iterable[int], gate: threading.Event) -> Iterator[int]:
    yield from items
    gate.wait()
    yield 5


def check_iterable_that_blocks_holds_up_nothing_before_it() -> None:
    gate = threading.Event()
    with multiprocessing.Pool(2) as pool:
        results = pool.imap(_square, _block_after(range(3), gate))
        assert [results.next(timeout=60) for _ in range(3)] == [0, 1, 4]  # type: ignore[attr-defined]
        with raises(multiprocessing.TimeoutError):
            results.next(timeout=0.02)  # type: ignore[attr-defined]
        gate.set()
        assert list(results) == [25]


def check_unordered_results_overtake() -> None:
    with _pool_with_gate(2) as (pool, gate):
        results = pool.imap_unordered(_zero_waits, range(12))
        assert sorted(next(results) for _ in range(11)) == list(range(1, 12))
        gate.send("open")
        assert list(results) == [0]


def check_ordered_results_wait_for_the_first() -> None:
    with _pool_with_gate(2) as (pool, gate):
        results = pool.imap(_zero_waits, range(4))
        with raises(multiprocessing.TimeoutError):
            results.next(timeout=0.02)  # type: ignore[attr-defined]
        gate.send("open")
        assert list(results) == [0, 1, 2, 3]


def check_close_and_join_before_the_first_result_is_taken() -> None:
    with multiprocessing.Pool(2) as pool:
        results = pool.imap(_square, iter(range(20)))
        others = pool.imap_unordered(_square, iter(range(20)))
        pool.close()
        pool.join()
        assert list(results) == SQUARES and sorted(others) == SQUARES


def check_close_while_results_are_taken() -> None:
    with multiprocessing.Pool(2) as pool:
        results = pool.imap(_square, iter(range(20)))
        first = next(results)
        pool.close()
        assert [first, *results] == SQUARES
        pool.join()


def check_work_after_close() -> None:
    pool = multiprocessing.Pool(1)
    pool.close()
    for act in (pool.imap, pool.imap_unordered):
        for size in (1, 2):
            with raises(ValueError, "Pool not running"):
                act(_square, [1], size)
    pool.join()


def _append(job: tuple[str, str]) -> None:
    append(*job)


def check_results_that_nobody_takes() -> None:
    with scratch_file() as path, multiprocessing.Pool(2) as pool:
        pool.imap_unordered(_append, ((path, str(number)) for number in range(30)))
        pool.imap(_append, ((path, str(number)) for number in range(30, 60)))
        pool.close()
        pool.join()
        assert sorted(map(int, words(path))) == list(range(60))


def check_a_consumer_that_stops_early() -> None:
    with multiprocessing.Pool(2) as pool:
        results = pool.imap(_square, range(50))
        for result in results:
            if result == 9:
                break
        assert pool.map(_square, range(20)) == SQUARES
        assert list(results) == [number * number for number in range(4, 50)]


def check_progress_as_programs_look_at_it() -> None:
    with multiprocessing.Pool(2) as pool:
        results = pool.imap_unordered(_square, range(20))
        pool.close()
        until(lambda: results._index == 20)  # type: ignore[attr-defined]
        assert results._length == 20  # type: ignore[attr-defined]
        assert sorted(results) == SQUARES


def check_two_iterations_take_turns() -> None:
    with multiprocessing.Pool(2) as pool:
        pairs = zip(pool.imap(_square, range(20)), pool.imap(abs, range(20)), strict=True)
        assert list(pairs) == list(zip(SQUARES, range(20), strict=True))


def check_threads_share_an_iterator() -> None:
    found: list[int] = []

    def take() -> None:
        for result in results:
            found.append(result)

    with multiprocessing.Pool(2) as pool:
        results = pool.imap(_square, range(100))
        for _ in range(3):
            threading.Thread(target=take, daemon=True).start()
        until(lambda: len(found) == 100)
    assert sorted(found) == [number * number for number in range(100)]


def _same(item: object) -> object:
    return item


def check_odd_results() -> None:
    with multiprocessing.Pool(1) as pool:
        assert list(pool.imap(_same, [None, False, 0, "", []])) == [None, False, 0, "", []]
        (error,) = pool.imap(_same, [KeyError("a result")])
        assert type(error) is KeyError and error.args == ("a result",)
        assert [len(item) for item in pool.imap(bytes, [100_000, 3_000_000])] == [100_000, 3_000_000]


def check_iterator_keeps_its_pool() -> None:
    pool: Any = multiprocessing.Pool(1)
    workers, results = list(pool._pool), pool.imap(_square, range(20))
    del pool
    gc.collect()
    assert list(results) == SQUARES
    del results
    gc.collect()
    for worker in workers:
        worker.join()


def check_many_small_tasks() -> None:
    with multiprocessing.Pool(2) as pool:
        assert sum(pool.imap(_same, range(3000))) == sum(pool.imap_unordered(_same, range(3000)))  # type: ignore[arg-type, call-overload]


class Endless:
    """A sequence that says how long it is and never ends, as many a data set does."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, place: int) -> int:
        return place


def check_map_takes_as_many_items_as_there_are_said_to_be() -> None:
    with multiprocessing.Pool(1) as pool:
        assert pool.map(_square, Endless(), chunksize=1)[:3] == [0, 1, 4]  # type: ignore[arg-type]


def _late(number: int) -> int:
    time.sleep(0.2 if number < 3 else 0)
    return number


class Longer(Endless):
    """A sequence that has more items than it says."""

    def __iter__(self) -> Iterator[int]:
        return iter(range(5))


def check_items_beyond_those_that_were_said_to_be_there_harm_nobody() -> None:
    with multiprocessing.Pool(4) as pool:
        pool.map(_late, Longer(), chunksize=1)  # type: ignore[arg-type]
        assert pool.map(_square, range(20)) == SQUARES


class Frames:
    """Items that follow each other in the same memory."""

    def __init__(self) -> None:
        self._frame = bytearray(200_000)

    def __len__(self) -> int:
        return 5

    def __iter__(self) -> Iterator[object]:
        import numpy as np

        for number in range(5):
            self._frame[:] = bytes([number]) * len(self._frame)
            yield np.frombuffer(self._frame, np.uint8)


def _first_of(frame: Any) -> int:
    return int(frame[0])


def check_map_takes_each_item_as_it_is_when_it_is_read() -> None:
    with multiprocessing.Pool(1) as pool:
        assert pool.map(_first_of, Frames(), chunksize=1) == [0, 1, 2, 3, 4]  # type: ignore[arg-type]
