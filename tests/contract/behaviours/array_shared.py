"""Arrays that several processes write and read."""

from __future__ import annotations

import multiprocessing
from typing import Any

from .support import finish, start


def both(code: Any, content: Any) -> list[Any]:
    """An array with a lock, and one without."""
    return [multiprocessing.Array(code, content), multiprocessing.RawArray(code, content)]


def _fill(items: Any, number: int) -> None:
    items[:] = [number] * len(items)


def check_child_writes_parent_reads() -> None:
    for items in both("d", 5):
        finish(start(_fill, items, 3))
        assert items[:] == [3.0] * 5


def _negate(items: Any) -> None:
    for index in range(len(items)):
        items[index] = -items[index]


def check_the_example_of_the_documentation() -> None:
    number, items = multiprocessing.Value("d", 0.0), multiprocessing.Array("i", range(10))
    finish(start(_pi_and_negate, number, items))
    assert number.value == 3.1415927
    assert items[:] == [-item for item in range(10)]


def _pi_and_negate(number: Any, items: Any) -> None:
    number.value = 3.1415927
    _negate(items)


def _write_own(items: Any, which: int, times: int) -> None:
    for turn in range(times):
        items[which] = items[which] + turn


def check_items_of_their_own_need_no_lock() -> None:
    items = multiprocessing.RawArray("l", 4)
    children = [start(_write_own, items, which, 100) for which in range(4)]
    finish(*children)
    assert items[:] == [4950] * 4


def _add_one(items: Any, times: int) -> None:
    for _ in range(times):
        with items.get_lock():
            items[:] = [item + 1 for item in items[:]]


def check_adding_with_the_lock_is_exact() -> None:
    items = multiprocessing.Array("i", 10)
    children = [start(_add_one, items, 50) for _ in range(3)]
    _add_one(items, 50)
    finish(*children)
    assert items[:] == [200] * 10


def _square_stripe(items: Any, which: int) -> None:
    items[which::3] = [item * item for item in items[which::3]]


def check_stripes() -> None:
    items = multiprocessing.Array("q", range(3000))
    children = [start(_square_stripe, items, which) for which in range(3)]
    finish(*children)
    assert items[:] == [item * item for item in range(3000)]


def _reverse(items: Any) -> None:
    items[:] = items[::-1]


def check_large_array() -> None:
    items = multiprocessing.Array("i", range(200_000))
    finish(start(_reverse, items))
    assert items[:] == list(range(199_999, -1, -1))
    assert items[::50_000] == [199_999, 149_999, 99_999, 49_999]


def check_large_zeros() -> None:
    items = multiprocessing.RawArray("B", 300_000_000)
    finish(start(_write_ends, items))
    assert (items[0], items[150_000_000], items[299_999_999]) == (1, 0, 2)


def _write_ends(items: Any) -> None:
    items[0], items[-1] = 1, 2


def _install(items: Any) -> None:
    global _installed
    _installed = items


def _square_at(index: int) -> None:
    _installed[index] = index * index


def check_pool_initializer_hands_it_over() -> None:
    items = multiprocessing.Array("i", 20)
    with multiprocessing.Pool(3, _install, (items,)) as pool:
        pool.map(_square_at, range(20))
    assert items[:] == [index * index for index in range(20)]
