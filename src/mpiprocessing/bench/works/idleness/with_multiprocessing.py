"""Idle and busy processes of multiprocessing."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable
from typing import Any

from mpiprocessing.bench.works.idleness.computing import Usage, compute, share, usage

__all__ = ["WORKS"]

_TIMES = 3


def _tell(gate: Any, answers: Any) -> None:
    gate.wait()  # as many at a time as there are ranks for children
    answers.put(usage())
    gate.wait()


def _usages(parties: int) -> list[Usage]:
    gate = multiprocessing.Barrier(parties)
    answers: Any = multiprocessing.SimpleQueue()
    children = [multiprocessing.Process(target=_tell, args=(gate, answers)) for _ in range(parties - 1)]
    for child in children:
        child.start()
    gate.wait()
    found = [answers.get() for _ in children]
    gate.wait()
    for child in children:
        child.join()
    return found


def idle_ranks(count: int, parties: int, seconds: float) -> float:
    """Share of a core that a place for children uses while there is none, and the main process computes."""
    before = _usages(parties)
    compute(seconds)
    return share(before, _usages(parties))


def idle_workers(count: int, parties: int, seconds: float) -> float:
    """Share of a core that a worker of a pool uses without a task, while the main process computes."""
    with multiprocessing.Pool(parties - 1) as pool:
        before = pool.map(usage, range(8 * parties), 1)
        compute(seconds)
        return share(before, pool.map(usage, range(8 * parties), 1))


def _answer(connection: Any, count: int) -> None:
    for _ in range(count):
        connection.recv()
        connection.send(usage())


def waiting(count: int, parties: int, seconds: float) -> float:
    """Share of a core that a child uses while it waits for a pipe, and the main process computes."""
    here, there = multiprocessing.Pipe()
    child = multiprocessing.Process(target=_answer, args=(there, 2))
    child.start()
    here.send(None)
    before = here.recv()
    compute(seconds)
    here.send(None)
    after = here.recv()
    child.join()
    return share([before], [after])


def first_message(count: int, parties: int, silence: float) -> float:
    """Seconds for a message there and back after a long silence, the median of a few."""
    here, there = multiprocessing.Pipe()
    child = multiprocessing.Process(target=_answer, args=(there, _TIMES + 1))
    child.start()
    here.send(None)
    here.recv()
    times = []
    for _ in range(_TIMES):
        time.sleep(silence)
        started = time.perf_counter()
        here.send(None)
        here.recv()
        times.append(time.perf_counter() - started)
    child.join()
    return statistics.median(times)


# --- the main process computes, while children use what it has made ------------------------------------------


def _repeat(
    operation: Callable[..., object], things: tuple[Any, ...], seconds: float, start: Any, answers: Any
) -> None:
    operation(*things)
    start.wait()
    times = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        operation(*things)
        times.append(time.perf_counter() - began)
    answers.put(statistics.median(times))


def _while_main_computes(seconds: float, *users: tuple[Callable[..., object], tuple[Any, ...]]) -> float:
    start = multiprocessing.Barrier(len(users) + 1)
    answers: Any = multiprocessing.SimpleQueue()
    children = [
        multiprocessing.Process(target=_repeat, args=(*user, seconds / 2, start, answers)) for user in users
    ]
    for child in children:
        child.start()
    start.wait()
    compute(seconds)
    found = [answers.get() for _ in children]
    for child in children:
        child.join()
    return float(statistics.median(found))


def _put_and_get(queue: Any) -> None:
    queue.put(1)
    queue.get()


def _take(lock: Any) -> None:
    with lock:
        pass


def _set_and_get(values: Any) -> None:
    values["key"] = 1
    values["key"]


def busy_queue(count: int, parties: int, seconds: float) -> float:
    """Seconds to put an item into a queue and to get one, while another child does the same, the median."""
    queue: Any = multiprocessing.Queue()
    return _while_main_computes(seconds, (_put_and_get, (queue,)), (_put_and_get, (queue,)))


def busy_lock(count: int, parties: int, seconds: float) -> float:
    """Seconds to take and give back a lock that another child wants as well, the median."""
    lock = multiprocessing.Lock()
    return _while_main_computes(seconds, (_take, (lock,)), (_take, (lock,)))


def busy_dict(count: int, parties: int, seconds: float) -> float:
    """Seconds to set and get an item of a manager's dict, the median of a child."""
    with multiprocessing.Manager() as manager:
        return _while_main_computes(seconds, (_set_and_get, (manager.dict(),)))


WORKS = {
    "idle_ranks": idle_ranks,
    "idle_workers": idle_workers,
    "waiting": waiting,
    "first_message": first_message,
    "busy_queue": busy_queue,
    "busy_lock": busy_lock,
    "busy_dict": busy_dict,
}
