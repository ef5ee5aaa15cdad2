"""Managers: dicts and lists, from several processes."""

from __future__ import annotations

import multiprocessing
from typing import Any

from .support import finish, raises, start


def _fill(shared: Any, number: int) -> None:
    for turn in range(20):
        shared[number, turn] = turn


def check_a_dict_is_filled_by_several_processes() -> None:
    with multiprocessing.Manager() as manager:
        shared = manager.dict()
        finish(*[start(_fill, shared, number) for number in range(3)])
        assert len(shared) == 60
        assert sorted(shared.keys()) == [(number, turn) for number in range(3) for turn in range(20)]
        assert shared[2, 19] == 19


def check_methods_of_a_dict() -> None:
    with multiprocessing.Manager() as manager:
        shared = manager.dict({"a": 1}, b=2)
        assert shared["a"] == 1 and shared.get("c") is None and shared.get("c", 5) == 5
        assert "a" in shared and "c" not in shared and len(shared) == 2
        assert list(shared.keys()) == ["a", "b"] and list(shared.values()) == [1, 2]
        assert list(shared.items()) == [("a", 1), ("b", 2)]
        assert type(shared.keys()) is type(shared.values()) is type(shared.items()) is list
        assert shared.setdefault("c", 3) == 3 and shared.pop("c") == 3 and shared.pop("c", None) is None
        shared.update({"d": 4}, e=5)
        assert shared.copy() == {"a": 1, "b": 2, "d": 4, "e": 5} and type(shared.copy()) is dict
        del shared["d"], shared["e"]
        assert shared.popitem() == ("b", 2)
        shared.clear()
        assert shared.copy() == {} and len(shared) == 0


def check_errors_of_a_dict_are_the_dicts_own() -> None:
    with multiprocessing.Manager() as manager:
        shared = manager.dict()
        with raises(KeyError, "'nope'"):
            shared["nope"]
        with raises(KeyError, "'popitem(): dictionary is empty'"):
            shared.popitem()
        with raises(TypeError, "unhashable type: 'list'"):
            shared[[]] = 1
        with raises(TypeError):
            shared.get()
        shared["still"] = "works"
        assert shared.copy() == {"still": "works"}


def check_a_dict_is_iterated() -> None:
    with multiprocessing.Manager() as manager:
        shared = manager.dict(zip("abc", range(3), strict=True))
        assert list(shared) == ["a", "b", "c"]
        assert [key for key in shared] == ["a", "b", "c"]  # noqa: C416
        assert dict(shared) == {"a": 0, "b": 1, "c": 2} and dict(**shared) == {"a": 0, "b": 1, "c": 2}
        iterator = iter(shared)
        assert next(iterator) == "a" and iter(iterator) is iterator
        shared["d"] = 3
        with raises(RuntimeError, "dictionary changed size during iteration"):
            next(iterator)


def check_methods_of_a_list() -> None:
    with multiprocessing.Manager() as manager:
        shared = manager.list(range(5))
        assert shared[0] == 0 and shared[-1] == 4 and shared[1:3] == [1, 2] and shared[::2] == [0, 2, 4]
        assert len(shared) == 5 and 3 in shared and 9 not in shared
        shared.append(5)
        shared.extend([6, 7])
        shared.insert(0, -1)
        assert shared.pop() == 7 and shared.pop(0) == -1 and shared.index(3) == 3 and shared.count(3) == 1
        shared.remove(6)
        shared.reverse()
        assert shared[:] == [5, 4, 3, 2, 1, 0]
        shared.sort()
        shared[0] = "zero"
        shared[1:3] = ["one"]
        del shared[-1]
        assert shared[:] == ["zero", "one", 3, 4]
        assert shared + ["more"] == ["zero", "one", 3, 4, "more"]  # noqa: RUF005
        assert shared * 2 == [*shared, *shared] and 2 * shared == shared * 2
        assert list(reversed(shared)) == [4, 3, "one", "zero"]
        assert list(shared) == ["zero", "one", 3, 4] and [*shared] == list(shared)


def check_a_list_is_changed_in_place() -> None:
    with multiprocessing.Manager() as manager:
        shared = same = manager.list([1])
        shared += [2, 3]
        shared *= 2
        assert shared is same and shared[:] == [1, 2, 3, 1, 2, 3]
        shared.sort(reverse=True)
        assert shared[:] == [3, 3, 2, 2, 1, 1]
        shared.sort(key=_last_digit_of_negative)
        assert shared[0] == 3


def _last_digit_of_negative(number: int) -> int:
    return -number


def check_errors_of_a_list_are_the_lists_own() -> None:
    with multiprocessing.Manager() as manager:
        shared = manager.list()
        with raises(IndexError, "list index out of range"):
            shared[0]
        with raises(IndexError, "pop from empty list"):
            shared.pop()
        with raises(ValueError):
            shared.remove(1)


class Point:
    """An object of the program's own."""

    def __init__(self, x: int) -> None:
        self.x = x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Point) and other.x == self.x

    def __hash__(self) -> int:
        return self.x

    def __repr__(self) -> str:
        return f"Point({self.x})"


def _check_points(points: Any, named: Any) -> None:
    assert points[0] == Point(1) and Point(2) in points and points.index(Point(2)) == 1
    assert named[Point(3)] == "three" and Point(4) not in named
    points.append(Point(5))


def check_objects_of_the_programs_own_in_containers() -> None:
    with multiprocessing.Manager() as manager:
        points, named = manager.list([Point(1)]), manager.dict()
        points.append(Point(2))
        named[Point(3)] = "three"
        finish(start(_check_points, points, named))
        assert str(points) == "[Point(1), Point(2), Point(5)]"
        assert named.copy() == {Point(3): "three"}


def check_what_is_got_is_a_copy() -> None:
    with multiprocessing.Manager() as manager:
        shared = manager.dict(inner=[1])
        shared["inner"].append(2)
        assert shared["inner"] == [1]
        inner = shared["inner"]
        inner.append(2)
        shared["inner"] = inner
        inner.append(3)
        assert shared["inner"] == [1, 2]
        items = [1]
        kept = manager.list(items)
        items.append(2)
        assert kept[:] == [1]


def check_large_content() -> None:
    with multiprocessing.Manager() as manager:
        shared = manager.dict()
        shared["bytes"] = b"x" * 300_000
        shared["numbers"] = list(range(50_000))
        finish(start(_check_large, shared))
        assert len(shared["back"]) == 400_000 and shared["back"][-1:] == b"y"
        many = manager.list(range(30_000))
        many[100:200] = []
        assert len(many) == 29_900 and sum(many[:]) == sum(range(30_000)) - sum(range(100, 200))


def _check_large(shared: Any) -> None:
    assert shared["bytes"] == b"x" * 300_000 and shared["numbers"][-1] == 49_999
    shared["back"] = bytearray(b"y" * 400_000)
