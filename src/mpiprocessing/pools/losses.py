"""What a pool loses when the rank of a worker dies, in words: which tasks were with it, and what becomes of them.

The words need the arguments of tasks, so they are found in the pool's own thread, where the program's code may run.
"""

from __future__ import annotations

import functools
import reprlib
import sys
from typing import Any, NamedTuple

from mpiprocessing.core import payload
from mpiprocessing.core.errors import WorkerDied
from mpiprocessing.core.failures import Death
from mpiprocessing.core.homes.tasks import Task
from mpiprocessing.core.messages import Payload
from mpiprocessing.pools.worker import APPLY, CALL, MAP, STARCALL

__all__ = ["Loss"]

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60


class Loss(NamedTuple):
    """The death of a worker.

    Args:
        death: of its rank.
        worker: its name.
        again: the tasks that it had, and that run again, each with its pickled function.
        given_up: those that do not.
    """

    death: Death
    worker: str
    again: list[tuple[Task, Payload]]
    given_up: list[tuple[Task, Payload]]

    def report(self) -> None:
        """Tell the user."""
        tasks = [*self.given_up, *self.again]
        if not tasks:
            doing = "which had no task"
        elif len(tasks) == 1:
            doing = f"at {describe(*tasks[0])}"
        else:
            doing = f"at one of {len(tasks)} tasks, the first of which is {describe(*tasks[0])}"
        becomes = []
        if self.again:
            becomes.append("it is run again" if len(tasks) == 1 else f"{len(self.again)} are run again")
        if self.given_up:
            becomes.append("it is given up" if len(tasks) == 1 else f"{len(self.given_up)} are given up")
        # In one piece: other threads and ranks write as well.
        sys.stderr.write(
            f"mpiprocessing: {self.death}, and with it {self.worker}, {doing}{': ' if becomes else ''}{', '.join(becomes)}\n"
            f"{self.death.stack}"
        )

    def error(self, task: Task, function: Payload) -> WorkerDied:
        """What is raised for a task that is given up."""
        what = describe(task, function)
        death = self.death
        if task.deaths > 1:
            text = f"{what}, was given up: {task.deaths} workers have died of it, the last one {self.worker} ({death})"
        else:
            text = f"{self.worker} has died at {what} ({death})"
        return WorkerDied(text, death.rank, death.host, death.signal, self.worker, what)


def describe(task: Task, function: Payload) -> str:
    """A task as its caller knows it."""
    name = _name(function)
    if task.payload.refs:  # to read them would be to take the handles inside
        return f"a task of {name}, whose arguments hold shared objects"
    try:
        data = payload.loads(task.payload)
        if task.how == APPLY:
            return f"{name}({_listed(*data)})"
        if task.how in (CALL, STARCALL):
            return f"task {task.part}, {name}({_listed(data if task.how == STARCALL else (data,), {})})"
        each = ", ".join(_listed((item,) if task.how == MAP else item, {}) for item in data[:3])
        more = f", … ({len(data)} in all)" if len(data) > 3 else ""
        return f"task {task.part}, {name} for each of [{each}{more}]"
    except Exception as error:  # the program's own classes are read and shown here
        return f"task {task.part} of {name}, whose arguments cannot be shown ({type(error).__name__})"


def _listed(args: Any, kwds: dict[str, Any]) -> str:
    shown = [_SHORT.repr(value) for value in args]
    return ", ".join([*shown, *(f"{name}={_SHORT.repr(value)}" for name, value in kwds.items())])


def _name(function: Payload) -> str:
    if function.refs:
        return "a function that holds shared objects"
    try:
        called: Any = payload.loads(function)
        while isinstance(called, functools.partial):
            called = called.func
        return str(getattr(called, "__qualname__", None) or _SHORT.repr(called))
    except Exception as error:
        return f"a function that cannot be shown ({type(error).__name__})"
