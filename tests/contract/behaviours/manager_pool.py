"""Managers: pools that a manager keeps, and pools that use what it keeps."""

from __future__ import annotations

import multiprocessing
from typing import Any

from .support import raises


def _triple(number: int) -> int:
    return 3 * number


def _add(left: int, right: int) -> int:
    return left + right


def _fail(number: int) -> None:
    raise ValueError(f"bad {number}")


def check_pools() -> None:
    with multiprocessing.Manager() as manager:
        pool = manager.Pool(2)
        assert pool.apply(_triple, (2,)) == 6
        assert pool.map(_triple, range(5)) == [0, 3, 6, 9, 12]
        assert pool.starmap(_add, [(1, 2), (3, 4)]) == [3, 7]
        result = pool.map_async(_triple, [1, 2])
        assert result.get() == [3, 6] and result.ready() and result.successful()
        assert pool.apply_async(_triple, (7,)).get(60) == 21
        assert list(pool.imap(_triple, range(4))) == [0, 3, 6, 9]
        assert sorted(pool.imap_unordered(_triple, range(4))) == [0, 3, 6, 9]
        with raises(ValueError, "bad 3"):
            pool.apply(_fail, (3,))
        pool.close()
        pool.join()


def check_a_pool_ends_with_its_with() -> None:
    with multiprocessing.Manager() as manager:
        with manager.Pool(1) as pool:
            assert pool.map(_triple, [1]) == [3]
        with raises(ValueError, "Pool not running"):
            pool.map(_triple, [1])


def check_a_pools_tasks_use_what_the_manager_keeps() -> None:
    with multiprocessing.Manager() as manager, multiprocessing.Pool(3) as pool:
        lock, shared, queue = manager.Lock(), manager.dict(), manager.Queue()
        pool.starmap(_note, [(lock, shared, queue, number) for number in range(12)])
        assert shared.copy() == {number: number * number for number in range(12)}
        assert sorted(queue.get() for _ in range(12)) == list(range(12))


def _note(lock: Any, shared: Any, queue: Any, number: int) -> None:
    with lock:
        shared[number] = number * number
    queue.put(number)
