"""schwimmbad's MPIPool: every rank imports this file, and the workers never come out of the pool's constructor.

It has no chunks, and its map is all it has.
"""

from __future__ import annotations

import time

from schwimmbad import MPIPool

from mpiprocessing.bench.works.pools.tasks import TASKS, durations

__all__ = ["POOL", "WORKS"]

POOL = MPIPool()
"""The one pool of this process: ending two would tell the workers twice, and they are gone after the first time."""


def map_tasks(count: int, parties: int, task: str, chunks: str) -> float:
    """Seconds for `count` tasks given to map."""
    POOL.map(TASKS[task], [0.0] * 4 * parties)
    tasks = durations(task, count)
    started = time.perf_counter()
    POOL.map(TASKS[task], tasks)
    return time.perf_counter() - started


WORKS = {"map_tasks": map_tasks}
