"""What a pool's worker process does: it takes tasks from the farm, calls the function, sends the result back.

Whatever happens in a task is answered: an exception travels with its traceback as text, and what cannot be pickled, or not be
unpickled again, is described instead. Derived from CPython's `Lib/multiprocessing/pool.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from multiprocessing.pool import ExceptionWithTraceback, MaybeEncodingError  # type: ignore[attr-defined]
from multiprocessing.process import current_process
from typing import Any

from mpiprocessing.core import payload
from mpiprocessing.core.handle import Handle
from mpiprocessing.core.homes.taskfarm import TaskFarmStub
from mpiprocessing.core.messages import Payload, PoolJoin, PoolRan, PoolRun

__all__ = ["APPLY", "MAP", "STARMAP", "work"]

MAP, STARMAP, APPLY = "map", "starmap", "apply"
"""How a task's function is called with the task's data."""


def work(
    farm: Handle, number: int, initializer: Callable[..., object] | None, initargs: tuple[Any, ...]
) -> None:
    """What a worker process does: tasks, until it is told to stop."""
    if initializer is not None:
        initializer(*initargs)
    runtime, stub = farm.runtime, farm.stub
    assert isinstance(stub, TaskFarmStub)
    functions: dict[int, Callable[..., Any]] = {}
    runtime.post(stub, PoolJoin, number)
    while True:
        runtime.drive_until(lambda: bool(stub.tasks))
        run = stub.tasks.popleft()
        if run is None:
            return
        ok, content = _run(run, functions, stub.functions)
        runtime.post_object(stub, PoolRan, run.task, ok, content)


def _run(
    run: PoolRun, functions: dict[int, Callable[..., Any]], pickled: dict[int, Payload]
) -> tuple[bool, Payload]:
    """Run one task; returns whether it went well, and its result or exception."""
    try:
        function = functions.get(run.function)
        if function is None:
            function = functions[run.function] = payload.loads(pickled.pop(run.function))
        mode, data = payload.loads(run.payload)
        value = _call(mode, function, data)
    except Exception as error:
        return False, _pack_error(error)
    try:
        return True, payload.dumps(value)
    except Exception as error:
        return False, payload.dumps(MaybeEncodingError(error, value))


def _call(mode: str, function: Callable[..., Any], data: Any) -> Any:
    if mode == APPLY:
        args, kwds = data
        return function(*args, **kwds)
    return list(itertools.starmap(function, data)) if mode == STARMAP else list(map(function, data))


def _pack_error(error: Exception) -> Payload:
    """An exception with its traceback as text; what cannot make the journey is described instead."""
    carried = ExceptionWithTraceback(error, error.__traceback__)
    try:
        content = payload.dumps(carried)
        payload.loads(content)
    except Exception as problem:
        name = current_process().name
        text = f"{type(error).__name__}: {error} (raised in {name})"
        return payload.dumps(ExceptionWithTraceback(MaybeEncodingError(problem, text), error.__traceback__))
    return content
