"""What a pool's worker process does: it takes tasks from the farm, calls the function, sends the result back.

Results of tasks that came together leave together, with the last of them; or earlier, as soon as this rank looks for messages:
where one of them turns out to be long or waits for somebody, it does not hold up the results of those before it.

Whatever happens in a task is answered, by an exception if need be (`remote.py`). Derived from CPython's
`Lib/multiprocessing/pool.py`.
"""

from __future__ import annotations

import itertools
import pickle
from collections import deque
from collections.abc import Callable, Iterator
from operator import length_hint
from time import perf_counter
from typing import Any

from mpiprocessing.core import payload
from mpiprocessing.core.handle import Handle
from mpiprocessing.core.homes.taskfarm import TaskFarmStub
from mpiprocessing.core.messages import Payload, PoolFailed, PoolJoin, PoolRan
from mpiprocessing.pools.known import Function, Known
from mpiprocessing.pools.remote import Argument, describe, pack_error, pack_refusal, shown, tells
from mpiprocessing.seeds import Numbered, numbering

__all__ = ["APPLY", "CALL", "MAP", "STARCALL", "STARMAP", "Results", "pack", "work"]

MAP, STARMAP, APPLY, CALL, STARCALL = "map", "starmap", "apply", "call", "starcall"
"""How a task's function is called with the task's data: with each of its items, or with all of it."""


def pack(mode: str, data: Any, first: int = 0) -> Payload:
    """Pickle what a task's function is to be called with.

    Args:
        mode: how it is called.
        data: what it is called with.
        first: the place in the caller's iterable at which `data` begins.

    Raises:
        Exception: it cannot be pickled; the text names the part as the caller knows it.
    """
    try:
        return payload.dumps(data, explained=False)
    except (pickle.PicklingError, TypeError, AttributeError):  # anything else, perhaps of a signal, stands
        return payload.dumps(data, explained=_Asked(mode, data, first))


class _Asked:
    """A task's data with the names that its caller has for them."""

    def __init__(self, mode: str, data: Any, first: int) -> None:
        self._mode, self._data, self._first = mode, data, first

    def parts_by_name(self) -> Iterator[tuple[str, Any]]:
        """The arguments of `apply`, or the items of an iterable."""
        if self._mode == APPLY:
            args, kwds = self._data
            yield from ((f"argument {place}", value) for place, value in enumerate(args, 1))
            yield from ((f"argument {name!r}", value) for name, value in kwds.items())
            return
        items = [self._data] if self._mode in (CALL, STARCALL) else self._data
        for place, item in enumerate(items, self._first):
            if self._mode in (STARMAP, STARCALL) and isinstance(item, (tuple, list)):
                yield from ((f"item {place}, argument {n}", value) for n, value in enumerate(item, 1))
            else:
                yield f"item {place}", item


class Results:
    """The results of tasks on their way home.

    Args:
        farm: the pool's farm.
    """

    def __init__(self, farm: Handle) -> None:
        self._runtime = farm.runtime
        self._stub = farm.stub
        self._waiting: deque[tuple[int, bool, Payload, float]] = deque()
        self._noted = False
        self._asked = False

    def add(
        self, task: int, ok: bool, content: Payload, seconds: float, more: bool, asked: bool = False
    ) -> None:
        """A task has ended.

        Args:
            task: its number.
            ok: whether it went well.
            content: its result or exception.
            seconds: how long it took.
            more: whether another one, of those that came with it, ends soon.
            asked: whether it has asked other processes for something.
        """
        self._asked = self._asked or asked
        if content.buffers:
            self._add_large(task, ok, content, seconds)
            return
        self._waiting.append((task, ok, content, seconds))
        if not more:
            self.send()
        elif not self._noted:
            self._noted = True
            self._runtime.later.append(self._looked)

    def _add_large(self, task: int, ok: bool, content: Payload, seconds: float) -> None:
        """What is in memory that the next task may change leaves now, and has left when this returns."""
        if self._stub.rank == self._runtime.rank:
            content = payload.owned(content)
        self._waiting.append((task, ok, content, seconds))
        self.send()
        borrowed = [buffer for buffer in content.buffers if buffer.borrowed]
        if borrowed:
            self._runtime.await_buffers(borrowed)

    def close(self) -> None:
        """The worker ends."""
        self.send()

    def send(self) -> None:
        """What waits leaves."""
        if self._waiting:
            self._runtime.post(self._stub, self._message)

    def _looked(self) -> None:
        self._noted = False
        if self._waiting:
            self._runtime.node.post(self._stub, self._message)

    def _message(self, home: int, stub: int, seq: int) -> PoolRan:
        tasks, payloads, failed, total = [], [], [], 0.0
        while self._waiting:
            task, ok, content, seconds = self._waiting.popleft()
            tasks.append(task)
            payloads.append(content)
            total += seconds
            if not ok:
                failed.append(task)
        asked, self._asked = self._asked, False
        return PoolRan(home, stub, seq, tasks, payloads, failed, total, asked)


