"""MPIPoolExecutor of mpi4py.futures, started by `mpiexec -n N python -m mpi4py.futures`."""

from __future__ import annotations

import time

from mpi4py.futures import MPIPoolExecutor

from mpiprocessing.bench.works.pools.tasks import TASKS, chunksize_of, durations

__all__ = ["WORKS"]


def map_tasks(count: int, parties: int, task: str, chunks: str) -> float:
    """Seconds for `count` tasks given to map."""
    with MPIPoolExecutor(parties - 1) as pool:
        list(pool.map(TASKS[task], [0.0] * 4 * parties))
        tasks, chunksize = durations(task, count), chunksize_of(chunks, count, parties - 1)
        started = time.perf_counter()
        list(pool.map(TASKS[task], tasks, chunksize=chunksize))
        return time.perf_counter() - started


def apply(count: int, parties: int) -> float:
    """Seconds for `count` calls, one after the other."""
    with MPIPoolExecutor(parties - 1) as pool:
        list(pool.map(TASKS["tiny"], [0.0] * 4 * parties))
        started = time.perf_counter()
        for _ in range(count):
            pool.submit(TASKS["tiny"], 0.0).result()
        return time.perf_counter() - started


def imap(count: int, parties: int) -> float:
    """Seconds for `count` results, taken as they come in order."""
    return map_tasks(count, parties, "tiny", "each")


WORKS = {"map_tasks": map_tasks, "apply": apply, "imap": imap}
