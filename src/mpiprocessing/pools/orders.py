"""What a pool has been asked to do: the tasks that are out, and to whom their results go.

    apply, map, imap ──submit──▶ Orders ──▶ task farm (home) ──PoolRun──▶ worker
          result     ◀─_arrived─ Orders ◀── task farm        ◀──PoolRan──

It does not know its pool, so that a pool which nobody refers to any more can be collected.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Sequence
from multiprocessing import ProcessError
from typing import Any, ClassVar, Protocol

from mpiprocessing.core import payload
from mpiprocessing.core.failures import Death
from mpiprocessing.core.handle import Handle
from mpiprocessing.core.homes.home import Letter
from mpiprocessing.core.homes.taskfarm import TaskFarmHome, TaskFarmStub
from mpiprocessing.core.homes.tasks import Task
from mpiprocessing.core.job import job
from mpiprocessing.core.messages import Payload
from mpiprocessing.pools.losses import Loss

__all__ = ["Looker", "Orders", "Sink"]


class Sink(Protocol):
    """Where the results of tasks go; both are called under the runtime's lock.

    Attributes:
        _job: which one it is.
    """

    _job: int

    def _arrived(self, part: int, ok: bool, content: Payload) -> None: ...

    def _failed(self, part: int, error: BaseException) -> None: ...

    def _unbegun(self, part: int) -> None:
        """It was withdrawn, which not all results can be."""


class _Nobody:
    """Stands for a result that is over although tasks of it are out.

    A process was ended, and with it the thread that read an iterable, between submitting a task and counting it.
    """

    _job = 0

    def _arrived(self, part: int, ok: bool, content: Payload) -> None:
        payload.give_up(content)

    def _failed(self, part: int, error: BaseException) -> None:
        pass

    def _unbegun(self, part: int) -> None:
        pass


_NOBODY = _Nobody()


class Looker(Protocol):
    """Who wants to know what pools are asked; called under the runtime's lock, but for `reading`."""

    def defined(self, orders: Orders, number: int, function: Callable[..., Any]) -> None:
        """A function has that number now."""

    def submitted(self, orders: Orders, sink: Any, tasks: list[Task]) -> None:
        """Tasks were asked for, whose results go there."""

    def reading(self, sink: Any, items: Any) -> None:
        """An iterable is about to be read for it."""


