"""mpipool's MPIExecutor: every rank imports this file, and the workers end within the constructor."""

from __future__ import annotations

import time

from mpipool import MPIExecutor

from mpiprocessing.bench.works.pools.tasks import TASKS, durations

__all__ = ["POOL", "WORKS"]

POOL = MPIExecutor(rejoin=False)
"""The one pool of this process: ending two would tell the workers twice, and they are gone after the first time."""


def map_tasks(count: int, parties: int, task: str, chunks: str) -> float:
    """Seconds for `count` tasks given to map."""
    list(POOL.map(TASKS[task], [0.0] * 4 * parties))
    tasks = durations(task, count)
    started = time.perf_counter()
    list(POOL.map(TASKS[task], tasks))
    return time.perf_counter() - started


def apply(count: int, parties: int) -> float:
    """Seconds for `count` calls, one after the other."""
    POOL.submit(TASKS["tiny"], 0.0).result()
    started = time.perf_counter()
    for _ in range(count):
        POOL.submit(TASKS["tiny"], 0.0).result()
    return time.perf_counter() - started


def imap(count: int, parties: int) -> float:
    """Seconds for `count` results, which its map gives as they come in order."""
    return map_tasks(count, parties, "tiny", "each")


WORKS = {"map_tasks": map_tasks, "apply": apply, "imap": imap}
