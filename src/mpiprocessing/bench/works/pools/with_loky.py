"""loky's reusable executor."""

from __future__ import annotations

import time
from typing import Any

from loky import get_reusable_executor

from mpiprocessing.bench.works.pools.tasks import TASKS, chunksize_of, durations

__all__ = ["WORKS"]


def _pool(parties: int) -> Any:
    pool = get_reusable_executor(max_workers=parties - 1)
    list(pool.map(TASKS["tiny"], [0.0] * 4 * parties))
    return pool


def map_tasks(count: int, parties: int, task: str, chunks: str) -> float:
    """Seconds for `count` tasks given to map."""
    pool, tasks = _pool(parties), durations(task, count)
    chunksize = chunksize_of(chunks, count, parties - 1)
    started = time.perf_counter()
    list(pool.map(TASKS[task], tasks, chunksize=chunksize))
    return time.perf_counter() - started


def apply(count: int, parties: int) -> float:
    """Seconds for `count` calls, one after the other."""
    pool = _pool(parties)
    started = time.perf_counter()
    for _ in range(count):
        pool.submit(TASKS["tiny"], 0.0).result()
    return time.perf_counter() - started


def imap(count: int, parties: int) -> float:
    """Seconds for `count` results, which its map gives as they come in order."""
    return map_tasks(count, parties, "tiny", "each")


WORKS = {"map_tasks": map_tasks, "apply": apply, "imap": imap}
