"""Fields of every kind in structures that processes share: bits, unions, other byte orders, inherited and anonymous ones."""

from __future__ import annotations

import ctypes
import multiprocessing
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


class Cell(Point):
    _fields_ = [("count", ctypes.c_int), ("name", ctypes.c_char * 8)]


class Either(ctypes.Union):
    _fields_ = [("number", ctypes.c_uint32), ("parts", ctypes.c_uint8 * 4)]


class Bits(ctypes.Structure):
    _fields_ = [
        ("low", ctypes.c_uint, 3),
        ("high", ctypes.c_uint, 5),
        ("rest", ctypes.c_uint, 24),
        ("end", ctypes.c_int),
    ]


class Inner(ctypes.Structure):
    _fields_ = [("a", ctypes.c_int), ("b", ctypes.c_int)]


class Outer(ctypes.Structure):
    _anonymous_ = ("inner",)
    _fields_ = [("x", ctypes.c_int), ("inner", Inner)]


class Swapped(ctypes.BigEndianStructure):
    _fields_ = [("number", ctypes.c_uint32)]


class Meters(ctypes.c_double):
    pass


class Path(ctypes.Structure):
    _fields_ = [("length", Meters)]


def check_inherited_fields() -> None:
    cell = multiprocessing.RawValue(Cell, 1, 2, 3, b"abc")
    assert (cell.x, cell.y, cell.count, cell.name) == (1.0, 2.0, 3, b"abc")
    cell.name = b"longer"
    cell.x = 5
    cell.name = b"x"
    assert (cell.x, cell.count, cell.name) == (5.0, 3, b"x")
    with raises(ValueError):
        cell.name = b"much too long"
    assert cell.norm2() == 29.0


def check_union() -> None:
    either = multiprocessing.RawValue(Either)
    either.number = 0x01020304
    assert sorted(either.parts[:]) == [1, 2, 3, 4]
    either.parts[:] = [255] * 4
    assert either.number == 2**32 - 1
    assert multiprocessing.Value(Either, 5).number == 5


def check_bit_fields() -> None:
    bits = multiprocessing.RawValue(Bits, 5, 17, 2**24 - 1, -7)
    assert (bits.low, bits.high, bits.rest, bits.end) == (5, 17, 2**24 - 1, -7)
    bits.high = 3
    assert (bits.low, bits.high, bits.rest, bits.end) == (5, 3, 2**24 - 1, -7)
    bits.low = 9
    bits.rest = 0
    assert (bits.low, bits.high, bits.rest, bits.end) == (1, 3, 0, -7)


def check_anonymous_members() -> None:
    outer = multiprocessing.RawValue(Outer, 1, (2, 3))
    assert (outer.x, outer.a, outer.b) == (1, 2, 3)
    outer.b = 9
    assert outer.inner.b == 9


def check_other_byte_order() -> None:
    swapped = multiprocessing.RawValue(Swapped, 0x01020304)
    assert swapped.number == 0x01020304
    swapped.number += 1
    assert bytes(swapped) == b"\1\2\3\5"


def check_subclass_of_a_simple_type() -> None:
    path = multiprocessing.RawValue(Path)
    path.length.value = 3.5
    assert path.length.value == 3.5
    path.length = 4.5
    assert path.length.value == 4.5
    lengths = multiprocessing.RawArray(Meters, [1, 2])
    lengths[1].value += 1
    assert [length.value for length in lengths] == [1.0, 3.0]
    assert multiprocessing.Value(Meters, 2).value == 2.0


def _write_bits(bits: Any) -> None:
    bits.high = 6


def check_child_writes_a_bit_field() -> None:
    bits = multiprocessing.RawValue(Bits, 1, 2, 3, 4)
    finish(start(_write_bits, bits))
    assert (bits.low, bits.high, bits.rest, bits.end) == (1, 6, 3, 4)