results_of: Callable[[Handle], Results] = Results
"""What makes a worker's `Results`: where somebody wants to know, those that measure (`monitor/measuring.py`)."""


def work(
    farm: Handle,
    number: int,
    initializer: Callable[..., object] | None,
    initargs: tuple[Any, ...],
    maxtasks: int | None = None,
) -> None:
    """What a worker process does: tasks, until it is told to stop or has run as many as it may.

    Args:
        farm: the pool's farm.
        number: which worker this is.
        initializer: called with `initargs` before the first task.
        initargs: its arguments.
        maxtasks: how many tasks to run; None for any number.

    Raises:
        BaseException: what the initializer raised, or what ended the process in a task.
    """
    stub = farm.stub
    assert isinstance(stub, TaskFarmStub)
    if initializer is not None:
        try:
            initializer(*initargs)
        except Exception as error:
            farm.runtime.post(stub, PoolFailed, number, pack_error(error))
            raise
    farm.runtime.post(stub, PoolJoin, number)
    functions: dict[int, Known] = {}
    results = results_of(farm)
    done = 0
    try:
        while done != maxtasks:
            if not stub.tasks:
                farm.runtime.drive_until(lambda: bool(stub.tasks) or stub.stopped)
            done += _run_next(farm, stub, functions, results)
            if stub.stopped and not stub.tasks:
                return
    finally:
        results.close()


def _run_next(farm: Handle, stub: TaskFarmStub, functions: dict[int, Known], results: Results) -> bool:
    """Run a task; nothing of it or its result is kept while the next one is waited for.

    Returns:
        Whether there was one.
    """
    given = stub.begin()
    if stub.forgotten:
        _forget(stub, functions)
    if given is None:
        return False
    task, number, mode, content, more = given
    began = perf_counter()
    if number not in functions:
        functions[number] = Known(stub.functions.pop(number))
    function = functions[number].for_task()
    node, progress = farm.runtime.node, farm.runtime.progress
    requested = node.requested
    progress.before_sleep = _Waiting(farm, stub, results).tell
    try:
        ok, result = _run(mode, function, content)
    finally:
        progress.before_sleep = None
    seconds = perf_counter() - began
    results.add(task, ok, result, seconds, more and bool(stub.tasks), node.requested != requested)
    return True


class _Waiting:
    """What becomes of the tasks behind one that waits, perhaps for one of these: they go back.

    Args:
        farm: the pool's farm.
        stub: what stands for it here.
        results: those of earlier tasks.
    """

    def __init__(self, farm: Handle, stub: TaskFarmStub, results: Results) -> None:
        self._runtime = farm.runtime
        self._stub = stub
        self._results = results
        self._begun = False

    def tell(self) -> None:
        """The task's wait becomes sleep; once is enough. Until it has been told, this rank does not count as one that waits."""
        if self._begun:  # sending may have to wait itself
            return
        self._begun = True
        self._results.send()
        self._runtime.post(self._stub, self._stub.waiting)
        self._runtime.progress.before_sleep = None


def _forget(stub: TaskFarmStub, functions: dict[int, Known]) -> None:
    while stub.forgotten:
        number = stub.forgotten.popleft()
        functions.pop(number, None)
        unread = stub.functions.pop(number, None)
        if unread is not None:  # its tasks were called back
            payload.give_up(unread)


def _run(mode: str, function: Function, content: Payload) -> tuple[bool, Payload]:
    """Run one task; returns whether it went well, and its result or exception."""
    try:
        value = _call(mode, function, payload.loads(content))
    except Exception as error:
        return False, pack_error(error)
    try:
        return True, payload.dumps(value, explained=False)  # its text is put into a repr
    except Exception as error:
        return False, pack_refusal(error, value)


def _called_with(names: dict[str, Any]) -> Argument:
    """What `_call` has called the function with when that raised."""
    mode, data = names["mode"], names["data"]
    if mode == APPLY:
        return Argument(f"arguments ({describe(*data)})")
    if mode in (CALL, STARCALL):
        return Argument(shown(data), 0)
    offset = len(data) - length_hint(names["items"]) - 1
    return Argument(shown(data[offset]), offset)


@tells(_called_with)
def _call(mode: str, function: Function, data: Any) -> Any:
    if mode == CALL:
        return function(data)
    if mode == APPLY:
        args, kwds = data
        return function(*args, **kwds)
    if mode == STARCALL:
        return function(*data)
    items = iter(data)  # how many are left of them tells which one was called last
    if type(data) is Numbered and data.seed is not None:
        with numbering(function, data) as in_turn:
            return _each(mode, in_turn, items, len(data))
    return _each(mode, function, items, len(data))


def _each(mode: str, function: Function, items: Iterator[Any], length: int) -> list[Any]:
    values = list(itertools.starmap(function, items)) if mode == STARMAP else list(map(function, items))
    if len(values) != length:
        raise RuntimeError("the function raised StopIteration")  # to `map` the end of the items
    return values
