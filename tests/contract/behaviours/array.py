"""Array and RawArray: items of one ctypes type that processes share, one by one and in slices."""

from __future__ import annotations

import array as stdlib_array
import ctypes
import multiprocessing
from multiprocessing import sharedctypes
from typing import Any

from .support import finish, raises, start


def both(code: Any, content: Any) -> list[Any]:
    """An array with a lock, and one without."""
    return [multiprocessing.Array(code, content), multiprocessing.RawArray(code, content)]


def check_size_gives_zeros() -> None:
    for items in both("i", 4):
        assert items[:] == [0, 0, 0, 0]
        assert len(items) == 4
    for items in both("d", 0):
        assert items[:] == []
        assert len(items) == 0


def check_initial_items() -> None:
    for items in both("d", [1, 2.5, -3]):
        assert items[:] == [1.0, 2.5, -3.0]
    for items in both("i", range(5)):
        assert list(items) == [0, 1, 2, 3, 4]
    for items in both("h", (7, 8)):
        assert items[:] == [7, 8]
    for items in both("i", stdlib_array.array("i", [1, 2, 3])):
        assert items[:] == [1, 2, 3]
    for items in both("i", []):
        assert items[:] == []


def check_a_bool_is_a_size() -> None:
    assert len(multiprocessing.Array("i", True)) == 1


def check_negative_size() -> None:
    with raises(ValueError, "Array length must be >= 0, not -1"):
        multiprocessing.Array("i", -1)
    with raises(ValueError, "Array length must be >= 0, not -3"):
        multiprocessing.RawArray("d", -3)


def check_initial_items_need_a_length() -> None:
    with raises(TypeError):
        multiprocessing.Array("i", (item for item in [1, 2]))
    with raises(TypeError):
        multiprocessing.Array("i", 2.5)
    with raises(TypeError):
        multiprocessing.RawArray("i", None)


def check_initial_items_of_the_wrong_type() -> None:
    with raises(TypeError):
        multiprocessing.Array("i", [1, "2"])
    with raises(TypeError):
        multiprocessing.Array("i", [1.5])
    with raises(TypeError):
        multiprocessing.RawArray("d", [None])


def check_no_such_typecode() -> None:
    with raises(TypeError, "this type has no size"):
        multiprocessing.Array("z", 3)
    with raises(TypeError):
        multiprocessing.RawArray(int, 3)


def check_get_an_item() -> None:
    for items in both("i", [10, 20, 30]):
        assert items[0] == 10
        assert items[2] == 30
        assert items[-1] == 30
        assert items[-3] == 10
        assert items[True] == 20
        assert type(items[0]) is int


def check_set_an_item() -> None:
    for items in both("d", 3):
        items[1] = 5
        items[-1] = 2.5
        assert items[:] == [0.0, 5.0, 2.5]
        items[0] += 4
        assert items[0] == 4.0


def check_index_out_of_range() -> None:
    for items in both("i", 3):
        for index in (3, -4, 10**20):
            with raises(IndexError):
                items[index]
            with raises(IndexError):
                items[index] = 1
        with raises(IndexError, "invalid index"):
            items[3]
        with raises(IndexError, "invalid index"):
            items[-4] = 1


def check_index_that_is_no_integer() -> None:
    for items in both("i", 3):
        for index in ("1", 1.0, None, (0, 1)):
            with raises(TypeError, "indices must be integers"):
                items[index]
        with raises(TypeError):
            items["a":2]


def check_item_of_the_wrong_type() -> None:
    for items in both("i", [1, 2]):
        for wrong in ("1", 1.5, None, [1]):
            with raises(TypeError):
                items[0] = wrong
        assert items[:] == [1, 2]


def check_items_wrap_around() -> None:
    for items in both("B", 2):
        items[0] = 256 + 7
        items[1] = -1
        assert items[:] == [7, 255]
        items[:] = [300, -2]
        assert items[:] == [44, 254]


