"""Reductions in a fixed order: what is put together, in which order, whatever comes first."""

from __future__ import annotations

import math
import operator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpiprocessing import reduce_in_order
from mpiprocessing.inorder import _Tree


def joined(left: Any, right: Any) -> str:
    return f"({left}{right})"


def test_the_tree() -> None:
    assert reduce_in_order(joined, "0123456") == "(((01)(23))((45)6))"
    assert reduce_in_order(joined, "012345") == "(((01)(23))(45))"
    assert reduce_in_order(joined, "01", initial="i") == "(i(01))"
    assert reduce_in_order(joined, "0") == "0"


@given(st.integers(1, 70).flatmap(lambda n: st.permutations(range(n))))
def test_the_same_in_any_order(order: list[int]) -> None:
    wanted = reduce_in_order(joined, map(str, range(len(order))))
    assert reduce_in_order(joined, ((n, str(n)) for n in order), numbered=True) == wanted
    assert wanted.replace("(", "").replace(")", "") == "".join(map(str, range(len(order))))


@given(st.lists(st.floats(-1e9, 1e9), min_size=1))
def test_sums(values: list[float]) -> None:
    assert reduce_in_order(operator.add, values) == pytest.approx(math.fsum(values), abs=1e-5)


@given(st.integers(1, 300), st.integers(1, 16), st.randoms())
def test_what_is_kept_is_bounded_by_what_is_under_way(length: int, window: int, random: Any) -> None:
    tree, waiting, most = _Tree(operator.add), [], 0
    for place in range(length):
        waiting.append(place)
        if len(waiting) == window:
            tree.add(waiting.pop(random.randrange(window)) if place % 7 else waiting.pop(0), 1)
            most = max(most, len(tree._parts))
    for place in waiting:
        tree.add(place, 1)
    assert tree.result() == length
    assert most <= (window + 1) * (length.bit_length() + 1)


def test_no_results_and_places_that_are_wrong() -> None:
    assert reduce_in_order(operator.add, [], initial=0) == 0
    with pytest.raises(TypeError, match="no initial value"):
        reduce_in_order(operator.add, [])
    with pytest.raises(ValueError, match="two results for place 1"):
        reduce_in_order(operator.add, [(1, 1), (0, 1), (1, 1)], numbered=True)
    with pytest.raises(ValueError, match="not one for each place from 0 to 1"):
        reduce_in_order(operator.add, [(0, 1), (2, 1)], numbered=True)
