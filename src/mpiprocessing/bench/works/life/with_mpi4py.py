"""A rank of plain mpi4py."""

from __future__ import annotations

from mpi4py import MPI

from mpiprocessing.bench.works.life.memory import weight

__all__ = ["WORKS"]


def memory(comm: MPI.Intracomm, count: int) -> float:
    """Bytes of the lightest rank but rank 0, after a gather."""
    comm.gather(None)
    comm.Barrier()
    weights: list[float] | None = comm.gather(weight())
    return min((weights or [0.0])[1:] or [0.0])


WORKS = {"memory": memory}
