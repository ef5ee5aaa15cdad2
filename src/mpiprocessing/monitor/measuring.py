"""What the workers on this rank have done, measured where the tasks run: no message tells of it before rank 0 asks.

A worker measures each task anyway, for the size of the next portions (`core/homes/portions.py`). Where somebody wants to know,
its `Results` are of the kind below, which adds the times up; else nothing is different, and nothing slower.
"""

from __future__ import annotations

import heapq
from time import perf_counter

from mpiprocessing.core.handle import Handle
from mpiprocessing.core.messages import Payload, PoolWork
from mpiprocessing.pools import worker
from mpiprocessing.pools.worker import Results

__all__ = ["SLOWEST", "Measured", "Work", "begin", "told"]

SLOWEST = 10
"""How many of the slowest tasks of each pool are remembered on each rank."""


class Work:
    """What was done on this rank for one pool.

    Attributes:
        tasks: how many have ended.
        busy: seconds in them.
        slowest: the slowest, each with its seconds and number; a heap.
    """

    def __init__(self) -> None:
        self.tasks = 0
        self.busy = 0.0
        self.slowest: list[tuple[float, int]] = []
        self._life = 0.0  # of workers that have ended
        self._begun: float | None = None  # when the one that lives has begun

    def begin(self) -> None:
        """A worker begins."""
        self._begun = perf_counter()

    def end(self) -> None:
        """It has ended."""
        self._life, self._begun = self.life, None

    @property
    def life(self) -> float:
        """Seconds in which there was a worker."""
        return self._life + (0.0 if self._begun is None else perf_counter() - self._begun)

    def ran(self, task: int, seconds: float) -> None:
        """A task has ended."""
        self.tasks += 1
        self.busy += seconds
        if len(self.slowest) < SLOWEST:
            heapq.heappush(self.slowest, (seconds, task))
        elif seconds > self.slowest[0][0]:
            heapq.heapreplace(self.slowest, (seconds, task))


_works: dict[int, Work] = {}


class Measured(Results):
    """The results of tasks on their way home, and how long each took.

    Args:
        farm: the pool's farm.
    """

    def __init__(self, farm: Handle) -> None:
        super().__init__(farm)
        self._work = _works.setdefault(farm.stub.home, Work())
        self._work.begin()

    def add(
        self, task: int, ok: bool, content: Payload, seconds: float, more: bool, asked: bool = False
    ) -> None:
        self._work.ran(task, seconds)
        super().add(task, ok, content, seconds, more, asked)

    def close(self) -> None:
        self._work.end()
        super().close()


def begin() -> None:
    """Workers that begin on this rank from now on are measured."""
    worker.results_of = Measured


def told() -> list[PoolWork]:
    """What was done so far, for each pool."""
    return [
        PoolWork(pool, work.tasks, work.busy, work.life, sorted(work.slowest, reverse=True))
        for pool, work in list(_works.items())
    ]
