"""A rank of plain mpi4py that waits in recv."""

from __future__ import annotations

import statistics
import time

from mpi4py import MPI

from mpiprocessing.bench.works.idleness.computing import compute, share, usage

__all__ = ["WORKS"]

_TIMES = 3


def _answer(comm: MPI.Intracomm, count: int) -> None:
    for _ in range(count):
        comm.recv(source=0)
        comm.send(usage(), 0)


def waiting(comm: MPI.Intracomm, count: int, seconds: float) -> float:
    """Share of a core that a rank uses while it waits, and rank 0 computes."""
    if comm.rank == 1:
        _answer(comm, 2)
        return 0.0
    comm.send(None, 1)
    before = comm.recv(source=1)
    compute(seconds)
    comm.send(None, 1)
    return share([before], [comm.recv(source=1)])


def first_message(comm: MPI.Intracomm, count: int, silence: float) -> float:
    """Seconds for a message there and back after a long silence, the median of a few."""
    if comm.rank == 1:
        _answer(comm, _TIMES)
        return 0.0
    times = []
    for _ in range(_TIMES):
        time.sleep(silence)
        started = time.perf_counter()
        comm.send(None, 1)
        comm.recv(source=1)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


WORKS = {"waiting": waiting, "first_message": first_message}
