"""An idle worker of MPIPoolExecutor, started by `mpiexec -n N python -m mpi4py.futures`."""

from __future__ import annotations

from mpi4py.futures import MPIPoolExecutor

from mpiprocessing.bench.works.idleness.computing import compute, share, usage

__all__ = ["WORKS"]


def idle_workers(count: int, parties: int, seconds: float) -> float:
    """Share of a core that a worker uses without a task, while the main process computes."""
    with MPIPoolExecutor(parties - 1) as pool:
        before = list(pool.map(usage, range(8 * parties)))
        compute(seconds)
        return share(before, list(pool.map(usage, range(8 * parties))))


WORKS = {"idle_workers": idle_workers}
