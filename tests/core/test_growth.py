"""How the cost of each operation grows with the ranks: counted on the simulated network, up to 64 ranks, some to 512.

Each bound is for one operation of n workers together: so many messages and bytes for each worker, and so many frames one after
another. What rank 0 keeps, as the home of everything, may grow by so much for each worker; what any other rank keeps may not
grow at all. The figures for the documentation come from the same programs: `python -m tests.core.simulator.operations`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.core.simulator import operations
from tests.core.simulator.operations import LARGE, TASKS
from tests.core.simulator.orderly import Cost


class Bound(NamedTuple):
    """At most so much for each worker.

    Args:
        messages: all that are sent.
        bytes: theirs; the numbers of ranks and objects get a few bytes longer as there are more.
        depth: frames one after another.
    """

    messages: float
    bytes: float
    depth: float


BOUNDS: dict[str, Bound] = {
    "process: start all": Bound(1, 110, 1),
    "process: end and join all": Bound(2, 14, 2),
    "print: a line each": Bound(1, 50, 1),
    "watch: a wave": Bound(2, 250, 2),
    "barrier: wait": Bound(2, 40, 2),
    "event: wait": Bound(1, 30, 1),
    "event: set": Bound(1, 15, 1),
    "condition: wait": Bound(4, 85, 5),
    "condition: notify all": Bound(2, 40, 4),
    "lock: each takes it": Bound(4, 75, 5.5),
    "semaphore: each takes one": Bound(4, 75, 5.5),
    "queue: n put for the first time, one gets": Bound(3, 75, 3),
    "queue: one puts, n get": Bound(1, 30, 1),
    "pipe: one sends to n": Bound(1, 24, 2),
    "pool: map, new function": Bound(2 * TASKS + 1.5, 380, 6.5),
    "pool: map, the same function": Bound(2 * TASKS + 0.5, 340, 6.5),
    "pool: map, function of 64 KiB": Bound(2 * TASKS + 1.5, LARGE + 380, 6.5),
    "pool: close": Bound(1, 15, 1),
    "manager dict: each sets and gets": Bound(3, 190, 4),
}

KEPT = 1000
"""Bytes that rank 0 may keep for each worker while it has one: a child, its rank, its stub and its calls at each home."""

Operation = Callable[[operations.Play], None]


def every(operation: Operation) -> str:
    return operation.__name__


def holds(name: str, cost: Cost, ranks: int) -> None:
    workers, bound = ranks - 1, BOUNDS[name]
    assert cost.messages <= bound.messages * workers, (name, ranks, cost)
    assert cost.bytes <= bound.bytes * workers, (name, ranks, cost)
    assert cost.depth <= bound.depth * workers + 8, (name, ranks, cost)


@pytest.mark.parametrize("operation", operations.OPERATIONS, ids=every)
def test_no_operation_costs_more_than_so_much_for_each_worker(operation: Operation) -> None:
    kept = {}
    for ranks in (2, 4, 8, 16, 32, 64):
        costs, kept[ranks] = operations.play(operation, ranks)
        assert costs
        for name, cost in costs.items():
            holds(name, cost, ranks)
    for ranks, (first, last) in kept.items():
        # The numbers of ranks get longer: an integer above 2**30 takes some bytes more than one below.
        assert last <= 1.1 * kept[4][1] + 500, (ranks, last, kept)
        assert first <= kept[4][0] + KEPT * max(0, ranks - 4), (ranks, first, kept)


def test_every_bound_is_for_an_operation_that_is_played() -> None:
    played = {name for operation in operations.OPERATIONS for name in operations.play(operation, 3)[0]}
    assert played == set(BOUNDS)


def test_a_wave_of_the_watch_is_logarithmically_deep_and_no_rank_has_more_to_do() -> None:
    for ranks in (16, 64, 256):
        cost = operations.play(operations.watching, ranks)[0]["watch: a wave"]
        levels = ranks.bit_length()
        assert cost.depth <= 10 * levels and cost.busiest <= 2 * levels, (ranks, cost)


@pytest.mark.slow
@pytest.mark.parametrize(
    "operation", [operations.processes, operations.barrier, operations.manager], ids=every
)
def test_512_ranks_hold_the_same_bounds(operation: Operation) -> None:
    costs, (_, last) = operations.play(operation, 512)
    for name, cost in costs.items():
        holds(name, cost, 512)
    assert last <= 1.1 * operations.play(operation, 4)[1][1] + 500