def check_items_cannot_be_deleted() -> None:
    wrapped, raw = both("i", 2)
    with raises(AttributeError):
        del wrapped[0]
    with raises(TypeError, "Array does not support item deletion"):
        del raw[0]
    with raises(TypeError, "Array does not support item deletion"):
        del raw[:]


SLICES = [
    slice(*parts)
    for parts in (
        (None, None),
        (2, 5),
        (None, 3),
        (4, None),
        (-3, None),
        (None, -2),
        (5, 2),
        (3, 3),
        (0, 100),
        (-100, 100),
        (None, None, 2),
        (1, None, 3),
        (None, None, -1),
        (None, None, -2),
        (6, 1, -2),
        (1, 6, -1),
        (2, 3, 5),
        (None, None, 100),
    )
]


def check_get_a_slice() -> None:
    plain = list(range(9))
    for items in both("i", plain):
        for which in SLICES:
            assert items[which] == plain[which], which


def check_set_a_slice() -> None:
    for which in SLICES:
        plain = list(range(9))
        values = [100 + index for index in range(len(plain[which]))]
        for items in both("q", plain):
            items[which] = values
            expected = list(plain)
            for index, value in zip(range(9)[which], values, strict=True):
                expected[index] = value
            assert items[:] == expected, which


def check_slice_step_zero() -> None:
    for items in both("i", 3):
        with raises(ValueError, "slice step cannot be zero"):
            items[::0]
        with raises(ValueError, "slice step cannot be zero"):
            items[::0] = [1]


def check_slice_of_another_length() -> None:
    for items in both("i", [1, 2, 3, 4]):
        for which, values in (
            (slice(0, 2), [1, 2, 3]),
            (slice(0, 2), [1]),
            (slice(None), []),
            (slice(2, 2), [1]),
            (slice(None, None, 2), [1, 2, 3]),
            (slice(None, None, -1), [1]),
        ):
            with raises(ValueError, "Can only assign sequence of same size"):
                items[which] = values
        assert items[:] == [1, 2, 3, 4]


def check_slice_from_any_sequence() -> None:
    for items in both("i", 3):
        for values in ((1, 2, 3), range(4, 7), stdlib_array.array("i", [7, 8, 9]), b"abc", bytearray(b"xyz")):
            items[:] = values
            assert items[:] == list(values)
        items[:] = multiprocessing.RawArray("i", [5, 6, 7])
        assert items[:] == [5, 6, 7]
        items[:2] = multiprocessing.Array("h", [1, 2])
        assert items[:] == [1, 2, 7]


def check_slice_from_no_sequence() -> None:
    for items in both("i", [1, 2]):
        for values in (iter([1, 2]), 5, None):
            with raises(ValueError, "Can only assign sequence of same size"):
                items[:] = values
        with raises(TypeError):
            items[:] = {1, 2}
        with raises(TypeError):
            items[:] = ["1", "2"]
        assert items[:] == [1, 2]


def check_slice_between_types() -> None:
    doubles = multiprocessing.Array("d", 3)
    doubles[:] = stdlib_array.array("i", [1, 2, 3])
    assert doubles[:] == [1.0, 2.0, 3.0]
    bytes_ = multiprocessing.RawArray("b", 2)
    bytes_[:] = stdlib_array.array("i", [257, -129])
    assert bytes_[:] == [1, 127]
    with raises(TypeError):
        bytes_[:] = stdlib_array.array("d", [1.0, 2.0])


def check_iteration() -> None:
    for items in both("i", [3, 1, 2]):
        assert list(items) == [3, 1, 2]
        assert sorted(items) == [1, 2, 3]
        assert sum(items) == 6
        assert 2 in items
        assert 5 not in items
        assert list(reversed(items)) == [2, 1, 3]
        assert list(enumerate(items)) == [(0, 3), (1, 1), (2, 2)]


