"""`python play.py PLAN`: play works of one column, and write down what each of them took.

Theory of operation: PLAN is a JSON file: whether all ranks play together, where to write, and the orders (sampling.py).
Results are written line by line as they come, the name of a work before it begins: whoever started this knows what was done
when it does not come to its end.

    {"begun": "pipes/tuple"}
    {"name": "pipes/tuple", "count": 3100, "samples": [1.6e-05, 1.7e-05]}

A programme for all ranks gets, for each work, a communicator of the ranks that take part; the others wait without a core to
themselves, since ranks of MPI that wait in a call of MPI would be at work beside those that are measured.

The file is started by its path, so that nothing of the library is loaded: a bare package stands in for it, unless it is there.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import sys
import time
import types
from collections.abc import Callable
from typing import Any

_LIBRARY = "mpiprocessing"

if _LIBRARY not in sys.modules:  # also in children of the standard library that import this file again
    sys.path[:] = [place for place in sys.path if place != os.path.dirname(os.path.abspath(__file__))]
    bare = types.ModuleType(_LIBRARY)
    bare.__path__ = [os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))]
    sys.modules[_LIBRARY] = bare

from mpiprocessing.bench.works.sampling import Order, sampled  # noqa: E402  # found only now

__all__ = ["main"]


def main(path: str) -> None:
    """Play what a plan says.

    Args:
        path: of the plan.
    """
    with open(path, encoding="utf-8") as file:
        plan = json.load(file)
    play = _play_everywhere if plan["everywhere"] else _play
    play(plan)


def _function(order: Order) -> Callable[..., float]:
    works: dict[str, Callable[..., float]] = importlib.import_module(order["program"]).WORKS
    return works[order["function"]]


def _play(plan: dict[str, Any]) -> None:
    for order in plan["orders"]:
        function = _function(order)
        _tell(plan, {"begun": order["name"]})
        call = functools.partial(function, parties=order["parties"], **order["arguments"])
        _result(plan, order, sampled(call, order))


def _play_everywhere(plan: dict[str, Any]) -> None:
    from mpi4py import MPI

    world = MPI.COMM_WORLD.Dup()
    for order in plan["orders"]:
        function = _function(order)
        if world.rank == 0:
            _tell(plan, {"begun": order["name"]})
        team = world.Split(0 if world.rank < order["parties"] else MPI.UNDEFINED, world.rank)
        if team != MPI.COMM_NULL:
            try:
                _play_together(function, team, plan, order)
            except BaseException:
                sys.excepthook(*sys.exc_info())
                sys.stderr.flush()
                world.Abort(1)  # the others wait for this one
            team.Free()
        arrived = world.Ibarrier()
        while not arrived.Test():
            time.sleep(0.001)


def _play_together(function: Callable[..., float], team: Any, plan: dict[str, Any], order: Order) -> None:
    """One work on all ranks of a team: rank 0 says how often, until that is 0."""

    def call(count: int) -> float:
        team.bcast(count)
        return function(team, count, **order["arguments"])

    if team.rank == 0:
        _result(plan, order, sampled(call, order))
        team.bcast(0)
        return
    while count := team.bcast(None):
        function(team, count, **order["arguments"])


def _result(plan: dict[str, Any], order: Order, measured: tuple[int, list[float]]) -> None:
    _tell(plan, {"name": order["name"], "count": measured[0], "samples": measured[1]})


def _tell(plan: dict[str, Any], line: dict[str, Any]) -> None:
    with open(plan["results"], "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
