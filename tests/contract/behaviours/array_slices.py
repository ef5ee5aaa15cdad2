"""Slices of shared arrays: any stride, from any sequence; and iteration."""

from __future__ import annotations

import array as stdlib_array
import multiprocessing
from typing import Any

from .support import raises


def both(code: Any, content: Any) -> list[Any]:
    """An array with a lock, and one without."""
    return [multiprocessing.Array(code, content), multiprocessing.RawArray(code, content)]


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
