"""The tasks of a task farm, and what it knows of its workers: plain records."""

from __future__ import annotations

from typing import NamedTuple

from mpiprocessing.core.messages import Payload

__all__ = ["Task", "Worker"]


class Task(NamedTuple):
    """One unit of work: which function, on which chunk of arguments."""

    number: int
    function: int
    payload: Payload

    @property
    def size(self) -> int:
        """Bytes of the arguments."""
        return len(self.payload.body) + sum(map(len, self.payload.buffers))


class Worker:
    """What the farm knows of a worker.

    Args:
        stub: what stands for the farm in the worker.
        number: the number the worker was started with.
        left: how many more tasks it may be given; None for any number.

    Attributes:
        tasks: what it has been given and has not answered, in order.
        size: bytes of their arguments.
        recalled: whether it was asked to give back what it has not begun.
    """

    def __init__(self, stub: int, number: int, left: int | None) -> None:
        self.stub = stub
        self.number = number
        self.left = left
        self.tasks: dict[int, Task] = {}
        self.size = 0
        self.recalled = False

    def give(self, task: Task) -> None:
        """It gets a task."""
        self.tasks[task.number] = task
        self.size += task.size
        if self.left is not None:
            self.left -= 1

    def take(self, number: int) -> Task | None:
        """A task is no longer its own: it has run, or was called back."""
        task = self.tasks.pop(number, None)
        if task is not None:
            self.size -= task.size
        return task
