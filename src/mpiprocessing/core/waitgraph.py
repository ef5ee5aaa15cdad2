"""Who waits for whom, as a graph, and a circle in it.

Where everything rests, everybody waits: for something that another one has in hand (a *hard* edge: the holder of a lock), or
for what any of several could bring (*soft*: whoever could put an item into a queue). A circle of hard edges explains itself;
one with soft edges is an explanation as well where all rest, since none of those who could do something ever will. Where there
is no circle somebody waits for what nobody is left to do.

Circles are found by a search in depth for a node on one, then one in breadth for the shortest through it: the time of both
grows with the edges (Tarjan, "Depth-first search and linear graph algorithms", SIAM Journal on Computing 1, 1972).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

__all__ = ["circle"]

N = TypeVar("N", bound=Hashable)


def circle(edges: Mapping[N, Sequence[N]]) -> list[N]:
    """A circle of a graph.

    Args:
        edges: node → the nodes it leads to; what is no key leads nowhere.

    Returns:
        Its nodes in order, each leading to the next and the last to the first; of those through the node that is found first
        a shortest one. Empty where there is none.
    """
    start = _on_a_circle(edges)
    return [] if start is None else _shortest(edges, start)


def _on_a_circle(edges: Mapping[N, Sequence[N]]) -> N | None:
    """The first node to which a search in depth comes back while it is still on its path."""
    done: set[N] = set()
    for root in edges:
        if root in done:
            continue
        path: dict[N, Iterable[N]] = {root: iter(edges[root])}
        while path:
            node = next(reversed(path))
            for follower in path[node]:
                if follower in path:
                    return follower
                if follower not in done:
                    path[follower] = iter(edges.get(follower, ()))
                    break
            else:
                done.add(node)
                del path[node]
    return None


def _shortest(edges: Mapping[N, Sequence[N]], start: N) -> list[N]:
    """A shortest way from a node back to itself; there is one."""
    came_from: dict[N, N] = {}
    found = deque([start])
    while True:
        node = found.popleft()
        for follower in edges.get(node, ()):
            if follower == start:
                way = [node]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return way[::-1]
            if follower not in came_from:
                came_from[follower] = node
                found.append(follower)
