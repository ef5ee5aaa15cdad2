"""Circles of waiting: found where there is one, and only there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mpiprocessing.core.waitgraph import circle

graphs = st.dictionaries(st.integers(0, 9), st.lists(st.integers(0, 12), max_size=4), max_size=10)


def reachable(edges: dict[int, list[int]], start: int) -> set[int]:
    """All nodes that an edge or several lead to."""
    found: set[int] = set()
    to_see = [start]
    while to_see:
        for follower in edges.get(to_see.pop(), ()):
            if follower not in found:
                found.add(follower)
                to_see.append(follower)
    return found


@given(edges=graphs)
def test_what_is_found_is_a_circle(edges: dict[int, list[int]]) -> None:
    found = circle(edges)
    assert len(set(found)) == len(found)
    for node, follower in zip(found, [*found[1:], *found[:1]], strict=True):
        assert follower in edges[node]


@given(edges=graphs)
def test_one_is_found_where_there_is_one(edges: dict[int, list[int]]) -> None:
    assert bool(circle(edges)) == any(node in reachable(edges, node) for node in edges)


def test_of_the_circles_through_a_node_it_is_a_shortest_one() -> None:
    assert circle({0: [1], 1: [2, 0], 2: [3], 3: [0]}) == [0, 1]
    assert circle({0: [0, 1], 1: [0]}) == [0]


def test_long_ones_need_no_stack() -> None:
    count = 50_000
    assert circle({node: [(node + 1) % count] for node in range(count)}) == list(range(count))
