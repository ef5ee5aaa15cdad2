"""The home of a pool: a farm that hands tasks to workers as they become free.

    master (home)               worker
      │◀─── PoolJoin ─────────────│      ready
      │──── PoolFunction ────────▶│      once per function and worker
      │──── PoolRun ─────────────▶│      more tasks are on their way while the first one runs, so that no worker idles
      │──── PoolRun ─────────────▶│      for the length of a round trip
      │◀─── PoolRan ──────────────│
      │──── PoolStop ────────────▶│

Two messages per task, and a constant number per worker. Tasks are given ahead only while plenty are left, so that the others
have enough to do until they are run: at the end every task goes to whoever is free first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from mpiprocessing.core.homes.home import Home, Letter
from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.messages import (
    Payload,
    PoolFunction,
    PoolJoin,
    PoolRan,
    PoolRun,
    PoolStop,
    ToHome,
    ToStub,
    maker,
)

__all__ = ["AHEAD", "Task", "TaskFarmHome", "TaskFarmStub"]


AHEAD = 3
"""Tasks that may wait at a worker while it runs another."""


class Task(NamedTuple):
    """One unit of work: which function, on which chunk of arguments."""

    number: int
    function: int
    payload: Payload


class _Worker:
    """What the farm knows of a worker: the tasks it has been given, the functions it has."""

    def __init__(self, stub: int, number: int) -> None:
        self.stub = stub
        self.number = number
        self.tasks: dict[int, Task] = {}
        self.functions: set[int] = set()


class TaskFarmHome(Home):
    """The tasks that wait, the workers, and which worker has which task.

    Args:
        number: the home's number.
        ended: called with (task, ok, payload) for each task that has run.
    """

    def __init__(self, number: int, ended: Callable[[int, bool, Payload], None]) -> None:
        super().__init__(number)
        self._ended = ended
        self._tasks: deque[Task] = deque()
        self._functions: dict[int, Payload] = {}
        self._workers: dict[int, _Worker] = {}
        self._closed = False

    def define(self, function: int, payload: Payload) -> None:
        """Make a function known before the first task that names it."""
        self._functions[function] = payload

    def submit(self, tasks: list[Task]) -> list[Letter]:
        """Take tasks in; hand out what can be handed out."""
        self._tasks.extend(tasks)
        return self._dispatch()

    def close(self) -> list[Letter]:
        """No more tasks will be submitted: workers leave as soon as there is nothing left to do."""
        self._closed = True
        return self._dispatch()

    def gone(self, worker: int) -> list[Task]:
        """A worker's process has ended.

        Returns:
            The tasks it had been given and has not answered.
        """
        for stub, record in self._workers.items():
            if record.number == worker:
                del self._workers[stub]
                return list(record.tasks.values())
        return []

    def put_back(self, tasks: list[Task]) -> list[Letter]:
        """Tasks that no worker has begun go to the front of the line."""
        self._tasks.extendleft(reversed(tasks))
        return self._dispatch()

    def drop(self) -> list[Task]:
        """Forget the tasks that wait (the pool is terminated); returned, so that their results can be told off."""
        tasks = list(self._tasks)
        self._tasks.clear()
        return tasks

    def statistics(self) -> dict[str, Any]:
        running = {record.number: list(record.tasks) for record in self._workers.values()}
        return {**super().statistics(), "waiting": len(self._tasks), "running": running}

    def _join(self, message: PoolJoin) -> list[Letter]:
        self._workers[message.stub] = _Worker(message.stub, message.worker)
        return self._dispatch()

    def _ran(self, message: PoolRan) -> list[Letter]:
        record = self._workers.get(message.stub)
        if record is None or record.tasks.pop(message.task, None) is None:
            self.discarded.append(message.payload)
            return []
        self._ended(message.task, message.ok, message.payload)
        return self._dispatch()

    def _dispatch(self) -> list[Letter]:
        letters: list[Letter] = []
        for ahead in range(AHEAD + 1):
            if len(self._tasks) <= ahead * len(self._workers):
                break
            for record in self._workers.values():
                if len(record.tasks) == ahead and self._tasks:
                    letters += self._hand_out(record)
        if self._closed and not self._tasks:
            for stub in [stub for stub, record in self._workers.items() if not record.tasks]:
                del self._workers[stub]
                letters.append((maker(stub), PoolStop(stub)))
        return letters

    def _hand_out(self, record: _Worker) -> list[Letter]:
        task = self._tasks.popleft()
        record.tasks[task.number] = task
        dest, letters = maker(record.stub), []
        if task.function not in record.functions:
            record.functions.add(task.function)
            letters.append((dest, PoolFunction(record.stub, task.function, self._functions[task.function])))
        return [*letters, (dest, PoolRun(record.stub, task.number, task.function, task.payload))]

    verbs = {PoolJoin: _join, PoolRan: _ran}


class TaskFarmStub(Stub):
    """The worker's side: the functions it knows and the tasks that wait for it.

    Attributes:
        functions: number → the pickled function.
        tasks: what has arrived and was not yet begun; None at its end: stop.
    """

    def __init__(self, home: int, number: int, rank: int) -> None:
        super().__init__(home, number, rank)
        self.functions: dict[int, Payload] = {}
        self.tasks: deque[PoolRun | None] = deque()

    def told(self, message: ToStub) -> list[ToHome]:
        if isinstance(message, PoolRun):
            self.tasks.append(message)
        elif isinstance(message, PoolFunction):
            self.functions[message.function] = message.payload
        elif isinstance(message, PoolStop):
            self.tasks.append(None)
        return []
