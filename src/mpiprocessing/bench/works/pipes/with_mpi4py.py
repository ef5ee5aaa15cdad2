"""What pipes do, by hand: send and recv of objects, Send and Recv of the memory of arrays."""

from __future__ import annotations

import time
from typing import Any

import numpy
from mpi4py import MPI

from mpiprocessing.bench.works.payloads import payload

__all__ = ["WORKS"]


def ping_pong(comm: MPI.Intracomm, count: int, kind: str, size: int) -> float:
    """Seconds for `count` ways: half of there and back."""
    item, other = payload(kind, size), 1 - comm.rank
    room = numpy.empty(size // 8) if kind == "array" else None
    turn = _turn if room is None else _turn_of_arrays
    turn(comm, other, item, room)
    started = time.perf_counter()
    for _ in range(count):
        turn(comm, other, item, room)
    return (time.perf_counter() - started) / 2


def _turn(comm: MPI.Intracomm, other: int, item: Any, room: Any) -> None:
    if comm.rank == 0:
        comm.send(item, other)
        comm.recv(source=other)
    else:
        comm.send(comm.recv(source=other), other)


def _turn_of_arrays(comm: MPI.Intracomm, other: int, item: Any, room: Any) -> None:
    if comm.rank == 0:
        comm.Send(item, other)
        comm.Recv(room, other)
    else:
        comm.Recv(room, other)
        comm.Send(room, other)


WORKS = {"ping_pong": ping_pong}
