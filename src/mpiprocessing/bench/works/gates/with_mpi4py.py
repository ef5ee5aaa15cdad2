"""What gates do, by hand: rank 0 hands out the units of a lock or semaphore; the rest is messages and collectives."""

from __future__ import annotations

import time
from collections import deque

from mpi4py import MPI

__all__ = ["WORKS"]

_ACQUIRE, _RELEASE, _GRANT, _END = 1, 2, 3, 4


def _hand_out(comm: MPI.Intracomm, units: int) -> None:
    """Give units to those who ask, in the order they ask, until all other ranks have ended."""
    status = MPI.Status()
    waiting: deque[int] = deque()
    users = comm.size - 1
    while users:
        comm.recv(source=MPI.ANY_SOURCE, tag=MPI.ANY_TAG, status=status)
        if status.tag == _ACQUIRE:
            waiting.append(status.source)
        elif status.tag == _RELEASE:
            units += 1
        else:
            users -= 1
        while units and waiting:
            comm.send(None, waiting.popleft(), _GRANT)
            units -= 1


def _units(comm: MPI.Intracomm, count: int, units: int) -> float:
    each = -(-count // (comm.size - 1))
    comm.Barrier()
    started = time.perf_counter()
    if comm.rank == 0:
        _hand_out(comm, units)
        return time.perf_counter() - started
    for _ in range(each):
        comm.send(None, 0, _ACQUIRE)
        comm.recv(source=0, tag=_GRANT)
        comm.send(None, 0, _RELEASE)
    comm.send(None, 0, _END)
    return 0.0


def lock(comm: MPI.Intracomm, count: int) -> float:
    """Seconds for `count` times that a rank takes and gives back a lock."""
    return _units(comm, count, 1)


def semaphore_alone(comm: MPI.Intracomm, count: int) -> float:
    """Seconds for `count` times that a rank takes and gives back a unit of a semaphore."""
    return _units(comm, count, 2)


def semaphore_fight(comm: MPI.Intracomm, count: int) -> float:
    """Likewise, with one unit less than there are ranks that want one."""
    return _units(comm, count, comm.size - 2)


def condition(comm: MPI.Intracomm, count: int) -> float:
    """Seconds for `count` hand-overs between two ranks: an empty message each."""
    other, turns = 1 - comm.rank, -(-count // 2)
    comm.Barrier()
    started = time.perf_counter()
    for _ in range(turns):
        if comm.rank == 0:
            comm.send(None, other)
            comm.recv(source=other)
        else:
            comm.recv(source=other)
            comm.send(None, other)
    return time.perf_counter() - started


def barrier(comm: MPI.Intracomm, count: int) -> float:
    """Seconds for `count` barriers."""
    comm.Barrier()
    started = time.perf_counter()
    for _ in range(count):
        comm.Barrier()
    return time.perf_counter() - started


def event(comm: MPI.Intracomm, count: int) -> float:
    """Seconds for `count` broadcasts of an empty message, with a barrier before and after each."""
    comm.Barrier()
    started = time.perf_counter()
    for _ in range(count):
        comm.Barrier()
        comm.bcast(None)
        comm.Barrier()
    return time.perf_counter() - started


WORKS = {
    "lock_alone": lock,
    "lock_fight": lock,
    "semaphore_alone": semaphore_alone,
    "semaphore_fight": semaphore_fight,
    "condition": condition,
    "barrier": barrier,
    "event": event,
}
