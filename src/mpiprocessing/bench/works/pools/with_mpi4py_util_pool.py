"""The Pool of mpi4py.util.pool, started by `mpiexec -n N python -m mpi4py.futures`."""

from __future__ import annotations

import time

from mpi4py.util.pool import Pool

from mpiprocessing.bench.works.pools.tasks import TASKS, chunksize_of, durations

__all__ = ["WORKS"]


def map_tasks(count: int, parties: int, task: str, chunks: str) -> float:
    """Seconds for `count` tasks given to map."""
    with Pool(parties - 1) as pool:
        pool.map(TASKS[task], [0.0] * 4 * parties, 1)
        tasks, chunksize = durations(task, count), chunksize_of(chunks, count, parties - 1)
        started = time.perf_counter()
        pool.map(TASKS[task], tasks, chunksize)
        return time.perf_counter() - started


def apply(count: int, parties: int) -> float:
    """Seconds for `count` calls, one after the other."""
    with Pool(parties - 1) as pool:
        pool.map(TASKS["tiny"], [0.0] * 4 * parties, 1)
        started = time.perf_counter()
        for _ in range(count):
            pool.apply(TASKS["tiny"], (0.0,))
        return time.perf_counter() - started


def imap(count: int, parties: int) -> float:
    """Seconds for `count` results taken from imap."""
    with Pool(parties - 1) as pool:
        pool.map(TASKS["tiny"], [0.0] * 4 * parties, 1)
        started = time.perf_counter()
        for _ in pool.imap(TASKS["tiny"], [0.0] * count):
            pass
        return time.perf_counter() - started


WORKS = {"map_tasks": map_tasks, "apply": apply, "imap": imap}
