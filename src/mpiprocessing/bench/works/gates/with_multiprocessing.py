"""Gates of multiprocessing. The main process has made them; children use them, and it waits meanwhile."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from typing import Any

__all__ = ["WORKS"]


def _alone(gate: Any, count: int, answer: Any) -> None:
    gate.acquire()
    gate.release()
    started = time.perf_counter()
    for _ in range(count):
        gate.acquire()
        gate.release()
    answer.send(time.perf_counter() - started)


def _one_user(gate: Any, count: int) -> float:
    here, there = multiprocessing.Pipe()
    child = multiprocessing.Process(target=_alone, args=(gate, count, there))
    child.start()
    elapsed = here.recv()
    child.join()
    return float(elapsed)


def lock_alone(count: int, parties: int) -> float:
    """Seconds for one child that takes and gives back a lock."""
    return _one_user(multiprocessing.Lock(), count)


def semaphore_alone(count: int, parties: int) -> float:
    """Seconds for one child that takes and gives back a unit of a semaphore."""
    return _one_user(multiprocessing.Semaphore(2), count)


def _fight(gate: Any, start: Any, count: int) -> None:
    start.wait()
    for _ in range(count):
        gate.acquire()
        gate.release()
    start.wait()


def _fights(gate: Any, count: int, parties: int) -> float:
    start = multiprocessing.Barrier(parties)
    each = -(-count // (parties - 1))
    children = [multiprocessing.Process(target=_fight, args=(gate, start, each)) for _ in range(parties - 1)]
    for child in children:
        child.start()
    start.wait()
    started = time.perf_counter()
    start.wait()
    elapsed = time.perf_counter() - started
    for child in children:
        child.join()
    return elapsed


def lock_fight(count: int, parties: int) -> float:
    """Seconds for `count` times that one of several children takes and gives back a lock they all want."""
    return _fights(multiprocessing.Lock(), count, parties)


def semaphore_fight(count: int, parties: int) -> float:
    """Likewise with a semaphore that has one unit less than there are children."""
    return _fights(multiprocessing.Semaphore(parties - 2), count, parties)


def _answer(condition: Any, count: int, ready: Any) -> None:
    with condition:
        ready.send(None)
        for _ in range(count):
            condition.wait()
            condition.notify()


def condition(count: int, parties: int) -> float:
    """Seconds for `count` hand-overs between two processes, each of which wakes the other and sleeps."""
    turns = -(-count // 2)
    condition = multiprocessing.Condition()
    here, there = multiprocessing.Pipe()
    child = multiprocessing.Process(target=_answer, args=(condition, turns + 1, there))
    child.start()
    here.recv()
    with condition:  # to be had once the child waits
        condition.notify()
        condition.wait()
        started = time.perf_counter()
        for _ in range(turns):
            condition.notify()
            condition.wait()
        elapsed = time.perf_counter() - started
    child.join()
    return elapsed


def _rounds(round_of: Callable[..., None], gates: tuple[Any, ...], count: int) -> None:
    for _ in range(count):
        round_of(*gates)


def _in_rounds(
    mine: Callable[..., None], theirs: Callable[..., None], gates: Any, count: int, parties: int
) -> float:
    children = [
        multiprocessing.Process(target=_rounds, args=(theirs, gates, count + 2)) for _ in range(parties - 1)
    ]
    for child in children:
        child.start()
    _rounds(mine, gates, 2)  # until all are there
    started = time.perf_counter()
    _rounds(mine, gates, count)
    elapsed = time.perf_counter() - started
    for child in children:
        child.join()
    return elapsed


def _meet(barrier: Any) -> None:
    barrier.wait()


def barrier(count: int, parties: int) -> float:
    """Seconds for `count` times that all meet at a barrier."""
    return _in_rounds(_meet, _meet, (multiprocessing.Barrier(parties),), count, parties)


def _set(event: Any, barrier: Any) -> None:
    barrier.wait()
    event.set()
    barrier.wait()
    event.clear()


def _see(event: Any, barrier: Any) -> None:
    barrier.wait()
    event.wait()
    barrier.wait()


def event(count: int, parties: int) -> float:
    """Seconds for `count` times that an event is set, wakes all others, and is cleared; a barrier before and after each."""
    gates = multiprocessing.Event(), multiprocessing.Barrier(parties)
    return _in_rounds(_set, _see, gates, count, parties)


WORKS = {
    "lock_alone": lock_alone,
    "lock_fight": lock_fight,
    "semaphore_alone": semaphore_alone,
    "semaphore_fight": semaphore_fight,
    "condition": condition,
    "barrier": barrier,
    "event": event,
}
