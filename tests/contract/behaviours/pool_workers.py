"""Pool: the life of its workers, pools within pools, subclasses, and what programs look at."""

from __future__ import annotations

import gc
import multiprocessing
import multiprocessing.dummy
import multiprocessing.pool
import os
import threading
import time
import warnings
from collections import Counter
from multiprocessing.connection import Connection
from multiprocessing.pool import ThreadPool
from multiprocessing.queues import SimpleQueue
from typing import Any

from .support import append, raises, scratch_file, until, words

GATE: Connection | None = None
CAME: SimpleQueue[str]
GO: SimpleQueue[str]


def _square(number: int) -> int:
    return number * number


def _name(_: object = None) -> str:
    return multiprocessing.current_process().name


def _wait(_: object = None) -> None:
    threading.Event().wait()


def _sleep(_: object = None) -> None:
    time.sleep(1000)


def _compute(_: object = None) -> None:
    number = 0
    while True:
        number += 1


def _receive(talk: Connection) -> None:
    talk.recv()


def check_maxtasksperchild() -> None:
    with multiprocessing.Pool(1, maxtasksperchild=2) as pool:
        counts = Counter(pool.map(_name, range(6), chunksize=1))
        assert sorted(counts.values()) == [2, 2, 2]
    with multiprocessing.Pool(2, maxtasksperchild=3) as pool:
        counts = Counter(pool.map(_name, range(20), chunksize=1))
        assert max(counts.values()) == 3 and len(counts) >= 7


def check_a_chunk_counts_as_one_task() -> None:
    with multiprocessing.Pool(1, maxtasksperchild=2) as pool:
        counts = Counter(pool.map(_name, range(12), chunksize=3))
        assert sorted(counts.values()) == [6, 6]


def check_maxtasksperchild_with_single_calls_and_imap() -> None:
    with multiprocessing.Pool(2, maxtasksperchild=1) as pool:
        names = [pool.apply(_name) for _ in range(4)]
        assert len(set(names)) == 4
        names = list(pool.imap(_name, range(6)))
        assert len(set(names)) == 6


def check_workers_of_a_closed_pool_are_replaced_while_there_is_work() -> None:
    pool = multiprocessing.Pool(2, maxtasksperchild=2)
    result = pool.map_async(_square, range(20), chunksize=1)
    more = pool.imap(_square, range(10))
    pool.close()
    pool.join()
    assert result.get(0) == [number * number for number in range(20)]
    assert list(more) == [number * number for number in range(10)]
    assert multiprocessing.active_children() == []


def _note_start(path: str) -> None:
    append(path, _name())


def check_every_new_worker_is_initialized() -> None:
    with scratch_file() as path:
        with multiprocessing.Pool(1, _note_start, (path,), 1) as pool:
            names = [pool.apply(_name) for _ in range(3)]
        assert words(path)[:3] == names


def check_bad_maxtasksperchild() -> None:
    for number in (0, -1, 1.5, "a"):
        with raises(ValueError, "maxtasksperchild must be a positive int or None"):
            multiprocessing.Pool(1, maxtasksperchild=number)  # type: ignore[arg-type]


def check_initializer_arguments_that_cannot_travel() -> None:
    with raises(TypeError, begins="cannot pickle '_thread.lock' object"):
        multiprocessing.Pool(2, print, (threading.Lock(),))
    assert multiprocessing.active_children() == []


def check_terminate_ends_whatever_tasks_do() -> None:
    reader, _gate = multiprocessing.Pipe(duplex=False)
    for task, argument in ((_sleep, None), (_compute, None), (_wait, None), (_receive, reader)):
        pool = multiprocessing.Pool(1)
        pool.apply_async(task, (argument,))
        pool.terminate()
        pool.join()
        assert multiprocessing.active_children() == []
    with multiprocessing.Pool(2) as pool:
        pool.map_async(_sleep, range(10), 1)
        pool.imap(_compute, range(10))
    pool.join()
    assert multiprocessing.active_children() == []


def check_terminate_while_an_iterable_is_read() -> None:
    def numbers() -> Any:
        while True:
            yield 1

    pool = multiprocessing.Pool(1)
    results = pool.imap(_square, numbers())
    assert next(results) == 1
    pool.terminate()
    pool.join()
    assert multiprocessing.active_children() == []


def check_terminate_in_a_callback() -> None:
    ended = threading.Event()

    def end(_: object) -> None:
        pool.terminate()
        ended.set()

    pool = multiprocessing.Pool(2)
    pool.apply_async(_wait)
    pool.apply_async(_square, (2,), callback=end)
    assert ended.wait(60)
    pool.join()
    assert multiprocessing.active_children() == []


def _take_gate(gate: Connection) -> None:
    global GATE
    GATE = gate


