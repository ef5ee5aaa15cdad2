"""What a pool's worker process does: it takes tasks from the farm, calls the function, sends the result back.

Whatever happens in a task is answered: an exception travels with its traceback as text, and what cannot be pickled, or not be
unpickled again, is described instead. Derived from CPython's `Lib/multiprocessing/pool.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from multiprocessing.pool import ExceptionWithTraceback, MaybeEncodingError  # type: ignore[attr-defined]
from multiprocessing.process import current_process
from typing import Any

from mpiprocessing.core import payload
from mpiprocessing.core.handle import Handle
from mpiprocessing.core.homes.taskfarm import TaskFarmStub
from mpiprocessing.core.messages import Payload, PoolFailed, PoolJoin, PoolRan, PoolRun

__all__ = ["APPLY", "CALL", "MAP", "STARMAP", "pack", "work"]

MAP, STARMAP, APPLY, CALL = "map", "starmap", "apply", "call"
"""How a task's function is called with the task's data."""

Functions = dict[int, Callable[..., Any]]


def pack(mode: str, data: Any, first: int = 0) -> Payload:
    """Pickle what a task's function is to be called with.

    Args:
        mode: how it is called.
        data: what it is called with.
        first: the place in the caller's iterable at which `data` begins.

    Raises:
        Exception: it cannot be pickled; the text names the part as the caller knows it.
    """
    return payload.dumps((mode, data), explained=_Asked(mode, data, first))


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
        items = [self._data] if self._mode == CALL else self._data
        for place, item in enumerate(items, self._first):
            if self._mode == STARMAP and isinstance(item, (tuple, list)):
                yield from ((f"item {place}, argument {n}", value) for n, value in enumerate(item, 1))
            else:
                yield f"item {place}", item


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
        BaseException: what the initializer raised.
    """
    stub = farm.stub
    assert isinstance(stub, TaskFarmStub)
    if initializer is not None:
        try:
            initializer(*initargs)
        except Exception as error:
            farm.runtime.post(stub, PoolFailed, number, _pack_error(error))
            raise
    farm.runtime.post(stub, PoolJoin, number)
    functions: Functions = {}
    done = 0
    while done != maxtasks:
        farm.runtime.drive_until(lambda: bool(stub.tasks) or stub.stopped)
        done += _run_next(farm, stub, functions)
        if stub.stopped and not stub.tasks:
            return


def _run_next(farm: Handle, stub: TaskFarmStub, functions: Functions) -> bool:
    """Run a task and send its result; nothing of either is kept while the next one is waited for.

    Returns:
        Whether there was one.
    """
    run = stub.begin()
    while stub.forgotten:
        forgotten = stub.forgotten.popleft()
        functions.pop(forgotten, None)
        unread = stub.functions.pop(forgotten, None)
        if unread is not None:  # its tasks were called back
            payload.give_up(unread)
    if run is None:
        return False
    ok, content = _run(run, functions, stub.functions)
    farm.runtime.post_object(stub, PoolRan, run.task, ok, content)
    return True


def _run(run: PoolRun, functions: Functions, pickled: dict[int, Payload]) -> tuple[bool, Payload]:
    """Run one task; returns whether it went well, and its result or exception."""
    try:
        function = functions.get(run.function)
        if function is None:
            function = functions[run.function] = _read(pickled.pop(run.function))
        mode, data = payload.loads(run.payload)
        value = _call(mode, function, data)
    except Exception as error:
        return False, _pack_error(error)
    try:
        return True, payload.dumps(value, explained=False)  # its text is put into a repr
    except Exception as error:
        return False, _pack_refusal(error, value)


def _read(content: Payload) -> Callable[..., Any]:
    """The function; where it cannot be read, one that raises what reading it raised, in every task that names it."""
    try:
        function: Callable[..., Any] = payload.loads(content)
    except Exception as error:
        problem = error

        def function(*args: Any, **kwds: Any) -> Any:
            raise problem

    return function


def _call(mode: str, function: Callable[..., Any], data: Any) -> Any:
    if mode == CALL:
        return function(data)
    if mode == APPLY:
        args, kwds = data
        return function(*args, **kwds)
    return list(itertools.starmap(function, data)) if mode == STARMAP else list(map(function, data))


def _pack_refusal(error: Exception, value: Any) -> Payload:
    """A result that cannot be pickled, described as the standard library does."""
    try:
        described = MaybeEncodingError(error, value)
    except Exception as problem:  # nor can it be shown
        described = MaybeEncodingError(error, f"a {type(value).__name__} whose repr raises {problem!r}")
    return payload.dumps(described)


def _pack_error(error: Exception) -> Payload:
    """An exception with its traceback as text; what cannot make the journey is described instead."""
    frames = error.__traceback__
    try:
        content = payload.dumps(ExceptionWithTraceback(error, frames))
        payload.loads(content)
        if content.refs:  # the handles in it were taken out
            content = payload.dumps(ExceptionWithTraceback(error, frames))
    except Exception as problem:
        text = f"{type(error).__name__}: {error} (raised in {current_process().name})"
        return payload.dumps(ExceptionWithTraceback(MaybeEncodingError(problem, text), frames))
    return content
