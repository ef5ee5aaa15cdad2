"""Processes of multiprocessing."""

from __future__ import annotations

import multiprocessing
import time
from typing import Any

from mpiprocessing.bench.works.life.memory import weight

__all__ = ["WORKS"]


def _nothing() -> None:
    pass


def start_join(count: int, parties: int) -> float:
    """Seconds for `count` processes, each started and joined before the next."""
    started = time.perf_counter()
    for _ in range(count):
        child = multiprocessing.Process(target=_nothing)
        child.start()
        child.join()
    return time.perf_counter() - started


def _weigh(queue: Any, gate: Any) -> None:
    gate.wait()
    queue.put(weight())
    gate.wait()


def memory(count: int, parties: int) -> float:
    """Bytes of the lightest child of several that use a queue and a barrier."""
    queue: Any = multiprocessing.Queue()
    gate = multiprocessing.Barrier(parties)
    children = [multiprocessing.Process(target=_weigh, args=(queue, gate)) for _ in range(parties - 1)]
    for child in children:
        child.start()
    gate.wait()
    weights = [queue.get() for _ in children]
    gate.wait()
    for child in children:
        child.join()
    return float(min(weights))


WORKS = {"start_join": start_join, "memory": memory}
