"""Pool: its workers, its end, and map with every kind of iterable."""

from __future__ import annotations

import multiprocessing
import os
import threading
from multiprocessing.connection import Connection

from .support import append, raises, scratch_file, words

GREETING = ""


def _square(number: int) -> int:
    return number * number


def _name(_: object = None) -> str:
    return multiprocessing.current_process().name


def check_map_of_a_list() -> None:
    with multiprocessing.Pool(processes=4) as pool:
        assert pool.map(_square, list(range(100))) == [number * number for number in range(100)]


def check_map_of_every_kind_of_iterable() -> None:
    import numpy as np

    squares = [0, 1, 4, 9, 16]
    with multiprocessing.Pool(2) as pool:
        assert pool.map(_square, range(5)) == squares
        assert pool.map(_square, (number for number in range(5))) == squares
        assert pool.map(_square, iter([0, 1, 2, 3, 4])) == squares
        assert sorted(pool.map(_square, {0, 1, 2, 3, 4})) == squares
        assert pool.map(_square, dict.fromkeys(range(5)).keys()) == squares
        assert pool.map(_square, np.arange(5)) == squares
        assert pool.map(str.upper, "abc") == ["A", "B", "C"]
        assert [float(total) for total in pool.map(np.sum, np.ones((3, 4)))] == [4.0, 4.0, 4.0]


def check_map_of_nothing() -> None:
    with multiprocessing.Pool(2) as pool:
        assert pool.map(_square, []) == []
        assert pool.map(_square, iter(())) == []
        assert pool.map(_square, [], chunksize=5) == []
        assert pool.map_async(_square, []).get() == []
        assert pool.map(_square, [3]) == [9]


def check_map_with_chunksizes() -> None:
    expected = [number * number for number in range(23)]
    with multiprocessing.Pool(3) as pool:
        for size in (1, None, 2, 23, 10_000):
            assert pool.map(_square, range(23), chunksize=size) == expected
            assert pool.map(_square, iter(range(23)), size) == expected


def check_map_of_something_that_is_not_iterable() -> None:
    with multiprocessing.Pool(1) as pool, raises(TypeError):
        pool.map(_square, 5)  # type: ignore[arg-type]


def check_map_of_large_arrays() -> None:
    import numpy as np

    arrays = [np.full(200_000, float(number)) for number in range(6)]
    with multiprocessing.Pool(2) as pool:
        found = pool.map(np.sqrt, arrays)
    assert all(np.array_equal(one, np.sqrt(other)) for one, other in zip(found, arrays, strict=True))


def check_several_maps_in_a_row() -> None:
    with multiprocessing.Pool(2) as pool:
        for _ in range(10):
            assert pool.map(_square, range(4)) == [0, 1, 4, 9]


def check_maps_from_several_threads() -> None:
    found: dict[int, list[int]] = {}

    def ask(number: int) -> None:
        found[number] = pool.map(_square, range(number, number + 20))

    with multiprocessing.Pool(2) as pool:
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == {first: [n * n for n in range(first, first + 20)] for first in range(3)}


def check_two_pools() -> None:
    with multiprocessing.Pool(2) as first, multiprocessing.Pool(2) as second:
        results = [pool.map_async(_square, range(10)) for pool in (first, second)]
        assert [result.get() for result in results] == 2 * [[number * number for number in range(10)]]


def _boundaries(talk: Connection) -> tuple[str, bool, bool, int]:
    me = multiprocessing.current_process()
    return (me.name, me.daemon, multiprocessing.parent_process() is not None, os.getpid())


def check_workers_are_daemons_of_their_own() -> None:
    with multiprocessing.Pool(2) as pool:
        name, daemon, has_parent, pid = pool.apply(_boundaries, (None,))
        assert "PoolWorker-" in name and daemon and has_parent and pid != os.getpid()
        children = multiprocessing.active_children()
        assert len(children) == 2 and all(child.daemon and "PoolWorker-" in child.name for child in children)


def _return() -> None:
    pass


def _try_a_child() -> None:
    multiprocessing.Process(target=_return).start()


def check_workers_cannot_have_children() -> None:
    with (
        multiprocessing.Pool(1) as pool,
        raises(AssertionError, "daemonic processes are not allowed to have children"),
    ):
        pool.apply(_try_a_child)


