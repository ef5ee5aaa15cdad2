"""multiprocessing.sharedctypes: copies, wrappers, and what NumPy makes of shared arrays."""

from __future__ import annotations

import copy
import ctypes
import multiprocessing
from multiprocessing import sharedctypes
from typing import Any

import numpy

from .support import finish, raises, start


class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_double), ("y", ctypes.c_double)]


def check_names_are_those_of_the_package() -> None:
    assert sharedctypes.RawValue("i", 3).value == 3
    assert sharedctypes.RawArray("i", 3)[:] == [0, 0, 0]
    assert sharedctypes.Value("i", 3).value == 3
    assert sharedctypes.Array("i", [3])[:] == [3]
    assert set(sharedctypes.__all__) == {"RawValue", "RawArray", "Value", "Array", "copy", "synchronized"}
    assert sharedctypes.typecode_to_type["d"] is ctypes.c_double


def check_copy() -> None:
    for original in (
        sharedctypes.RawValue("i", 3),
        sharedctypes.RawArray("d", [1, 2]),
        sharedctypes.RawValue(Point, 1, 2),
        sharedctypes.RawArray(Point, [(1, 2), (3, 4)]),
    ):
        twin = sharedctypes.copy(original)
        assert bytes(twin) == bytes(original)
        assert type(twin) is type(original)


def check_copy_is_apart() -> None:
    original = sharedctypes.RawArray("i", [1, 2])
    twin = sharedctypes.copy(original)
    twin[0] = 9
    original[1] = 8
    assert (original[:], twin[:]) == ([1, 8], [9, 2])


def check_copy_of_a_plain_ctypes_object() -> None:
    plain = (ctypes.c_int * 2)(4, 5)
    shared = sharedctypes.copy(plain)
    finish(start(_increment, shared))
    assert shared[:] == [5, 6]
    assert plain[:] == [4, 5]
    with raises(TypeError):
        sharedctypes.copy(multiprocessing.Value("i"))


def _increment(items: Any) -> None:
    for index, item in enumerate(items):
        items[index] = item + 1


def check_copy_is_shared() -> None:
    twin = sharedctypes.copy(sharedctypes.RawArray("i", [1, 2]))
    finish(start(_increment, twin))
    assert twin[:] == [2, 3]


def check_synchronized() -> None:
    raw = sharedctypes.RawValue("i", 3)
    lock = multiprocessing.Lock()
    number = sharedctypes.synchronized(raw, lock)
    assert number.get_obj() is raw
    assert number.get_lock() is lock
    number.value = 4
    assert raw.value == 4


def check_synchronized_makes_a_lock() -> None:
    items = sharedctypes.synchronized(sharedctypes.RawArray("i", [1, 2]))
    with items.get_lock():
        with items:
            items[0] = 5
    assert items[:] == [5, 2]
    point = sharedctypes.synchronized(sharedctypes.RawValue(Point, 1, 2))
    assert point.y == 2.0
    assert sharedctypes.synchronized(sharedctypes.RawArray("c", b"ab")).value == b"ab"


def check_synchronized_twice() -> None:
    with raises(AssertionError, "object already synchronized"):
        sharedctypes.synchronized(multiprocessing.Value("i"))


def check_synchronized_in_a_child() -> None:
    items = sharedctypes.synchronized(sharedctypes.RawArray("i", [1, 2]), multiprocessing.RLock())
    finish(start(_increment, items))
    assert items[:] == [2, 3]


def check_two_wrappers_of_one_object() -> None:
    raw = sharedctypes.RawValue("i")
    first, second = sharedctypes.synchronized(raw), sharedctypes.synchronized(raw)
    first.value = 7
    assert second.value == 7


def check_raw_and_wrapper_arrive_as_one_memory() -> None:
    number = multiprocessing.Value("i", 1)
    finish(start(_write_raw_read_wrapped, number.get_obj(), number))
    assert number.value == 5


def _write_raw_read_wrapped(raw: Any, number: Any) -> None:
    raw.value = 5
    assert number.value == 5


def check_in_containers() -> None:
    shared = {"numbers": [multiprocessing.Value("i", 1), multiprocessing.RawArray("d", 2)]}
    finish(start(_write_contained, shared))
    assert shared["numbers"][0].value == 2  # type: ignore[union-attr]
    assert shared["numbers"][1][:] == [0.0, 1.0]  # type: ignore[index]