class Orders:
    """The tasks of a pool, in the process that made it.

    Args:
        limit: how many tasks a worker may run in its life; None for any number.
        once: a task whose worker's rank has died is not run again.

    Attributes:
        runtime: the runtime of this rank.
        handle: what workers hold of the farm.
        farm: the farm itself.
        broken: why no task can be run any more; None while all is well.
        trouble: worker → the exception that its initializer raised.
        feeds: how many iterables are still being read.
        sinks: where results go that are still to come, by the number of the job.
        looker: of all pools in this process: who wants to know; None for nobody.
    """

    looker: ClassVar[Looker | None] = None

    def __init__(self, limit: int | None, once: bool = False) -> None:
        self.runtime = job().runtime
        self.broken: Exception | None = None
        self.trouble: dict[int, Payload] = {}
        self.feeds = 0
        self.sinks: dict[int, Any] = {}
        self._closing = False
        self._last: tuple[Callable[..., Any] | None, int] = (
            None,
            0,
        )  # the last function that has a name, and its number
        self._serials = itertools.count(1)
        me = weakref.ref(self)  # the farm must not keep its pool alive

        def ended(results: list[tuple[Task, bool, Payload]]) -> None:
            orders = me()
            if orders is not None:
                for task, ok, content in results:
                    orders._sink(task)._arrived(task.part, ok, content)

        def failed(worker: int, content: Payload) -> None:
            orders = me()
            if orders is not None:
                orders.trouble[worker] = content

        def unbegun(tasks: list[Task]) -> None:
            orders = me()
            if orders is not None:
                for task in tasks:
                    orders._sink(task)._unbegun(task.part)

        self.handle: Handle = Handle.to_new(TaskFarmHome, TaskFarmStub, ended, failed, limit, once, unbegun)[
            0
        ]
        home = self.handle.home()
        assert isinstance(home, TaskFarmHome)
        self.farm = home

    # ---- what is asked ----

    def define(self, function: Callable[..., Any]) -> int:
        """Make a function known; `release` it when its tasks are submitted.

        Raises:
            Exception: it cannot be pickled.
        """
        last, number = self._last
        by_name = payload.by_name(function)
        if by_name and last is function:
            with self.runtime.lock:
                if self.farm.define_again(number):
                    return number
        content = payload.owned(payload.dumps(function))
        with self.runtime.lock:
            number = self.farm.define(content)
            if self.looker is not None:
                self.looker.defined(self, number, function)
        if by_name:
            self._last = function, number
        return number

    def release(self, function: int) -> None:
        """All tasks that name this function have been submitted."""
        with self.runtime.lock:
            self._send(self.farm.release(function))

    def submit(self, sink: Sink, function: int, how: str, parts: Sequence[tuple[int, Payload]]) -> None:
        """Have tasks run.

        Args:
            sink: where their results go.
            function: the number of the function.
            how: how it is called.
            parts: for each task its number within the result, and its pickled arguments.
        """
        with self.runtime.lock:
            if self.broken is not None:
                for part, content in parts:
                    payload.give_up(content)
                    sink._failed(part, self.broken)
                return
            serials, job = self._serials, sink._job
            tasks = [Task(next(serials), function, how, content, job, part) for part, content in parts]
            if self.looker is not None:
                self.looker.submitted(self, sink, tasks)
            self._send(self.farm.submit(tasks))

    def withdraw(self, sink: Sink) -> None:
        """Begin no more tasks of a result; each that has not begun is told to it, by `_unbegun`."""
        with self.runtime.lock:
            if not self.farm.over:
                self._send(self.farm.withdraw_job(sink._job))

    def begin_feed(self) -> None:
        """An iterable is going to be read: more tasks will come, even if the pool is closed."""
        with self.runtime.lock:
            self.feeds += 1

    def end_feed(self) -> None:
        """An iterable has been read to its end, or as far as it will be."""
        with self.runtime.lock:
            self.feeds -= 1
            self._close_farm()

    def close(self) -> None:
        """Nothing more will be asked: workers leave as soon as all is done."""
        with self.runtime.lock:
            self._closing = True
            self._close_farm()

    def _close_farm(self) -> None:
        if self._closing and not self.feeds:
            self._send(self.farm.close())

    # ---- what becomes of it ----

    def _sink(self, task: Task) -> Sink:
        sink: Sink = self.sinks.get(task.job, _NOBODY)
        return sink

    @property
    def unfinished(self) -> int:
        """How many tasks were asked for and have not ended."""
        return self.farm.unfinished

    @property
    def closing(self) -> bool:
        """Whether nothing more will be asked."""
        return self._closing

    @property
    def wanting(self) -> bool:
        """Whether there is something to do for one more worker."""
        return bool(self.farm.waiting or self.feeds)

    def worker_gone(self, number: int, describe: Callable[[], str]) -> bool:
        """A worker's process has ended; called under the runtime's lock.

        Args:
            number: which worker.
            describe: says how it ended.

        Returns:
            Whether it had ever been ready for tasks.
        """
        joined, tasks = self.farm.gone(number)
        for task in tasks[:1]:  # it runs them in order: only the first can have begun
            if not self.farm.over:
                self._sink(task)._failed(task.part, ProcessError(f"{describe()} during its task"))
            self._send(self.farm.lost(task))
        self._send(self.farm.put_back(tasks[1:]))
        return joined

    def worker_died(self, number: int, death: Death, name: str) -> tuple[bool, Loss]:
        """The rank of a worker is dead; called under the runtime's lock.

        Args:
            number: which worker.
            death: of its rank.
            name: what the program calls it.

        Returns:
            Whether it had ever been ready for tasks, and what was lost, for `tell`.
        """
        farm = self.farm
        joined, tasks = farm.gone(number)
        if farm.over:
            self._send(farm.put_back(tasks))
            return joined, Loss(death, name, [], [])
        again, given_up = farm.died(tasks)
        loss = Loss(
            death,
            name,
            [(task, farm.function_of(task)) for task in again],
            [(task, farm.function_of(task)) for task in given_up],
        )
        self._send(farm.put_back(again))
        return joined, loss

    def tell(self, loss: Loss) -> None:
        """Say what was lost, to the user and to the results of tasks that are given up; where the program's code may run."""
        loss.report()
        for task, function in loss.given_up:
            error = loss.error(task, function)
            with self.runtime.lock:
                if (
                    not self.farm.over or self.broken is not None
                ):  # it was not with the farm when that was dropped
                    self._sink(task)._failed(task.part, error)
                self._send(self.farm.lost(task))

    def fail(self, error: Exception) -> None:
        """There is nobody to run tasks, and there will not be: all fail, now and later."""
        with self.runtime.lock:
            if self.broken is not None:
                return  # whatever had not ended has failed
            self.broken = error
            for task in self.farm.drop():
                self._sink(task)._failed(task.part, error)
            self._send([])

    def drop(self) -> None:
        """The pool is terminated: what no worker has begun never will be."""
        with self.runtime.lock:
            self.farm.drop()
            self._send(self.farm.close())

    def _send(self, letters: list[Letter]) -> None:
        if letters:
            self.runtime.dispatch(letters)
        while self.farm.discarded:
            payload.give_up(self.farm.discarded.pop())
