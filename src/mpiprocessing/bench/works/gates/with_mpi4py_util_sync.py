"""Gates of mpi4py.util.sync, which live in memory that ranks reach by one-sided operations. Rank 0 waits in a barrier."""

from __future__ import annotations

import time
from typing import Any

from mpi4py import MPI
from mpi4py.util.sync import Condition, Mutex, Semaphore

__all__ = ["WORKS"]


def _use(comm: MPI.Intracomm, gate: Any, count: int) -> float:
    each = -(-count // (comm.size - 1))
    comm.Barrier()
    started = time.perf_counter()
    if comm.rank > 0:
        for _ in range(each):
            gate.acquire()
            gate.release()
    comm.Barrier()
    elapsed = time.perf_counter() - started
    gate.free()
    return elapsed


def lock(comm: MPI.Intracomm, count: int) -> float:
    """Seconds for `count` times that a rank takes and gives back a mutex."""
    return _use(comm, Mutex(comm=comm), count)


def semaphore_alone(comm: MPI.Intracomm, count: int) -> float:
    """Seconds for `count` times that a rank takes and gives back a unit of a semaphore."""
    return _use(comm, Semaphore(2, comm=comm), count)


def semaphore_fight(comm: MPI.Intracomm, count: int) -> float:
    """Likewise, with one unit less than there are ranks that want one."""
    return _use(comm, Semaphore(comm.size - 2, comm=comm), count)


def condition(comm: MPI.Intracomm, count: int) -> float:
    """Seconds for `count` hand-overs between two ranks, each of which wakes the other and sleeps."""
    turns = -(-count // 2)
    condition = Condition(comm=comm, recursive=False)
    with condition if comm.rank == 1 else _Nothing():
        comm.Barrier()  # rank 1 has it, and gives it up by waiting
        started = time.perf_counter()
        if comm.rank == 1:
            for _ in range(turns):
                condition.wait()
                condition.notify()
    if comm.rank == 0:
        with condition:
            for _ in range(turns):
                condition.notify()
                condition.wait()
    elapsed = time.perf_counter() - started
    comm.Barrier()
    condition.free()
    return elapsed


class _Nothing:
    def __enter__(self) -> None: ...

    def __exit__(self, *exception: object) -> None: ...


WORKS = {
    "lock_alone": lock,
    "lock_fight": lock,
    "semaphore_alone": semaphore_alone,
    "semaphore_fight": semaphore_fight,
    "condition": condition,
}