def check_iteration_sees_what_is_written_meanwhile() -> None:
    for items in both("i", [1, 1, 1, 1]):
        for index, item in enumerate(items):
            if index < 3:
                items[index + 1] += item
        assert items[:] == [1, 2, 3, 4]


def check_a_slice_is_a_copy() -> None:
    for items in both("i", [1, 2, 3]):
        part = items[:]
        assert type(part) is list
        part[0] = 9
        assert items[0] == 1


def check_every_typecode() -> None:
    for code in "bBhHiIlLqQfd":
        for items in both(code, [1, 2, 3]):
            items[1] = 5
            assert items[:] == [1, 5, 3], code
            assert items[::-2] == [3, 1], code


def check_ctypes_types() -> None:
    assert multiprocessing.Array(ctypes.c_bool, [True, False])[:] == [True, False]
    assert multiprocessing.Array(ctypes.c_size_t, [2**40])[0] == 2**40
    assert multiprocessing.Array(ctypes.c_longdouble, [0.5])[:] == [0.5]
    assert multiprocessing.Array("i", 5)._obj._length_ == 5  # type: ignore[attr-defined]


def check_raw_array_has_its_type() -> None:
    items = multiprocessing.RawArray("d", 3)
    assert items._type_ is ctypes.c_double
    assert items._length_ == 3
    assert bytes(multiprocessing.RawArray("h", [1, 2])) == bytes((ctypes.c_short * 2)(1, 2))


def check_truth_is_the_length() -> None:
    for items in both("i", 1):
        assert items
    for items in both("i", 0):
        assert not items


def check_lock_false_is_raw() -> None:
    items = multiprocessing.Array("i", [1, 2], lock=False)
    assert items[:] == [1, 2]
    assert not hasattr(items, "get_lock")


def check_lock_must_be_named() -> None:
    with raises(TypeError):
        multiprocessing.Array("i", 3, False)  # type: ignore[misc]


def check_own_lock() -> None:
    lock = multiprocessing.Lock()
    items = multiprocessing.Array("i", 3, lock=lock)
    assert items.get_lock() is lock
    with items as entered:
        assert entered is True
        assert lock.acquire(block=False) is False
    items[0] = 1
    assert items[0] == 1


def check_lock_that_is_none() -> None:
    with raises(AttributeError, "'no lock' has no method 'acquire'"):
        multiprocessing.Array("i", 3, lock="no lock")  # type: ignore[call-overload]


def check_default_lock_is_recursive() -> None:
    items = multiprocessing.Array("i", 3)
    with items.get_lock():
        items[0] = 1
        with items:
            items[1] = items[0] + 1
    assert items[:] == [1, 2, 0]


def check_get_obj_is_the_same_memory() -> None:
    items = multiprocessing.Array("i", 3)
    raw = items.get_obj()
    raw[0] = 4
    assert items[0] == 4
    assert raw[:] == [4, 0, 0]


def check_repr() -> None:
    assert repr(multiprocessing.Array("i", 3)).startswith("<SynchronizedArray wrapper for <")
    assert "c_int_Array_3 object at 0x" in repr(multiprocessing.RawArray("i", 3))


def check_isinstance_of_the_wrapper() -> None:
    items = multiprocessing.Array("i", 2)
    assert isinstance(items, sharedctypes.SynchronizedArray)
    assert isinstance(items, sharedctypes.SynchronizedBase)
    assert not isinstance(items, sharedctypes.SynchronizedString)


def check_contexts_have_the_factories() -> None:
    context = multiprocessing.get_context("spawn")
    assert context.Array("i", [1, 2])[:] == [1, 2]
    assert context.RawArray("i", 2)[:] == [0, 0]
    assert context.Array("i", 2, lock=False)[:] == [0, 0]


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
    children = [start(_add_one, items, 100) for _ in range(3)]
    _add_one(items, 100)
    finish(*children)
    assert items[:] == [400] * 10


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
