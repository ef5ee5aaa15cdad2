"""An idle worker of schwimmbad's MPIPool; every rank imports this file."""

from __future__ import annotations

from schwimmbad import MPIPool

from mpiprocessing.bench.works.idleness.computing import compute, share, usage

__all__ = ["WORKS"]

_POOL = MPIPool()


def idle_workers(count: int, parties: int, seconds: float) -> float:
    """Share of a core that a worker uses without a task, while the main process computes."""
    before = _POOL.map(usage, range(8 * parties))
    compute(seconds)
    return share(before, _POOL.map(usage, range(8 * parties)))


WORKS = {"idle_workers": idle_workers}
