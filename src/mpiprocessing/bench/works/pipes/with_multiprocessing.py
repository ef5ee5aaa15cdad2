"""Pipes of multiprocessing: a child sends back what it gets."""

from __future__ import annotations

import multiprocessing
import time
from typing import Any

from mpiprocessing.bench.works.payloads import payload

__all__ = ["WORKS"]


def _send_back(connection: Any, count: int) -> None:
    for _ in range(count):
        connection.send(connection.recv())


def ping_pong(count: int, parties: int, kind: str, size: int) -> float:
    """Seconds for `count` ways: half of there and back."""
    here, there = multiprocessing.Pipe()
    child = multiprocessing.Process(target=_send_back, args=(there, count + 1))
    child.start()
    item = payload(kind, size)
    here.send(item)
    here.recv()  # the child is there
    started = time.perf_counter()
    for _ in range(count):
        here.send(item)
        here.recv()
    elapsed = time.perf_counter() - started
    child.join()
    return elapsed / 2


WORKS = {"ping_pong": ping_pong}
