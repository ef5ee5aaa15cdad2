"""An idle worker of mpipool's MPIExecutor; every rank imports that pool."""

from __future__ import annotations

from mpiprocessing.bench.works.idleness.computing import compute, share, usage
from mpiprocessing.bench.works.pools.with_mpipool import POOL

__all__ = ["WORKS"]


def idle_workers(count: int, parties: int, seconds: float) -> float:
    """Share of a core that a worker uses without a task, while the main process computes."""
    before = list(POOL.map(usage, range(8 * parties)))
    compute(seconds)
    return share(before, list(POOL.map(usage, range(8 * parties))))


WORKS = {"idle_workers": idle_workers}
