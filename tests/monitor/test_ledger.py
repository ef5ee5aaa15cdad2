"""What is remembered of what pools were asked: in memory, with stand-ins for a pool and its calls."""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import Any

import pytest

from mpiprocessing.core.homes.tasks import Task
from mpiprocessing.core.messages import CallStatus, Payload, PoolStatus
from mpiprocessing.monitor.document import what_is
from mpiprocessing.monitor.ledger import Ledger, name_of
from mpiprocessing.pools.worker import APPLY, CALL, MAP


class Orders:
    """A pool of two workers; one task is with each, the others wait."""

    def __init__(self) -> None:
        self.handle = SimpleNamespace(stub=SimpleNamespace(home=7))
        self.farm = SimpleNamespace(over=False, left_out=0, workers=2, waiting=0, given=0)
        self.sinks: dict[int, Any] = {}
        self.closing, self.feeds, self.unfinished = False, 0, 0


class Sink:
    """A call of `length` items, `many` to a task."""

    def __init__(self, length: int, many: int) -> None:
        self.length, self.many, self.done = length, many, 0
        self._unfinished = False

    def _items_of(self, part: int) -> tuple[int, int]:
        return part * self.many, min(self.many, self.length - part * self.many)

    def _progress(self) -> tuple[int, int | None]:
        return self.done, self.length


class One(Sink):
    """A call of `apply`."""

    def _items_of(self, part: int) -> Any:
        return None


def function() -> None:
    """What is called."""


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(SimpleNamespace(rank=0))  # type: ignore[arg-type]


def submit(ledger: Ledger, orders: Orders, job: int, sink: Sink, first: int, parts: range, how: str) -> None:
    """Tasks with the numbers from `first` on."""
    orders.sinks[job] = sink
    orders.unfinished += len(parts)
    tasks = [Task(first + k, 1, how, Payload(b""), job, part) for k, part in enumerate(parts)]
    ledger.submitted(orders, sink, tasks)  # type: ignore[arg-type]


def only(ledger: Ledger, final: bool = False) -> PoolStatus:
    (pool,) = ledger.status(final)
    return pool


def calls(ledger: Ledger) -> list[tuple[str, int, int | None]]:
    return [(call.what, call.done, call.total) for call in only(ledger).calls if isinstance(call, CallStatus)]


def test_which_items_are_in_which_task(ledger: Ledger) -> None:
    orders = Orders()
    ledger.defined(orders, 1, function)  # type: ignore[arg-type]
    big, small = Sink(25, 10), One(1, 1)
    submit(ledger, orders, 3, big, 1, range(2), MAP)
    submit(ledger, orders, 4, small, 3, range(1), APPLY)
    submit(ledger, orders, 3, big, 4, range(2, 3), MAP)
    pool = only(ledger, final=True)
    assert pool.spans == [
        (1, 2, 0, 10, 20, "map(function)"),
        (3, 1, -1, 1, 0, "apply(function)"),
        (4, 1, 20, 5, 25, "map(function)"),
    ]
    assert [what_is(pool, task)["item"] for task in (1, 2, 3, 4, 5)] == [0, 10, None, 20, None]
    assert what_is(pool, 4)["items"] == 5
    assert (pool.asked, pool.done, pool.over) == (4, 0, False)


def test_a_call_that_owes_nothing_is_done_and_told_once_more(ledger: Ledger) -> None:
    orders, sink = Orders(), Sink(4, 1)
    ledger.defined(orders, 1, function)  # type: ignore[arg-type]
    submit(ledger, orders, 3, sink, 1, range(4), CALL)
    sink.done, orders.unfinished = 3, 1
    assert calls(ledger) == [("map(function)", 3, 4)] and only(ledger).done == 3
    del orders.sinks[3]
    assert calls(ledger) == [("map(function)", 4, 4)]
    assert calls(ledger) == []


def test_a_call_that_was_stopped_is_not_done(ledger: Ledger) -> None:
    orders, sink = Orders(), Sink(4, 1)
    submit(ledger, orders, 3, sink, 1, range(4), CALL)
    sink.done, orders.unfinished = 1, 3
    only(ledger)
    sink._unfinished, orders.farm.left_out, orders.unfinished = True, 3, 0
    del orders.sinks[3]
    assert calls(ledger) == [("map(?)", 1, 4)] and only(ledger).done == 1


def test_a_pool_that_is_gone_is_remembered(ledger: Ledger) -> None:
    orders = Orders()
    submit(ledger, orders, 3, Sink(4, 1), 1, range(4), CALL)
    orders.unfinished = 0
    only(ledger)
    del orders
    pool = only(ledger, final=True)
    assert (pool.asked, pool.done, pool.over, len(pool.spans)) == (4, 4, True, 1)


def test_names_of_functions() -> None:
    assert name_of(functools.partial(functools.partial(function))) == "function"
    assert name_of(Orders()) == "Orders"
