"""`MPIPool`: our pool with the interface that programs for schwimmbad and emcee expect.

Such a program is written as if every rank ran it:

    with MPIPool() as pool:
        if not pool.is_master():
            pool.wait()
            sys.exit(0)
        ...pool.map(f, tasks)

Run by `python -m mpiprocessing`, only rank 0 runs it: `is_master()` is true, `wait()` returns at once, and the workers are
processes on the other ranks, as those of any pool. Under that command schwimmbad's own `MPIPool` is this one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

from mpiprocessing.core import thisrank
from mpiprocessing.pool import Pool

__all__ = ["MPIPool"]


class MPIPool(Pool):
    """A pool on all ranks that are free, with schwimmbad's interface.

    Args:
        comm: accepted; the ranks are those of the job.
        use_dill: accepted; what plain pickle cannot carry is carried in any case.
        options: accepted, as schwimmbad's other pools and older ones of emcee do (`loadbalance`, `debug`).

    Attributes:
        rank: always 0.
    """

    rank = 0

    def __init__(self, comm: Any = None, use_dill: bool = False, **options: Any) -> None:
        super().__init__()

    @staticmethod
    def enabled() -> bool:
        """Whether there are ranks for workers."""
        return thisrank.running().size > 1

    def is_master(self) -> bool:
        """True: only rank 0 runs the program."""
        return True

    def is_worker(self) -> bool:
        """False: workers do not run the program."""
        return False

    def wait(self, callback: Callable[[], object] | None = None) -> None:
        """Nothing to do: workers wait for tasks elsewhere."""

    def map(  # type: ignore[override]  # schwimmbad's third argument
        self,
        worker: Callable[[Any], Any],
        tasks: Iterable[Any],
        callback: Callable[[Any], object] | None = None,
    ) -> list[Any]:
        """Call `worker` with each task and wait for the list of results; every task goes to whoever is free.

        Args:
            worker: what to call.
            tasks: its arguments.
            callback: called here with each result, in the order of the tasks.
        """
        if callback is None:
            return super().map(worker, tasks, chunksize=1)
        results = []
        for result in self.imap(worker, tasks):
            callback(result)
            results.append(result)
        return results

    def batched_map(
        self, worker: Callable[[Any], Any], tasks: Iterable[Any], *args: Any, **kwargs: Any
    ) -> list[Any]:
        """Like `map`, with the tasks cut into one batch for each worker.

        Args:
            worker: called with `((first, end), tasks[first:end])`.
            tasks: cut into `size` parts of almost equal length.
            args: further arguments of `map`.
            kwargs: the same, by name.

        Raises:
            ValueError: there are no tasks.
        """
        return self.map(worker, _batches(list(tasks), self.size), *args, **kwargs)

    def __exit__(self, *exception: object) -> None:
        if exception[0] is None:
            self.close()
            self.join()
        self.terminate()


def _batches(tasks: list[Any], parts: int) -> list[tuple[tuple[int, int], list[Any]]]:
    if not tasks:
        raise ValueError("n_batches and n_tasks must be > 0")
    size, longer = divmod(len(tasks), min(parts, len(tasks)))
    bounds = [0]
    while bounds[-1] < len(tasks):
        bounds.append(bounds[-1] + size + (len(bounds) <= longer))
    return [((first, end), tasks[first:end]) for first, end in itertools.pairwise(bounds)]