def _zero_waits(job: tuple[str, int]) -> None:
    path, number = job
    if number == 0:
        assert GATE is not None
        GATE.recv()
    append(path, str(number))


def check_a_long_task_holds_nobody_up() -> None:
    reader, gate = multiprocessing.Pipe(duplex=False)
    with scratch_file() as path, multiprocessing.Pool(2, _take_gate, (reader,)) as pool:
        result = pool.map_async(_zero_waits, [(path, number) for number in range(20)], chunksize=1)
        until(lambda: len(words(path)) == 19)
        assert "0" not in words(path) and not result.ready()
        gate.send("open")
        result.get()
        assert sorted(map(int, words(path))) == list(range(20))


def _take_queues(came: SimpleQueue[str], go: SimpleQueue[str]) -> None:
    global CAME, GO
    CAME, GO = came, go


def _meet(parties: int) -> int:
    CAME.put(_name())
    GO.get()
    return parties


def check_as_many_tasks_run_at_once_as_there_are_workers() -> None:
    came, go = multiprocessing.SimpleQueue(), multiprocessing.SimpleQueue()
    with multiprocessing.Pool(3, _take_queues, (came, go)) as pool:
        result = pool.map_async(_meet, [3, 3, 3], chunksize=1)
        assert len({came.get() for _ in range(3)}) == 3
        for _ in range(3):
            go.put("go on")
        assert result.get() == [3, 3, 3]


def check_what_programs_look_at() -> None:
    with multiprocessing.Pool(2, _square, (1,), 50) as pool:
        inside: Any = pool
        assert inside._processes == 2 and len(inside._pool) == 2
        assert all(worker.is_alive() and worker.pid for worker in inside._pool)
        assert inside._maxtasksperchild == 50 and inside._initializer is _square and inside._initargs == (1,)
        assert inside._ctx.Process and inside._state == "RUN"
        result: Any = pool.map_async(_square, range(8), chunksize=2)
        assert result._chunksize == 2 and isinstance(result._job, int)
        until(lambda: result._number_left == 0)
        until(lambda: not inside._cache)
        assert inside._taskqueue.qsize() == 0 and inside._taskqueue.empty()
        assert result.get() == [number * number for number in range(8)]


def check_an_unclosed_pool_is_warned_of() -> None:
    with multiprocessing.Pool(1) as pool, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pool.__del__()  # type: ignore[attr-defined]  # what the collector would call
        (warning,) = caught
        assert warning.category is ResourceWarning and warning.source is pool
        assert str(warning.message) == f"unclosed running multiprocessing pool {pool!r}"


def check_a_closed_pool_is_not_warned_of() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pool = multiprocessing.Pool(1)
        pool.close()
        pool.join()
        del pool
        gc.collect()
    assert [str(warning.message) for warning in caught if "pool" in str(warning.message)] == []


def _pids(pool: Any, number: int) -> set[int]:
    return set(pool.map(_pid, range(number), chunksize=1))


def _pid(_: object) -> int:
    return os.getpid()


def check_thread_pools_stay_thread_pools() -> None:
    for kind in (ThreadPool, multiprocessing.dummy.Pool):
        with kind(3) as pool:
            assert pool.map(_square, range(10)) == [number * number for number in range(10)]
            assert list(pool.imap(_square, range(10))) == [number * number for number in range(10)]
            assert sorted(pool.imap_unordered(_square, iter(range(10)))) == [n * n for n in range(10)]
            assert pool.apply_async(_square, (3,)).get(60) == 9
            assert pool.starmap(pow, [(2, 3), (3, 2)]) == [8, 9]
            assert _pids(pool, 5) == {os.getpid()}


def check_thread_pool_and_pool_together() -> None:
    with multiprocessing.Pool(2) as pool, ThreadPool(3) as threads:
        found = threads.map(lambda number: pool.apply(_square, (number,)), range(12))
    assert found == [number * number for number in range(12)]


ENDS: list[tuple[Connection, Connection]]


def _take_ends(ends: list[tuple[Connection, Connection]]) -> None:
    global ENDS
    ENDS = ends


def _wait_or_send(what: tuple[str, int]) -> int:
    kind, pair = what
    if kind == "wait":
        return int(ENDS[pair][0].recv())
    ENDS[pair][1].send(pair)
    return pair


def check_each_task_may_wait_for_the_next_one() -> None:
    pairs = range(40)
    ends = [multiprocessing.Pipe(False) for _ in pairs]
    tasks = [(kind, pair) for pair in pairs for kind in ("wait", "send")]
    with multiprocessing.Pool(2, _take_ends, (ends,)) as pool:
        got = pool.map(_wait_or_send, tasks, chunksize=1)
    assert got == [pair for pair in pairs for _ in range(2)]
