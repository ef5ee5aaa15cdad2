"""Queues of multiprocessing: one queue, children on one or both sides of it.

The time is that from the moment when all are ready to the moment when the last item is there. Each producer puts one item
before, so that feeder threads, connections and the like are there.
"""

from __future__ import annotations

import multiprocessing
import time
from typing import Any

from mpiprocessing.bench.works.payloads import payload

__all__ = ["WORKS"]


def shares(count: int, parts: int) -> list[int]:
    """Divide items among those who put or get them."""
    return [count // parts + (part < count % parts) for part in range(parts)]


def _produce(queue: Any, gate: Any, count: int, kind: str, size: int) -> None:
    item = payload(kind, size)
    queue.put(item)
    gate.wait()
    for _ in range(count):
        queue.put(item)
    gate.wait()


def _consume(queue: Any, gate: Any, warm: int, count: int) -> None:
    for _ in range(warm):
        queue.get()
    gate.wait()
    for _ in range(count):
        queue.get()
    gate.wait()


def stream(count: int, parties: int, shape: str, kind: str, size: int) -> float:
    """Seconds for `count` items.

    Args:
        count: how many items.
        parties: how many processes, this one included.
        shape: "1-1" or "n-1", children put and this process gets; "1-n", this process puts and children get; "n-n", half of
            the processes put and the others get, this one among them.
        kind: of the items.
        size: of the items.
    """
    producers = {"1-1": 1, "n-1": parties - 1, "1-n": 1, "n-n": parties // 2}[shape]
    consumers = parties - producers
    queue: Any = multiprocessing.Queue()
    gate = multiprocessing.Barrier(parties)
    warm, gets = shares(producers, consumers), shares(count, consumers)
    roles: list[tuple[Any, ...]] = [(_produce, share, kind, size) for share in shares(count, producers)]
    roles += [(_consume, *each) for each in zip(warm, gets, strict=True)]
    part, *args = roles.pop(0 if shape == "1-n" else -1)
    children = [
        multiprocessing.Process(target=role, args=(queue, gate, *arguments)) for role, *arguments in roles
    ]
    for child in children:
        child.start()
    clock = _Clock(gate)
    part(queue, clock, *args)
    for child in children:
        child.join()
    began, ended = clock.times
    return ended - began


class _Clock:
    """A barrier that notes when this process came through it."""

    def __init__(self, gate: Any) -> None:
        self._gate = gate
        self.times: list[float] = []

    def wait(self) -> None:
        self._gate.wait()
        self.times.append(time.perf_counter())


WORKS = {"stream": stream}
