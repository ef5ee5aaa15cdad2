"""The home of a pool: a farm that hands tasks to workers as they become free.

    master (home)               worker
      │◀─── PoolJoin ─────────────│      ready (or PoolFailed: its initializer raised)
      │──── PoolFunction ────────▶│      once per function and worker; PoolForget when others have taken its place
      │──── PoolRun ─────────────▶│      more tasks are on their way while the first one runs, so that no worker idles
      │──── PoolRun ─────────────▶│      for the length of a round trip
      │◀─── PoolRan ──────────────│
      │──── PoolRecall ──────────▶│      nothing waits here and another worker is idle:
      │◀─── PoolReturned ─────────│      what has not begun goes to that one
      │◀─── PoolWaiting ──────────│      its task sleeps in a call of ours: the same
      │──── PoolStop ────────────▶│

A job can be withdrawn: nothing of it that has not begun will.

A worker that dies with its rank may have died of any task that was with it: each counts one death, and all go back to the front
of the line. From then on tasks of their function travel alone, with nothing behind them, so further deaths count exactly; after
`MOST_DEATHS` a task is given up. A result may have been lost on its way, so a task may run more than once, but none ends twice.

Two messages per task, or for several where tasks are short (`portions.py` says how many), and a constant number per worker.
Tasks are given ahead only while plenty are left, so that the others have enough to do until they are run; what then turns out
to wait behind a long task is called back. So no task waits while a worker is idle. Nothing is given ahead of a function whose
tasks wait for something, or ask other processes, or that is new, and what is behind a task that waits comes back: so tasks may
wait for each other as far as there are workers to run them.

What comes in costs the same however many workers there are: they are kept by how many tasks they have.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from mpiprocessing.core.homes.functions import Functions, halved
from mpiprocessing.core.homes.home import Home, Letter
from mpiprocessing.core.homes.portions import MOST_BYTES, Portions
from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.homes.tasks import Task, Worker
from mpiprocessing.core.messages import (
    READS,
    WRITES,
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
    PoolWaiting,
    ToHome,
    ToStub,
    Wanted,
    maker,
)

__all__ = ["AHEAD", "AHEAD_BYTES", "MOST_DEATHS", "Given", "TaskFarmHome", "TaskFarmStub"]

Given = tuple[int, int, str, Payload, bool]
"""A task at its worker: its number, its function, how that is called, the arguments, and whether more came with it."""


AHEAD = 3
"""Tasks that may wait at a worker while it runs another, where each travels alone."""

AHEAD_BYTES = 16 << 20
"""Bytes of arguments at a worker beyond which it gets nothing ahead: its memory is for the work."""


MOST_DEATHS = 3
"""Workers that may die of a task before it is given up."""


class TaskFarmHome(Home):
    """The tasks that wait, the workers, and which worker has which task.

    Args:
        number: the home's number.
        ended: called with (task, ok, payload) of tasks that have run.
        failed: called with (worker, payload) for each worker that could not begin.
        limit: how many tasks a worker may run in its life; None for any number.
        once: a task whose worker has died is not run again.
        unbegun: called with the tasks that were withdrawn before a worker had begun them.

    Attributes:
        over: nothing will be run any more; what comes is discarded.
        left_out: how many tasks were withdrawn before they had begun.
    """

    def __init__(
        self,
        number: int,
        ended: Callable[[list[tuple[Task, bool, Payload]]], None],
        failed: Callable[[int, Payload], None] = lambda worker, payload: None,
        limit: int | None = None,
        once: bool = False,
        unbegun: Callable[[list[Task]], None] = lambda tasks: None,
    ) -> None:
        super().__init__(number)
        self.over = False
        self.left_out = 0
        self._unbegun = unbegun
        self._withdrawn: set[int] = set()  # jobs of which nothing is begun any more
        self._ended = ended
        self._failed_worker = failed
        self._limit = limit
        self._tasks: deque[Task] = deque()
        self._functions = Functions()
        self._unfinished: dict[int, int] = {}  # function → how many tasks name it
        self._portions = Portions(single=once)
        self._once = once
        self._workers: dict[int, Worker] = {}  # stub → worker
        self._stubs: dict[int, int] = {}  # worker → stub, from its beginning to its end
        self._takers: list[dict[int, Worker]] = [{} for _ in range(AHEAD + 1)]  # by how many tasks they have
        self._rich: dict[
            int, Worker
        ] = {}  # have what they have not begun; who was silent longest comes first
        self._recalls = 0  # not answered yet
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many tasks no worker has been given."""
        return len(self._tasks)

    @property
    def unfinished(self) -> int:
        """How many tasks were submitted and have not ended."""
        return sum(self._unfinished.values())

    @property
    def workers(self) -> int:
        """How many workers are ready for tasks, or at one."""
        return len(self._workers)

    @property
    def given(self) -> int:
        """How many tasks are with workers."""
        return sum(len(record.tasks) for record in self._workers.values())

    def define(self, function: Payload) -> int:
        """Make a function known before the first task that names it, and hold it until `release`.

        Returns:
            Its number: the same one for the same bytes, as long as the function is kept.
        """
        if self.over:
            self.discarded.append(function)
            return 0
        return self._functions.define(function)

    def define_again(self, function: int) -> bool:
        """Hold a function that was defined before, until `release`. Returns False where it is not known any more."""
        if self.over or not self._functions.knows(function):
            return False
        self._functions.hold(function)
        return True

    def release(self, function: int) -> list[Letter]:
        """No more tasks that name this function will be submitted, unless it is defined again."""
        if self.over:
            return []
        forgotten = self._functions.release(function)
        return self._forget(forgotten) if forgotten else []

    def submit(self, tasks: list[Task]) -> list[Letter]:
        """Take tasks in; hand out what can be handed out."""
        if self.over:
            return self.put_back(tasks)
        unfinished = self._unfinished
        for task in tasks:
            if task.function in unfinished:
                unfinished[task.function] += 1
            else:
                unfinished[task.function] = 1
                self._functions.hold(task.function)
        self._tasks.extend(tasks)
        return (self._leave_out() if self._withdrawn else []) + self._dispatch()

    def withdraw_job(self, job: int) -> list[Letter]:
        """Begin no more tasks of that job: those that wait are given up, and what workers have not begun is called back."""
        self._withdrawn.add(job)
        letters = self._leave_out()
        for record in list(self._rich.values()):
            letters += self._recall(record)
        return letters + self._dispatch()

    def _leave_out(self) -> list[Letter]:
        """What waits and was withdrawn waits no more."""
        out = [task for task in self._tasks if task.job in self._withdrawn]
        if not out:
            return []
        self._tasks = deque(task for task in self._tasks if task.job not in self._withdrawn)
        self.left_out += len(out)
        letters = self._done_with(out)
        self._unbegun(out)
        return letters

    def close(self) -> list[Letter]:
        """No more tasks will be submitted: workers leave as soon as there is nothing left to do."""
        self._closed = True
        return self._dispatch()

    def gone(self, worker: int) -> tuple[bool, list[Task]]:
        """A worker's process has ended.

        Returns:
            Whether it had been ready for tasks, and the tasks it had been given and has not answered.
        """
        stub = self._stubs.pop(worker, None)
        if stub is None:
            return False, []
        record = self._workers.pop(stub, None)
        if record is None:
            return True, []
        self._unfile(record)
        self._recalls -= record.recalled
        self._functions.gone(stub)
        return True, list(record.tasks.values())

    def died(self, tasks: list[Task]) -> tuple[list[Task], list[Task]]:
        """The rank of a worker is dead that had these tasks.

        Returns:
            Those that are to run again, for `put_back`, and those that will not, for `lost`.
        """
        again: list[Task] = []
        given_up: list[Task] = []
        for task in tasks:
            task.deaths += 1
            self._portions.killed(task.function)
            (given_up if self._once or task.deaths >= MOST_DEATHS else again).append(task)
        return again, given_up

    def function_of(self, task: Task) -> Payload:
        """The pickled function of a task that has not ended."""
        return self._functions.payload(task.function)

    def put_back(self, tasks: list[Task]) -> list[Letter]:
        """Tasks that no worker has begun go to the front of the line."""
        if self.over:
            self.discarded += [task.payload for task in tasks]
        else:
            self._tasks.extendleft(reversed(tasks))
        return (self._leave_out() if self._withdrawn else []) + self._dispatch()

    def lost(self, task: Task) -> list[Letter]:
        """A task that had begun when its worker ended will not run again."""
        return self._done_with([task])

    def drop(self) -> list[Task]:
        """Forget the tasks that wait, and those that workers still have: the pool is at its end.

        Returns:
            All of them. Of those that waited the handles inside are given back; the others are their workers'.
        """
        waiting = list(self._tasks)
        self._tasks.clear()
        self.over = True
        self.discarded += [task.payload for task in waiting] + self._functions.clear()
        return waiting + [task for record in self._workers.values() for task in record.tasks.values()]

    def role_gone(self, role: int) -> list[Letter]:
        for record in self._workers.values():
            self._tasks.extend(record.tasks.values())
            record.tasks.clear()
        self.drop()
        return []

    def statistics(self) -> dict[str, Any]:
        running = {record.number: list(record.tasks) for record in self._workers.values()}
        return {**super().statistics(), "waiting": len(self._tasks), "running": running}

    def kind(self) -> str:
        return "Pool"

    def state(self) -> str:
        busy = sum(bool(record.tasks) for record in self._workers.values())
        return f"{len(self._workers)} workers, {busy} with a task; {len(self._tasks)} tasks wait"

    def holders(self) -> tuple[list[int], list[int]]:
        return sorted(record.stub for record in self._workers.values() if record.tasks), []

    def waits(self) -> list[Wanted]:
        master = Wanted(READS, "the results of", "could work for", "runs a task of")
        return (
            [master, Wanted(WRITES, "a task of", "could ask for work of", "")] if self._workers else [master]
        )

    # ---- what workers say ----

    def _join(self, message: PoolJoin) -> list[Letter]:
        record = self._workers[message.stub] = Worker(message.stub, message.worker, self._limit)
        self._stubs[message.worker] = message.stub
        self._file(record)
        return self._serve(record) + self._level()

    def _failed(self, message: PoolFailed) -> list[Letter]:
        self._failed_worker(message.worker, message.payload)
        return []

    def _ran(self, message: PoolRan) -> list[Letter]:
        record = self._workers.get(message.stub)
        if record is None:
            self.discarded += message.payloads
            return []
        tasks, ended = [], []
        for number, payload in zip(message.tasks, message.payloads, strict=True):
            task = record.take(number)
            if task is None or self.over:
                self.discarded.append(payload)
            else:
                ended.append((task, number not in message.failed, payload))
            if task is not None:
                tasks.append(task)
        letters = self._done_with(tasks)
        if ended:
            self._portions.ran(tasks[0].function, len(tasks), message.seconds)
            if message.asked:  # the next one may wait for the one behind it
                self._portions.waits(tasks[0].function)
            self._ended(ended)
        record.waits = False
        self._unfile(record)
        self._file(record)
        # Nobody but this worker can have become short of tasks.
        if self._tasks or self._closed:
            letters += self._serve(record)
        return letters + self._level() if self._rich else letters

    def _returned(self, message: PoolReturned) -> list[Letter]:
        record = self._workers.get(message.stub)
        if record is None:
            return []
        self._recalls -= record.recalled
        record.recalled = False
        return self._back(record, message.tasks)

    def _waiting(self, message: PoolWaiting) -> list[Letter]:
        record = self._workers.get(message.stub)
        if record is None:
            return []
        record.waits = True
        running = next(iter(record.tasks.values()), None)  # it runs them in order
        if running is not None:
            self._portions.waits(running.function)
        letters = self._back(record, message.tasks)
        # What was on its way to the worker when it said so is not among these, and it says so once for each task that it runs.
        if len(record.tasks) > 1 and not record.recalled:
            letters += self._recall(record)
        return letters

    def _back(self, record: Worker, numbers: tuple[int, ...]) -> list[Letter]:
        """A worker has given back what it had not begun."""
        tasks = [task for number in numbers if (task := record.take(number)) is not None]
        if record.left is not None:
            record.left += len(tasks)
        self._file(record)
        return self.put_back(tasks)

    # ---- which worker has how much ----

    def _file(self, record: Worker) -> None:
        """Keep a worker where it is found: for more tasks, for those that it has not begun."""
        stub, load, place = record.stub, len(record.tasks), None
        if record.left != 0 and (not load or (load <= AHEAD and self._may_have_more(record))):
            place = load
        if place != record.place:
            if record.place is not None:
                del self._takers[record.place][stub]
            if place is not None:
                self._takers[place][stub] = record
            record.place = place
        if load > 1 and not record.recalled:
            self._rich[stub] = record
        else:
            self._rich.pop(stub, None)

    def _unfile(self, record: Worker) -> None:
        if record.place is not None:
            del self._takers[record.place][record.stub]
            record.place = None
        self._rich.pop(record.stub, None)

    def _may_have_more(self, record: Worker) -> bool:
        return record.size < AHEAD_BYTES and not record.recalled and not record.waits

    # ---- handing out ----

    def _dispatch(self) -> list[Letter]:
        letters: list[Letter] = []
        for ahead, takers in enumerate(self._takers):
            while takers and len(self._tasks) > ahead * len(self._workers):
                if ahead and not self._portions.ahead(self._tasks[0].function):
                    break
                # Who became free last still looks for messages often; the others sleep between two looks.
                letters += self._hand_out(next(reversed(takers.values())))
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
        if not ahead:
            return True
        if len(self._tasks) <= ahead * len(self._workers) or not self._may_have_more(record):
            return False
        if not self._portions.ahead(self._tasks[0].function):
            return False
        return ahead <= AHEAD or ahead <= self._portion()

    def _portion(self) -> int:
        """How many of the next tasks may travel together."""
        if len(self._tasks) == 1:
            return 1
        return self._portions.size(self._tasks[0].function, len(self._tasks) // len(self._workers))

    def _hand_out(self, record: Worker) -> list[Letter]:
        if len(self._tasks) == 1:
            tasks = [self._tasks.popleft()]
        else:
            tasks = self._next(self._portion() if record.left is None else min(self._portion(), record.left))
        for task in tasks:
            if task.payload.refs:  # one half goes, the other stays, should the worker not come to it
                task.payload = halved(task.payload)
        record.give(tasks)
        self._file(record)
        dest, function, letters = maker(record.stub), tasks[0].function, []
        content = self._functions.copy_for(record.stub, function)
        if content is not None:
            letters.append((dest, PoolFunction(record.stub, function, content)))
        numbers, payloads = [task.number for task in tasks], [task.payload for task in tasks]
        return [*letters, (dest, PoolRun(record.stub, function, tasks[0].how, numbers, payloads))]

    def _next(self, most: int) -> list[Task]:
        """The next task, and those that may travel with it."""
        waiting = self._tasks
        first = waiting.popleft()
        tasks, room = [first], MOST_BYTES - len(first.payload.body)
        if most == 1 or first.payload.buffers:
            return tasks
        while waiting and len(tasks) < most:
            task = waiting[0]
            room -= len(task.payload.body)
            alike = task.function == first.function and task.how == first.how
            if room < 0 or not alike or task.payload.buffers:
                break
            tasks.append(waiting.popleft())
        return tasks

    def _level(self) -> list[Letter]:
        """Where a worker is idle, call tasks back from one that has not begun them."""
        if self._tasks or not self._takers[0] or not self._rich:
            return []
        return self._recall(next(iter(self._rich.values())))

    def _recall(self, record: Worker) -> list[Letter]:
        record.recalled = True
        self._recalls += 1
        self._file(record)
        return [(maker(record.stub), PoolRecall(record.stub))]

    def _stop(self) -> list[Letter]:
        if not self._closed or self._tasks or self._rich or self._recalls:
            return []  # what waits behind another task may be called back for whoever is idle
        idle = list(self._takers[0].values())
        for record in idle:
            self._unfile(record)
            del self._workers[record.stub]
        return [(maker(record.stub), PoolStop(record.stub)) for record in idle]

    def _done_with(self, tasks: list[Task]) -> list[Letter]:
        letters: list[Letter] = []
        unfinished = self._unfinished
        for task in tasks:
            if task.payload.refs:
                self.discarded.append(task.payload)
            if self.over:
                continue
            unfinished[task.function] -= 1
            if not unfinished[task.function]:
                del unfinished[task.function]
                forgotten = self._functions.release(task.function)
                if forgotten:
                    letters += self._forget(forgotten)
        return letters

    def _forget(self, functions: list[tuple[int, list[int], Payload]]) -> list[Letter]:
        letters: list[Letter] = []
        for number, stubs, payload in functions:
            self.discarded.append(payload)
            letters += [(maker(stub), PoolForget(stub, number)) for stub in stubs if stub in self._workers]
        return letters

    verbs = {
        PoolJoin: _join,
        PoolFailed: _failed,
        PoolRan: _ran,
        PoolReturned: _returned,
        PoolWaiting: _waiting,
    }


class TaskFarmStub(Stub):
    """The worker's side: the functions it knows and the tasks that wait for it.

    Attributes:
        functions: number → the pickled function, until it is first called.
        forgotten: functions that will not be called any more; the worker drops them itself, in its own thread.
        tasks: what has arrived and was not yet begun.
        stopped: no more tasks will come.
    """

    called = "pool"

    def __init__(self, home: int, number: int, rank: int) -> None:
        super().__init__(home, number, rank)
        self.functions: dict[int, Payload] = {}
        self.forgotten: deque[int] = deque()
        self.tasks: deque[Given] = deque()
        self.stopped = False

    def close(self) -> list[ToHome]:
        self.discarded += [*self.functions.values(), *(payload for _, _, _, payload, _ in self.tasks)]
        return []

    def bereft(self) -> None:
        self.discarded += [*self.functions.values(), *(payload for _, _, _, payload, _ in self.tasks)]
        self.functions.clear()
        self.tasks.clear()
        self.stopped = True

    def begin(self) -> Given | None:
        """The next task, if there is one: from now on it cannot be called back."""
        try:
            return self.tasks.popleft()
        except IndexError:  # called back between the look and now
            return None

    def waiting(self, home: int, number: int, seq: int) -> PoolWaiting:
        """The task that runs waits: the message that gives back what is behind it, made at the moment it is sent."""
        return PoolWaiting(home, number, seq, self._give_back())

    def told(self, message: ToStub) -> list[ToHome]:
        if isinstance(message, PoolRun):
            self._take(message)
        elif isinstance(message, PoolFunction):
            self.functions[message.function] = message.payload
        elif isinstance(message, PoolForget):
            self.forgotten.append(message.function)
        elif isinstance(message, PoolStop):
            self.stopped = True
        elif isinstance(message, PoolRecall):
            return [PoolReturned(self.home, self.number, self.next_seq(), self._give_back())]
        return []

    def _take(self, message: PoolRun) -> None:
        function, how, left = message.function, message.how, len(message.tasks)
        for task, payload in zip(message.tasks, message.payloads, strict=True):
            left -= 1
            self.tasks.append((task, function, how, payload, left > 0))

    def _give_back(self) -> tuple[int, ...]:
        tasks: list[int] = []
        while self.tasks:
            try:
                task, _, _, payload, _ = self.tasks.pop()
            except IndexError:  # the worker has just begun it
                break
            tasks.append(task)
            self.discarded.append(payload)
        return tuple(reversed(tasks))