def _write_contained(shared: Any) -> None:
    number, items = shared["numbers"]
    number.value += 1
    items[1] = 1


def check_a_copy_by_the_copy_module_is_apart() -> None:
    raw = sharedctypes.RawArray("i", [1, 2])
    twin = copy.copy(raw)
    assert isinstance(twin, ctypes.Array)
    twin[0] = 9
    assert raw[:] == [1, 2]


# ---- NumPy ------------------------------------------------------------------------------------------------------------


def check_array_from_ndarray() -> None:
    for dtype, code in (("f8", "d"), ("i4", "i"), ("f4", "f"), ("u1", "B"), ("i8", "q")):
        values = numpy.arange(5, dtype=dtype)
        assert sharedctypes.RawArray(code, values)[:] == list(range(5))
        assert multiprocessing.Array(code, values[::-1])[:] == [4, 3, 2, 1, 0]
    with raises(TypeError):
        multiprocessing.Array("i", numpy.arange(3.0))


def check_slice_from_ndarray() -> None:
    items = multiprocessing.Array("d", 6)
    items[:] = numpy.arange(6.0)
    assert items[:] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    items[:3] = numpy.arange(12.0)[::4]
    assert items[:3] == [0.0, 4.0, 8.0]
    items[::2] = numpy.array([7, 8, 9])
    assert items[:] == [7.0, 4.0, 8.0, 3.0, 9.0, 5.0]
    items[::-2] = numpy.array([1.0, 2.0, 3.0], dtype="f4")
    assert items[:] == [7.0, 3.0, 8.0, 2.0, 9.0, 1.0]
    with raises(ValueError, "Can only assign sequence of same size"):
        items[:] = numpy.arange(5.0)


def check_slice_from_ndarray_of_another_byte_order() -> None:
    items = multiprocessing.RawArray("i", 3)
    items[:] = numpy.array([1, 2, 3], dtype=">i4")
    assert items[:] == [1, 2, 3]
    items[:] = numpy.array([4, 5, 6], dtype="<i4")
    assert items[:] == [4, 5, 6]


def check_ndarray_from_array() -> None:
    for items in (multiprocessing.Array("i", [1, 2, 3]), multiprocessing.RawArray("i", [1, 2, 3])):
        found = numpy.asarray(items)
        assert found.shape == (3,)
        assert found.tolist() == [1, 2, 3]
        assert found.dtype == (numpy.int64 if hasattr(items, "get_lock") else numpy.int32)
        assert numpy.array(items, dtype="f8").tolist() == [1.0, 2.0, 3.0]
        assert numpy.sum(items) == 6
        assert numpy.array_equal(items, [1, 2, 3])


def check_a_new_ndarray_can_be_written() -> None:
    for items in (multiprocessing.Array("d", 3), multiprocessing.RawArray("d", 3)):
        found = numpy.array(items)
        found[0] = 5
        assert items[0] == 0.0
        items[:] = found
        assert items[0] == 5.0


def check_ndarray_of_structures() -> None:
    found = numpy.array(sharedctypes.RawArray(Point, [(1, 2), (3, 4)]))
    assert found.dtype.names == ("x", "y")
    assert found["y"].tolist() == [2.0, 4.0]


def check_ndarray_of_a_table() -> None:
    table = sharedctypes.RawArray(ctypes.c_double * 3, 2)
    table[1][2] = 5
    assert numpy.array(table).tolist() == [[0.0, 0.0, 0.0], [0.0, 0.0, 5.0]]


def check_ndarray_of_characters() -> None:
    assert numpy.array(multiprocessing.Array("c", b"abc")).tolist() == [b"a", b"b", b"c"]


def check_frombuffer_shares_the_memory() -> None:
    items = multiprocessing.Array("d", 3)
    numpy.frombuffer(items.get_obj())[1] = 5.0
    assert items[:] == [0.0, 5.0, 0.0]


def check_it_is_a_ctypes_object() -> None:
    assert isinstance(sharedctypes.RawArray("i", 2), ctypes.Array)
    assert ctypes.sizeof(sharedctypes.RawArray("i", 2)) == 8


def check_a_pointer_type_is_taken() -> None:
    assert sharedctypes.RawValue(ctypes.c_char_p).value is None


def check_a_void_pointer_is_a_number() -> None:
    address = sharedctypes.RawValue(ctypes.c_void_p, 2**40)
    assert address.value == 2**40
