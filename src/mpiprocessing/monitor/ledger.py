"""What the pools of this process were asked, and how far they are.

    pool.map ──▶ Orders ──submitted──▶ Ledger       which items are in which task, what the call is called
                   ▲                      │
                   └──────looked at───────┘ when rank 0 asks: what waits, what runs, how much of each call is done

Pools are not kept alive by it; of one that is gone stays what was asked of it, for the report at the end.
"""

from __future__ import annotations

import functools
import itertools
import weakref
from collections import deque
from collections.abc import Callable
from multiprocessing.process import current_process
from time import monotonic
from typing import Any

from mpiprocessing.core.homes.tasks import Task
from mpiprocessing.core.messages import CallStatus, PoolStatus
from mpiprocessing.core.runtime import Runtime
from mpiprocessing.pools.imap import Feed
from mpiprocessing.pools.orders import Orders
from mpiprocessing.pools.worker import APPLY, STARCALL, STARMAP

__all__ = ["Ledger", "Span", "name_of"]

Span = tuple[int, int, int, int, int, str]
"""A run of tasks: the first one's number, how many, the first item, items in each, the first item behind them, their call."""

_POOLS = 64
"""Of so many pools that are gone it is remembered what they were asked."""

_SPANS = 20_000
"""So many runs of tasks are remembered of a pool: those that were asked for last."""


_NAMES = 1000
"""So many functions of a pool are known by their names: those that were made known last."""

_LAST = 8
"""So many runs of tasks are told while the job runs: the tasks that run now are most probably among them."""


class _Call:
    """A call that consists of several tasks, or one of `apply`."""

    def __init__(self, what: str, sink: Any) -> None:
        self.what = what
        self.begun = monotonic()
        self.before, self.total = sink._progress()
        self.done = self.before
        self.asked = 0  # items in the tasks that were asked for
        self._sink = weakref.ref(sink)

    def status(self, number: int, owed: bool) -> CallStatus:
        """How far it is.

        Args:
            number: its.
            owed: whether results are still to come; where none are, all of it is done, unless a signal has told it to stop.
        """
        sink = self._sink()
        if owed and sink is not None:
            self.done, self.total = sink._progress()
        elif not getattr(sink, "_unfinished", False) and not getattr(sink, "unfinished", False):
            self.done = self.total = self.before + self.asked if self.total is None else self.total
        return CallStatus(number, self.what, self.done, self.total, monotonic() - self.begun, self.before)


class _Pool:
    """One pool."""

    def __init__(self, orders: Orders) -> None:
        self.number = orders.handle.stub.home
        self.process = current_process().name
        self.orders = weakref.ref(orders)
        self.names: dict[int, str] = {}  # of functions
        self.asked = self.done = 0
        self.spans: deque[Span] = deque(maxlen=_SPANS)
        self.calls: dict[int, _Call] = {}
        self._last = -1  # the job of the last run

    def submitted(self, sink: Any, tasks: list[Task]) -> None:
        """More tasks were asked for."""
        first, self.asked = tasks[0], self.asked + len(tasks)
        call = self.calls.get(first.job)
        if call is None:
            call = _Call(f"{_verb(sink, first.how)}({self.names.get(first.function, '?')})", sink)
            if first.how != APPLY:
                self.calls[first.job] = call
        for task in tasks:
            item, many = sink._items_of(task.part) or (-1, 1)
            call.asked += many
            self._span(task.number, item, many, call.what, task.job)

    def _span(self, number: int, item: int, many: int, what: str, job: int) -> None:
        """Enter a task, together with those before it where it goes on with them."""
        if self.spans and self._last == job and item >= 0:
            first, count, begin, each, end, _ = self.spans[-1]
            if first + count == number and item == end == begin + count * each and many <= each:
                self.spans[-1] = first, count + 1, begin, each, end + many, what
                return
        self.spans.append((number, 1, item, many, item + many, what))
        self._last = job

    def status(self, rank: int, final: bool) -> PoolStatus:
        """How far it is."""
        spans = list(self.spans) if final else [*itertools.islice(reversed(self.spans), _LAST)][::-1]
        orders = self.orders()
        if orders is None:
            return PoolStatus(
                self.number, rank, self.process, 0, self.asked, 0, 0, self.done, True, [], spans
            )
        farm = orders.farm
        self.done = self.asked - orders.unfinished - farm.left_out
        calls = [
            call.status(job, owed=job in orders.sinks)
            for job, call in self.calls.items()
            if job not in orders.sinks or not farm.over
        ]
        self.calls = {job: call for job, call in self.calls.items() if job in orders.sinks}
        over = farm.over or (orders.closing and not orders.unfinished and not orders.feeds)
        return PoolStatus(
            pool=self.number,
            rank=rank,
            process=self.process,
            workers=farm.workers,
            asked=self.asked,
            waiting=farm.waiting,
            running=farm.given,
            done=self.done,
            over=over,
            calls=calls,
            spans=spans,
        )


class Ledger:
    """All pools of the processes on this rank; see `Looker`.

    Args:
        runtime: this rank's runtime.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._rank = runtime.rank
        self._pools: dict[int, _Pool] = {}

    def _pool(self, orders: Orders) -> _Pool:
        number = orders.handle.stub.home
        pool = self._pools.get(number)
        if pool is None:
            pool = self._pools[number] = _Pool(orders)
            gone = [number for number, pool in self._pools.items() if pool.orders() is None]
            for number in gone[:-_POOLS]:
                del self._pools[number]
        return pool

    def defined(self, orders: Orders, number: int, function: Callable[..., Any]) -> None:
        """A function has that number now."""
        names = self._pool(orders).names
        names[number] = name_of(function)
        if len(names) > _NAMES:
            del names[next(iter(names))]

    def submitted(self, orders: Orders, sink: Any, tasks: list[Task]) -> None:
        """Tasks were asked for, whose results go there."""
        if tasks:
            self._pool(orders).submitted(sink, tasks)

    def reading(self, sink: Any, items: Any) -> None:
        """An iterable is about to be read: it may tell how long it is."""
        try:
            sink.expected = len(items) if hasattr(items, "__len__") else None
        except Exception:  # it is the program's own code
            sink.expected = None

    def status(self, final: bool) -> list[PoolStatus]:
        """How far all of them are; under the runtime's lock."""
        return [pool.status(self._rank, final) for pool in self._pools.values()]


def _verb(sink: Any, how: str) -> str:
    if how == APPLY:
        return "apply"
    if isinstance(sink, Feed):
        return "imap"
    return "starmap" if how in (STARMAP, STARCALL) else "map"


def name_of(function: Any) -> str:
    """What a function is called, for people."""
    while isinstance(function, functools.partial):
        function = function.func
    name = getattr(function, "__qualname__", None)
    return str(name) if isinstance(name, str) else type(function).__name__
