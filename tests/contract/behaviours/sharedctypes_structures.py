"""Structures that processes share: nested ones, arrays of them, and a lock around each."""

from __future__ import annotations

import ctypes
import multiprocessing
from multiprocessing import sharedctypes
from typing import Any

from .support import finish, raises, start


class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_double), ("y", ctypes.c_double)]

    unit = "m"

    def norm2(self) -> float:
        return self.x**2 + self.y**2

    @property
    def sum(self) -> float:
        return self.x + self.y

    @sum.setter
    def sum(self, value: float) -> None:
        self.x = value - self.y

    def __str__(self) -> str:
        return f"({self.x:g}, {self.y:g})"


class Row(ctypes.Structure):
    _fields_ = [
        ("first", Point),
        ("items", ctypes.c_int * 3),
        ("points", Point * 2),
        ("last", ctypes.c_short),
    ]


class Counter(ctypes.Structure):
    _fields_ = [("other", ctypes.c_int), ("count", ctypes.c_int)]


def check_fields_of_a_value() -> None:
    for point in (multiprocessing.Value(Point, 1, 2.5), multiprocessing.RawValue(Point, 1, 2.5)):
        assert (point.x, point.y) == (1.0, 2.5)
        point.x = 3
        point.y *= 2
        assert (point.x, point.y) == (3.0, 5.0)


def check_starts_as_zero() -> None:
    point = multiprocessing.Value(Point)
    assert (point.x, point.y) == (0.0, 0.0)
    assert multiprocessing.Value(Point, 4).y == 0.0


def check_wrong_arguments() -> None:
    with raises(TypeError):
        multiprocessing.Value(Point, 1, 2, 3)
    with raises(TypeError):
        multiprocessing.Value(Point, "1")
    point = multiprocessing.RawValue(Point, 1, 2)
    with raises(TypeError):
        point.x = "1"
    assert point.x == 1.0


def check_wrapper_has_the_fields_only() -> None:
    point = multiprocessing.Value(Point, 1, 2)
    assert type(point).__name__ == "SynchronizedPoint"
    assert isinstance(point, sharedctypes.SynchronizedBase)
    with raises(AttributeError):
        point.norm2()
    with raises(AttributeError):
        point.z  # noqa: B018
    assert repr(point).startswith("<SynchronizedPoint wrapper for ")
    with point.get_lock():
        point.x += 1
    assert point.get_obj().x == 2.0


def check_methods_and_properties_of_the_structure() -> None:
    point = multiprocessing.RawValue(Point, 3, 4)
    assert point.norm2() == 25.0
    assert point.sum == 7.0
    point.sum = 10
    assert point.x == 6.0
    assert point.unit == "m"
    assert str(point) == "(6, 4)"


def check_the_type_of_the_wrapper_is_made_once() -> None:
    assert type(multiprocessing.Value(Point)) is type(multiprocessing.Value(Point, 1))


def check_nested() -> None:
    row = multiprocessing.RawValue(Row)
    row.first.x = 1.5
    row.items[1] = 7
    row.items[2:] = [9]
    row.points[1].y = 2.5
    row.last = -1
    assert row.first.x == 1.5
    assert row.items[:] == [0, 7, 9]
    assert [point.y for point in row.points] == [0.0, 2.5]
    assert row.last == -1
    inner = row.points[1]
    inner.x = 4.0
    assert row.points[1].x == 4.0
    assert row.points[-1].norm2() == 4.0**2 + 2.5**2


def check_assign_a_nested_structure() -> None:
    row = multiprocessing.RawValue(Row)
    row.first = Point(1, 2)
    row.points[0] = Point(3, 4)
    row.items = (ctypes.c_int * 3)(7, 8, 9)
    row.points[1] = row.points[0]
    row.points[0].x = 0
    assert (row.first.x, row.first.y) == (1.0, 2.0)
    assert (row.points[1].x, row.points[1].y) == (3.0, 4.0)
    assert row.items[:] == [7, 8, 9]
    row.first = (5, 6)
    assert row.first.y == 6.0


def check_array_of_structures() -> None:
    for points in (
        multiprocessing.Array(Point, [(1, 2), (3, 4)]),
        multiprocessing.RawArray(Point, [(1, 2), Point(3, 4)]),
    ):
        assert [(point.x, point.y) for point in points] == [(1.0, 2.0), (3.0, 4.0)]
        points[0].x = 9
        points[-1] = (5, 6)
        assert (points[0].x, points[1].y) == (9.0, 6.0)
        part = points[1:]
        part[0].x = 8
        assert points[1].x == 8.0
        assert len(points[:]) == 2
        assert points[5:] == []
        points[:] = [Point(0, 1), (2, 3)]
        assert [point.y for point in points] == [1.0, 3.0]
        points[:] = points[::-1]
        assert len(points) == 2
        with raises(TypeError):
            points[0] = 5
        with raises(IndexError, "invalid index"):
            points[2]


def check_array_of_arrays() -> None:
    table = multiprocessing.RawArray(ctypes.c_int * 3, 2)
    table[1][2] = 5
    table[0][:] = [1, 2, 3]
    assert [row[:] for row in table] == [[1, 2, 3], [0, 0, 5]]
    assert len(table[0]) == 3
    table[1] = table[0]
    assert table[1][:] == [1, 2, 3]
    with raises(IndexError, "invalid index"):
        table[0][3]


def check_value_of_an_array_type() -> None:
    items = multiprocessing.Value(ctypes.c_int * 3, 1, 2, 3)
    assert items[:] == [1, 2, 3]
    assert isinstance(items, sharedctypes.SynchronizedArray)
    assert multiprocessing.RawValue(ctypes.c_char * 4, b"a", b"b").value == b"ab"


def _square(points: Any) -> None:
    for point in points:
        point.x **= 2
        point.y **= 2


def _modify(n: Any, x: Any, s: Any, points: Any) -> None:
    n.value **= 2
    x.value **= 2
    s.value = s.value.upper()
    _square(points)


def check_the_example_of_the_documentation() -> None:
    lock = multiprocessing.Lock()
    n = multiprocessing.Value("i", 7)
    x = sharedctypes.Value(ctypes.c_double, 1.0 / 3.0, lock=False)
    s = multiprocessing.Array("c", b"hello world", lock=lock)
    points = multiprocessing.Array(Point, [(1.875, -6.25), (-5.75, 2.0), (2.375, 9.5)], lock=lock)
    finish(start(_modify, n, x, s, points))
    assert n.value == 49
    assert x.value == (1.0 / 3.0) ** 2
    assert s.value == b"HELLO WORLD"
    assert [(point.x, point.y) for point in points] == [
        (3.515625, 39.0625),
        (33.0625, 4.0),
        (5.640625, 90.25),
    ]


def _write_nested(row: Any) -> None:
    row.first.y = 2.5
    row.items[:] = [1, 2, 3]
    row.points[1] = Point(7, 8)


def check_child_writes_nested_fields() -> None:
    row = multiprocessing.RawValue(Row)
    finish(start(_write_nested, row))
    assert row.first.y == 2.5
    assert row.items[:] == [1, 2, 3]
    assert row.points[1].norm2() == 113.0


def _count(cell: Any, times: int) -> None:
    for _ in range(times):
        with cell.get_lock():
            cell.count += 1


def check_counting_in_a_field_is_exact() -> None:
    cell = multiprocessing.Value(Counter)
    children = [start(_count, cell, 100) for _ in range(3)]
    _count(cell, 100)
    finish(*children)
    assert cell.count == 400
    assert cell.other == 0
