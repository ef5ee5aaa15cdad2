"""Items are given out in the order they came, whatever comes back in between."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mpiprocessing.core.homes.line import Line


@given(st.permutations(range(6)), st.integers(0, 6), st.integers(0, 4))
def test_items_come_back_to_their_places(order: list[int], before: int, behind: int) -> None:
    line: Line[int] = Line()
    line.items.extend(range(6 + behind))
    given_out = [line.next() for _ in range(6)]
    for index in order[:before]:
        line.come_back(*given_out[index])
    again = [line.next() for _ in range(before // 2)]
    assert again == sorted(again)
    for item in (*again, *(given_out[index] for index in order[before:])):
        line.come_back(*item)
    assert [line.next()[0] for _ in range(6 + behind)] == list(range(6 + behind))


def test_what_passed_by_comes_back_too() -> None:
    line: Line[str] = Line()
    first, second = line.pass_by(), line.pass_by()
    line.items.append("third")
    line.come_back("second", second)
    line.come_back("first", first)
    assert [line.next()[0] for _ in range(3)] == ["first", "second", "third"]


def test_nothing_is_left_of_a_line_that_is_cleared() -> None:
    line: Line[str] = Line()
    line.come_back("a", line.pass_by())
    line.items.append("b")
    assert line.clear() == ["a", "b"]
    line.items.append("c")
    assert line.next() == ("c", 2)
