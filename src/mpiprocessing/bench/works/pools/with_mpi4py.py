"""By hand: rank 0 keeps two tasks at each worker and sends the next with each result; or scatters them once and gathers."""

from __future__ import annotations

import time
from typing import Any

from mpi4py import MPI

from mpiprocessing.bench.works.pools.tasks import TASKS, durations

__all__ = ["WORKS"]

_AHEAD = 2


def map_tasks(comm: MPI.Intracomm, count: int, task: str, chunks: str) -> float:
    """Seconds for `count` tasks."""
    comm.Barrier()
    started = time.perf_counter()
    tasks = durations(task, count) if comm.rank == 0 else []
    if chunks == "auto":
        _scattered(comm, task, tasks)
    elif comm.rank == 0:
        _hand_out(comm, tasks)
    else:
        _work(comm, task)
    return time.perf_counter() - started


def apply(comm: MPI.Intracomm, count: int) -> float:
    """Seconds for `count` calls, one after the other: a message there and one back."""
    comm.Barrier()
    started = time.perf_counter()
    if comm.rank > 0:
        _work(comm, "tiny")
        return 0.0
    for number in range(count):
        comm.send((number, 0.0), 1)
        comm.recv(source=1)
    elapsed = time.perf_counter() - started
    for worker in range(1, comm.size):
        comm.send(None, worker)
    return elapsed


def imap(comm: MPI.Intracomm, count: int) -> float:
    """Seconds for `count` results, in order."""
    return map_tasks(comm, count, "tiny", "each")


def _hand_out(comm: MPI.Intracomm, tasks: list[float]) -> list[float]:
    results = [0.0] * len(tasks)
    waiting = iter(enumerate(tasks))
    under_way = 0
    status = MPI.Status()
    for worker in [*range(1, comm.size)] * _AHEAD:
        if (task := next(waiting, None)) is not None:
            comm.send(task, worker)
            under_way += 1
    while under_way:
        number, result = comm.recv(source=MPI.ANY_SOURCE, status=status)
        results[number] = result
        if (task := next(waiting, None)) is None:
            under_way -= 1
        else:
            comm.send(task, status.source)
    for worker in range(1, comm.size):
        comm.send(None, worker)
    return results


def _work(comm: MPI.Intracomm, task: str) -> None:
    while (order := comm.recv(source=0)) is not None:
        number, argument = order
        comm.send((number, TASKS[task](argument)), 0)


def _scattered(comm: MPI.Intracomm, task: str, tasks: list[float]) -> Any:
    """Every rank has a part, rank 0 among them."""
    parts = [tasks[rank :: comm.size] for rank in range(comm.size)] if comm.rank == 0 else None
    return comm.gather([TASKS[task](argument) for argument in comm.scatter(parts)])


WORKS = {"map_tasks": map_tasks, "apply": apply, "imap": imap}
