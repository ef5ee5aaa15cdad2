"""joblib's Parallel, with its own choice of backend (loky)."""

from __future__ import annotations

import time
from typing import Any

from joblib import Parallel, delayed

from mpiprocessing.bench.works.pools.tasks import TASKS, durations

__all__ = ["WORKS"]


def map_tasks(count: int, parties: int, task: str, chunks: str) -> float:
    """Seconds for `count` tasks."""
    batches: Any = 1 if chunks == "each" else "auto"
    with Parallel(n_jobs=parties - 1, batch_size=batches) as parallel:
        parallel(delayed(TASKS[task])(0.0) for _ in range(4 * parties))
        tasks = durations(task, count)
        started = time.perf_counter()
        parallel(delayed(TASKS[task])(seconds) for seconds in tasks)
        return time.perf_counter() - started


WORKS = {"map_tasks": map_tasks}
