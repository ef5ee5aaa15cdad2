"""The tasks of a task farm, and what it knows of its workers: plain records."""

from __future__ import annotations

import msgspec

from mpiprocessing.core.messages import Payload

__all__ = ["Task", "Worker"]


class Task(msgspec.Struct, eq=False):
    """One unit of work: which function, on which chunk of arguments.

    Attributes:
        number: which task of the farm this is.
        function: the number of the function.
        how: how the worker calls it.
        payload: the arguments.
        job: which result waits for it, for whoever submits it.
        part: which part of that result it is.
        deaths: how many workers have died that had it.
    """

    number: int
    function: int
    how: str
    payload: Payload
    job: int = 0
    part: int = 0
    deaths: int = 0


class Worker:
    """What the farm knows of a worker.

    Args:
        stub: what stands for the farm in the worker.
        number: the number the worker was started with.
        left: how many more tasks it may be given; None for any number.

    Attributes:
        tasks: what it has been given and has not answered, in order.
        size: bytes of the large blocks in their arguments.
        recalled: whether it was asked to give back what it has not begun.
        waits: whether its task waits for something: nothing is to wait behind it.
        place: among which of those who may get tasks the farm keeps it; None: among none.
    """

    __slots__ = ("left", "number", "place", "recalled", "size", "stub", "tasks", "waits")

    def __init__(self, stub: int, number: int, left: int | None) -> None:
        self.stub = stub
        self.number = number
        self.left = left
        self.tasks: dict[int, Task] = {}
        self.size = 0
        self.recalled = False
        self.waits = False
        self.place: int | None = None

    def give(self, tasks: list[Task]) -> None:
        """It gets tasks."""
        for task in tasks:
            self.tasks[task.number] = task
            if task.payload.buffers:
                self.size += sum(map(len, task.payload.buffers))
        if self.left is not None:
            self.left -= len(tasks)

    def take(self, number: int) -> Task | None:
        """A task is no longer its own: it has run, or was called back."""
        task = self.tasks.pop(number, None)
        if task is not None and task.payload.buffers:
            self.size -= sum(map(len, task.payload.buffers))
        return task
