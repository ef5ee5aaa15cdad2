"""An idle worker of mpipool's MPIExecutor; every rank imports this file."""

from __future__ import annotations

from mpipool import MPIExecutor

from mpiprocessing.bench.works.idleness.computing import compute, share, usage

__all__ = ["WORKS"]

_POOL = MPIExecutor(rejoin=False)


def idle_workers(count: int, parties: int, seconds: float) -> float:
    """Share of a core that a worker uses without a task, while the main process computes."""
    before = list(_POOL.map(usage, range(8 * parties)))
    compute(seconds)
    return share(before, list(_POOL.map(usage, range(8 * parties))))


WORKS = {"idle_workers": idle_workers}
