"""What queues do, by hand.

One to one, and many to one, are plain messages to the consumer. Where there are several consumers rank 0 keeps the items: it
takes what producers send, and answers each request of a consumer with an item. Arrays travel as memory, by Send and Recv.
"""

from __future__ import annotations

import time
from collections import deque
from typing import Any

import numpy
from mpi4py import MPI

from mpiprocessing.bench.works.payloads import payload

__all__ = ["WORKS"]

_ITEM, _REQUEST = 1, 2


def stream(comm: MPI.Intracomm, count: int, shape: str, kind: str, size: int) -> float:
    """Seconds for `count` items; see the programme with multiprocessing for the shapes."""
    producers = {"1-1": 1, "n-1": comm.size - 1, "1-n": 0, "n-n": comm.size // 2}[shape]
    consumers = comm.size - 1 - producers
    item = payload(kind, size)
    comm.Barrier()
    started = time.perf_counter()
    if comm.rank == 0 and not consumers:
        for _ in range(count):
            _receive(comm, item)
    elif comm.rank == 0:
        _keep(comm, count, item, made_here=not producers)
    elif comm.rank <= producers:
        for _ in range(_share(count, producers, comm.rank - 1)):
            _send(comm, item, 0)
    else:
        for _ in range(_share(count, consumers, comm.rank - producers - 1)):
            comm.send(None, 0, _REQUEST)
            _receive(comm, item, 0)
    comm.Barrier()
    return time.perf_counter() - started


def _keep(comm: MPI.Intracomm, count: int, item: Any, made_here: bool) -> None:
    """Give an item to each who asks, as soon as there is one."""
    items: deque[Any] = deque([item] * count if made_here else [])
    asking: deque[int] = deque()
    status = MPI.Status()
    given = 0
    while given < count:
        comm.Probe(status=status)
        if status.tag == _REQUEST:
            comm.recv(source=status.source, tag=_REQUEST)
            asking.append(status.source)
        else:
            items.append(_receive(comm, item, status.source))
        while items and asking:
            _send(comm, items.popleft(), asking.popleft())
            given += 1


def _share(count: int, parts: int, part: int) -> int:
    return count // parts + (part < count % parts)


def _send(comm: MPI.Intracomm, item: Any, to: int) -> None:
    if isinstance(item, numpy.ndarray):
        comm.Send(item, to, _ITEM)
    else:
        comm.send(item, to, _ITEM)


def _receive(comm: MPI.Intracomm, like: Any, source: int = MPI.ANY_SOURCE) -> Any:
    if isinstance(like, numpy.ndarray):
        room = numpy.empty_like(like)
        comm.Recv(room, source, _ITEM)
        return room
    return comm.recv(source=source, tag=_ITEM)


WORKS = {"stream": stream}