def check_number_of_processes() -> None:
    with multiprocessing.Pool(3) as pool:
        assert pool._processes == 3  # type: ignore[attr-defined]  # what other libraries ask a pool for
    for number in (0, -1):
        with raises(ValueError, "Number of processes must be at least 1"):
            multiprocessing.Pool(number)


def _greet(*words_of_greeting: str) -> None:
    global GREETING
    GREETING = " ".join(words_of_greeting)


def _greeting(_: object) -> str:
    return GREETING


def check_initializer_runs_in_every_worker_before_its_tasks() -> None:
    with multiprocessing.Pool(3, initializer=_greet, initargs=("good", "day")) as pool:
        assert pool.map(_greeting, range(12), chunksize=1) == 12 * ["good day"]
    assert GREETING == ""


def _note_start(path: str, lock: object) -> None:
    with lock:  # type: ignore[attr-defined]
        append(path, _name())


def check_initializer_runs_once_per_worker_and_gets_a_lock() -> None:
    with scratch_file() as path:
        with multiprocessing.Pool(3, _note_start, (path, multiprocessing.Lock())) as pool:
            pool.map(_square, range(30), chunksize=1)
            pool.close()
            pool.join()
        assert len(words(path)) == len(set(words(path))) == 3


def check_initializer_must_be_callable() -> None:
    with raises(TypeError, "initializer must be a callable"):
        multiprocessing.Pool(1, initializer="no")  # type: ignore[arg-type]


def check_close_then_join() -> None:
    pool = multiprocessing.Pool(2)
    result = pool.map_async(_square, range(10), chunksize=1)
    assert pool.close() is None
    assert pool.join() is None
    assert result.get(0) == [number * number for number in range(10)]
    assert multiprocessing.active_children() == []


def check_work_after_close() -> None:
    pool = multiprocessing.Pool(1)
    pool.close()
    for act in (pool.map, pool.map_async):
        with raises(ValueError, "Pool not running"):
            act(_square, [1])
    for act in (pool.apply, pool.apply_async):
        with raises(ValueError, "Pool not running"):
            act(_square, (1,))
    with raises(ValueError, "Pool not running"), pool:
        pass
    pool.close()
    pool.join()


def check_join_before_close() -> None:
    with multiprocessing.Pool(1) as pool, raises(ValueError, "Pool is still running"):
        pool.join()


def check_leaving_the_context_terminates() -> None:
    with multiprocessing.Pool(2) as pool:
        assert pool.apply(_square, (3,)) == 9
    with raises(ValueError, "Pool not running"):
        pool.apply(_square, (3,))
    pool.join()
    assert multiprocessing.active_children() == []


def check_leaving_the_context_by_an_exception_terminates() -> None:
    with raises(KeyError), multiprocessing.Pool(2) as pool:
        pool.map_async(_block, [None])
        raise KeyError("inside")
    pool.join()
    assert multiprocessing.active_children() == []


def _block(_: object = None) -> None:
    threading.Event().wait()


def check_terminate_with_tasks_that_never_end() -> None:
    pool = multiprocessing.Pool(2)
    result = pool.map_async(_block, range(10), chunksize=1)
    assert pool.terminate() is None
    pool.terminate()
    pool.join()
    assert multiprocessing.active_children() == []
    assert not result.ready()


def check_terminate_of_an_idle_pool() -> None:
    pool = multiprocessing.Pool(2)
    pool.terminate()
    pool.join()
    with raises(ValueError, "Pool not running"):
        pool.map(_square, [1])
    assert multiprocessing.active_children() == []


def check_repr_through_life() -> None:
    pool = multiprocessing.Pool(2)
    assert repr(pool).endswith("pool.Pool state=RUN pool_size=2>"), pool
    pool.close()
    assert "state=CLOSE" in repr(pool), pool
    pool.join()
    pool.terminate()
    assert "state=TERMINATE" in repr(pool), pool


def check_pool_cannot_be_sent() -> None:
    import pickle

    text = "pool objects cannot be passed between processes or pickled"
    with multiprocessing.Pool(1) as pool, raises(NotImplementedError, text):
        pickle.dumps(pool)
