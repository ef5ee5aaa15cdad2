"""By hand: rank 0 keeps a dict and answers requests; a value is memory of rank 0 that is reached by one-sided operations."""

from __future__ import annotations

import time
from typing import Any

import numpy
from mpi4py import MPI

__all__ = ["WORKS"]


def _serve(comm: MPI.Intracomm) -> None:
    kept: dict[int, Any] = {key: key for key in range(100)}
    while (request := comm.recv(source=1)) is not None:
        operation, key, value = request
        if operation == "set":
            kept[key] = value
            comm.send(None, 1)
        else:
            comm.send(kept[key], 1)


def _items(comm: MPI.Intracomm, count: int, operation: str) -> float:
    comm.Barrier()
    started = time.perf_counter()
    if comm.rank == 0:
        _serve(comm)
    else:
        for number in range(count):
            comm.send((operation, number % 100, number), 0)
            comm.recv(source=0)
        comm.send(None, 0)
    return time.perf_counter() - started


def dict_set(comm: MPI.Intracomm, count: int) -> float:
    """Seconds for setting `count` items, each answered."""
    return _items(comm, count, "set")


def dict_get(comm: MPI.Intracomm, count: int) -> float:
    """Seconds for getting `count` items."""
    return _items(comm, count, "get")


def _accesses(comm: MPI.Intracomm, count: int, write: bool) -> float:
    memory = numpy.zeros(1)
    window = MPI.Win.Create(memory if comm.rank == 0 else None, memory.itemsize, comm=comm)
    access = window.Put if write else window.Get
    lock = MPI.LOCK_EXCLUSIVE if write else MPI.LOCK_SHARED
    comm.Barrier()
    started = time.perf_counter()
    if comm.rank == 1:
        for _ in range(count):
            window.Lock(0, lock)
            access(memory, 0)
            window.Unlock(0)
    comm.Barrier()
    elapsed = time.perf_counter() - started
    window.Free()
    return elapsed


def value_set(comm: MPI.Intracomm, count: int) -> float:
    """Seconds for putting a value `count` times."""
    return _accesses(comm, count, True)


def value_get(comm: MPI.Intracomm, count: int) -> float:
    """Seconds for getting a value `count` times."""
    return _accesses(comm, count, False)


WORKS = {"dict_set": dict_set, "dict_get": dict_get, "value_set": value_set, "value_get": value_get}
