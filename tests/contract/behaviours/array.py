"""Array and RawArray: items of one ctypes type, one by one."""

from __future__ import annotations

import array as stdlib_array
import ctypes
import multiprocessing
from multiprocessing import sharedctypes
from typing import Any

from .support import raises


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
