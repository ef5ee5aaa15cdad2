"""The home of a pool: a farm that hands tasks to workers as they become free.

    master (home)               worker
      │◀─── PoolJoin ─────────────│      ready (or PoolFailed: its initializer raised)
      │──── PoolFunction ────────▶│      once per function and worker; PoolForget when others have taken its place
      │──── PoolRun ─────────────▶│      more tasks are on their way while the first one runs, so that no worker idles
      │──── PoolRun ─────────────▶│      for the length of a round trip
      │◀─── PoolRan ──────────────│
      │──── PoolRecall ──────────▶│      nothing waits here and another worker is idle:
      │◀─── PoolReturned ─────────│      what has not begun goes to that one
      │──── PoolStop ────────────▶│

Two messages per task, and a constant number per worker. Tasks are given ahead only while plenty are left, so that the others
have enough to do until they are run; what then turns out to wait behind a long task is called back. So no task waits while a
worker is idle, and tasks may wait for each other as far as there are workers to run them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from mpiprocessing.core.homes.functions import Functions, halved
from mpiprocessing.core.homes.home import Home, Letter
from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.homes.tasks import Task, Worker
from mpiprocessing.core.messages import (
    Payload,
    PoolFailed,
    PoolForget,
    PoolFunction,
    PoolJoin,
    PoolRan,
    PoolRecall,
    PoolReturned,
    PoolRun,
    PoolStop,
    ToHome,
    ToStub,
    maker,
)

__all__ = ["AHEAD", "AHEAD_BYTES", "Task", "TaskFarmHome", "TaskFarmStub"]


AHEAD = 3
"""Tasks that may wait at a worker while it runs another."""

AHEAD_BYTES = 16 << 20
"""Bytes of arguments at a worker beyond which it gets nothing ahead: its memory is for the work."""


class TaskFarmHome(Home):
    """The tasks that wait, the workers, and which worker has which task.

    Args:
        number: the home's number.
        ended: called with (task, ok, payload) for each task that has run.
        failed: called with (worker, payload) for each worker that could not begin.
        limit: how many tasks a worker may run in its life; None for any number.
    """

    def __init__(
        self,
        number: int,
        ended: Callable[[int, bool, Payload], None],
        failed: Callable[[int, Payload], None] = lambda worker, payload: None,
        limit: int | None = None,
    ) -> None:
        super().__init__(number)
        self._ended = ended
        self._failed_worker = failed
        self._limit = limit
        self._tasks: deque[Task] = deque()
        self._functions = Functions()
        self._workers: dict[int, Worker] = {}  # stub → worker
        self._joined: set[int] = set()
        self._closed = False
        self._over = False  # nothing will be run any more: what comes is discarded

    @property
    def waiting(self) -> int:
        """How many tasks no worker has been given."""
        return len(self._tasks)

    def define(self, function: Payload) -> int:
        """Make a function known before the first task that names it, and hold it until `release`.

        Returns:
            Its number: the same one for the same bytes, as long as the function is kept.
        """
        if self._over:
            self.discarded.append(function)
            return 0
        return self._functions.define(function)

    def release(self, function: int) -> list[Letter]:
        """No more tasks that name this function will be submitted, unless it is defined again."""
        if self._over:
            return []
        return self._forget(self._functions.release(function))

    def submit(self, tasks: list[Task]) -> list[Letter]:
        """Take tasks in; hand out what can be handed out."""
        if self._over:
            return self.put_back(tasks)
        for task in tasks:
            self._functions.hold(task.function)
        self._tasks.extend(tasks)
        return self._dispatch()

    def close(self) -> list[Letter]:
        """No more tasks will be submitted: workers leave as soon as there is nothing left to do."""
        self._closed = True
        return self._dispatch()

    def gone(self, worker: int) -> tuple[bool, list[Task]]:
        """A worker's process has ended.

        Returns:
            Whether it had been ready for tasks, and the tasks it had been given and has not answered.
        """
        joined = worker in self._joined
        self._joined.discard(worker)
        for stub, record in self._workers.items():
            if record.number == worker:
                del self._workers[stub]
                self._functions.gone(stub)
                return joined, list(record.tasks.values())
        return joined, []

    def put_back(self, tasks: list[Task]) -> list[Letter]:
        """Tasks that no worker has begun go to the front of the line."""
        if self._over:
            self.discarded += [task.payload for task in tasks]
        else:
            self._tasks.extendleft(reversed(tasks))
        return self._dispatch()

    def lost(self, task: Task) -> list[Letter]:
        """A task that had begun when its worker ended will not run again."""
        return self._done_with(task)

    def drop(self) -> list[Task]:
        """Forget the tasks that wait, and those that workers still have: the pool is at its end.

        Returns:
            The tasks that waited; the handles inside are given back.
        """
        tasks = list(self._tasks)
        self._tasks.clear()
        self._over = True
        self.discarded += [task.payload for task in tasks] + self._functions.clear()
        return tasks

    def role_gone(self, role: int) -> list[Letter]:
        for record in self._workers.values():
            self._tasks.extend(record.tasks.values())
        self.drop()
        return []

    def statistics(self) -> dict[str, Any]:
        running = {record.number: list(record.tasks) for record in self._workers.values()}
        return {**super().statistics(), "waiting": len(self._tasks), "running": running}

    # ---- what workers say ----

    def _join(self, message: PoolJoin) -> list[Letter]:
        self._joined.add(message.worker)
        record = self._workers[message.stub] = Worker(message.stub, message.worker, self._limit)
        return self._serve(record) + self._level()

    def _failed(self, message: PoolFailed) -> list[Letter]:
        self._failed_worker(message.worker, message.payload)
        return []

    def _ran(self, message: PoolRan) -> list[Letter]:
        record = self._workers.get(message.stub)
        task = record.take(message.task) if record is not None else None
        if record is None or task is None:
            self.discarded.append(message.payload)
            return []
        self._ended(message.task, message.ok, message.payload)
        letters = self._done_with(task)
        # Nobody but this worker can have become short of tasks.
        return letters + self._serve(record) + self._level()

    def _returned(self, message: PoolReturned) -> list[Letter]:
        record = self._workers.get(message.stub)
        if record is None:
            return []
        record.recalled = False
        tasks = [task for number in message.tasks if (task := record.take(number)) is not None]
        if record.left is not None:
            record.left += len(tasks)
        return self.put_back(tasks)

    # ---- handing out ----

    def _dispatch(self) -> list[Letter]:
        letters: list[Letter] = []
        for ahead in range(AHEAD + 1):
            if len(self._tasks) <= ahead * len(self._workers):
                break
            for record in self._workers.values():
                if len(record.tasks) == ahead and self._may_take(record):
                    letters += self._hand_out(record)
        return letters + self._level() + self._stop()

    def _serve(self, record: Worker) -> list[Letter]:
        """Give one worker what it may have."""
        letters: list[Letter] = []
        while self._may_take(record):
            letters += self._hand_out(record)
        return letters + self._stop()

    def _may_take(self, record: Worker) -> bool:
        ahead = len(record.tasks)
        if not self._tasks or record.left == 0:
            return False
        plenty = len(self._tasks) > ahead * len(self._workers)
        return not ahead or (plenty and ahead <= AHEAD and record.size < AHEAD_BYTES and not record.recalled)

    def _hand_out(self, record: Worker) -> list[Letter]:
        task = self._tasks.popleft()
        if task.payload.refs:  # one half goes, the other stays, should the worker not come to it
            task = Task(task.number, task.function, halved(task.payload))
        record.give(task)
        dest, letters = maker(record.stub), []
        function = self._functions.copy_for(record.stub, task.function)
        if function is not None:
            letters.append((dest, PoolFunction(record.stub, task.function, function)))
        return [*letters, (dest, PoolRun(record.stub, task.number, task.function, task.payload))]

    def _level(self) -> list[Letter]:
        """Where a worker is idle, call tasks back from the one that has the most."""
        if self._tasks or not any(record.left != 0 and not record.tasks for record in self._workers.values()):
            return []
        rich = max(self._workers.values(), key=lambda record: 0 if record.recalled else len(record.tasks))
        if rich.recalled or len(rich.tasks) < 2:
            return []
        rich.recalled = True
        return [(maker(rich.stub), PoolRecall(rich.stub))]

    def _stop(self) -> list[Letter]:
        if not self._closed or self._tasks or any(len(record.tasks) > 1 for record in self._workers.values()):
            return []  # what waits behind another task may be called back for whoever is idle
        idle = [stub for stub, record in self._workers.items() if not record.tasks]
        for stub in idle:
            del self._workers[stub]
        return [(maker(stub), PoolStop(stub)) for stub in idle]

    def _done_with(self, task: Task) -> list[Letter]:
        if task.payload.refs:
            self.discarded.append(task.payload)
        return self.release(task.function)

    def _forget(self, functions: list[tuple[int, list[int], Payload]]) -> list[Letter]:
        letters: list[Letter] = []
        for number, stubs, payload in functions:
            self.discarded.append(payload)
            letters += [(maker(stub), PoolForget(stub, number)) for stub in stubs if stub in self._workers]
        return letters

    verbs = {PoolJoin: _join, PoolFailed: _failed, PoolRan: _ran, PoolReturned: _returned}


class TaskFarmStub(Stub):
    """The worker's side: the functions it knows and the tasks that wait for it.

    Attributes:
        functions: number → the pickled function, until it is first called.
        forgotten: functions that will not be called any more; the worker drops them itself, in its own thread.
        tasks: what has arrived and was not yet begun.
        stopped: no more tasks will come.
    """

    def __init__(self, home: int, number: int, rank: int) -> None:
        super().__init__(home, number, rank)
        self.functions: dict[int, Payload] = {}
        self.forgotten: deque[int] = deque()
        self.tasks: deque[PoolRun] = deque()
        self.stopped = False

    def close(self) -> list[ToHome]:
        self.discarded += [*self.functions.values(), *(run.payload for run in self.tasks)]
        return []

    def begin(self) -> PoolRun | None:
        """The next task, if there is one: from now on it cannot be called back."""
        try:
            return self.tasks.popleft()
        except IndexError:  # called back between the look and now
            return None

    def told(self, message: ToStub) -> list[ToHome]:
        if isinstance(message, PoolRun):
            self.tasks.append(message)
        elif isinstance(message, PoolFunction):
            self.functions[message.function] = message.payload
        elif isinstance(message, PoolForget):
            self.forgotten.append(message.function)
        elif isinstance(message, PoolStop):
            self.stopped = True
        elif isinstance(message, PoolRecall):
            return [PoolReturned(self.home, self.number, self.next_seq(), self._give_back())]
        return []

    def _give_back(self) -> tuple[int, ...]:
        tasks: list[int] = []
        while self.tasks:
            try:
                run = self.tasks.pop()
            except IndexError:  # the worker has just begun it
                break
            tasks.append(run.task)
            self.discarded.append(run.payload)
        return tuple(reversed(tasks))
