"""schwimmbad's MPIPool: every rank imports this file, and the workers never come out of the pool's constructor.

It has no chunks, and its map is all it has.
"""

from __future__ import annotations

import time

from schwimmbad import MPIPool

from mpiprocessing.bench.works.pools.tasks import TASKS, durations

__all__ = ["WORKS"]

_POOL = MPIPool()


def map_tasks(count: int, parties: int, task: str, chunks: str) -> float:
    """Seconds for `count` tasks given to map."""
    _POOL.map(TASKS[task], [0.0] * 4 * parties)
    tasks = durations(task, count)
    started = time.perf_counter()
    _POOL.map(TASKS[task], tasks)
    return time.perf_counter() - started


WORKS = {"map_tasks": map_tasks}
