"""Steps in which several processes act at a time. Each scene has objects of its own, which no other step touches.

A scene is a function for each of the three processes, by their numbers; 0 is the main process. What they return is told as a
whole, so each returns only what is determined.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import Full
from typing import Any

__all__ = ["OBJECTS", "SCENES"]

PATIENCE = 40.0  # seconds; only a library that loses something ever waits so long

Part = Callable[[int, Any], Any]


def hand_over(me: int, it: Any) -> Any:
    """One holds a lock, another waits for it."""
    if me == 0:
        return it["lock"].acquire(True, PATIENCE), it["q"].get(True, PATIENCE), it["lock"].release()
    if me == 1:
        it["q"].put("here")
        got = it["lock"].acquire(timeout=PATIENCE)
        it["lock"].release()
        return got
    return None


def wait_for_item(me: int, it: Any) -> Any:
    if me == 1:
        return it["q"].get(True, PATIENCE)
    return it["q"].put(("item", 1)) if me == 0 else None


def wait_for_place(me: int, it: Any) -> Any:
    """One puts more than there is room for, another takes it out."""
    if me == 1:
        return [it["bounded"].put(number, True, PATIENCE) for number in range(5)]
    return [it["bounded"].get(True, PATIENCE) for _ in range(5)] if me == 2 else None


def meet(me: int, it: Any) -> Any:
    return sum(it["barrier"].wait(PATIENCE) for _ in range(1)), it["barrier"].broken


def wait_for_flag(me: int, it: Any) -> Any:
    condition, flag = it["condition"], it["flag"]
    with condition:
        if me == 0:
            flag.value += 1
            condition.notify_all()
            return True
        return condition.wait_for(lambda: flag.value > 0, PATIENCE)


def wait_for_event(me: int, it: Any) -> Any:
    return it["event"].set() if me == 0 else it["event"].wait(PATIENCE)


def count(me: int, it: Any) -> Any:
    for _ in range(20):
        with it["flag"].get_lock():
            it["flag"].value += 1
    it["barrier"].wait(PATIENCE)
    return it["flag"].value


def produce(me: int, it: Any) -> Any:
    """Two put, one gets: nothing is lost, and each one's items come in their order."""
    if me:
        for number in range(20):
            it["q"].put((me, number))
        return None
    found = [it["q"].get(True, PATIENCE) for _ in range(40)]
    return [[number for who, number in found if who == me] for me in (1, 2)]


def consume(me: int, it: Any) -> Any:
    """A queue is joined when all that was put is done."""
    queue = it["joinable"]
    if me == 0:
        for number in range(10):
            queue.put(number)
        return queue.join()
    found = []
    for _ in range(5):
        found.append(queue.get(True, PATIENCE))
        queue.task_done()
    return len(found)


def echo(me: int, it: Any) -> Any:
    """Large and small objects to and fro."""
    if me == 0:
        found = []
        for size in (0, 10, 40_000, 300_000):
            it["here"].send(bytes(size))
            found.append(len(it["here"].recv()))
        return found
    if me == 1:
        for _ in range(4):
            it["there"].send(it["there"].recv())
    return None


def share(me: int, it: Any) -> Any:
    """Three take turns with two permits."""
    for _ in range(5):
        assert it["permits"].acquire(True, PATIENCE)
        it["permits"].release()
    it["barrier"].wait(PATIENCE)
    return it["permits"].get_value()


def append(me: int, it: Any) -> Any:
    for number in range(5):
        it["list"].append(10 * me + number)
        it["dict"][f"{me}{number}"] = number
    it["barrier"].wait(PATIENCE)
    return sorted(it["list"]), sorted(it["dict"].items())


def overfill(me: int, it: Any) -> Any:
    """Only so much goes in, whoever puts it."""
    taken = 0
    for _ in range(3):
        try:
            it["bounded"].put_nowait(me)
        except Full:
            continue
        taken += 1
    it["barrier"].wait(PATIENCE)
    return ("taken", taken)


SCENES: dict[str, Callable[[int, Any], Any]] = {
    part.__name__: part
    for part in (
        hand_over,
        wait_for_item,
        wait_for_place,
        meet,
        wait_for_flag,
        wait_for_event,
        count,
        produce,
        consume,
        echo,
        share,
        append,
        overfill,
    )
}


OBJECTS: dict[str, tuple[str, ...]] = {
    "hand_over": ("lock", "q"),
    "wait_for_item": ("q",),
    "wait_for_place": ("bounded",),
    "meet": ("barrier",),
    "wait_for_flag": ("condition", "flag"),
    "wait_for_event": ("event",),
    "count": ("flag", "barrier"),
    "produce": ("q",),
    "consume": ("joinable",),
    "echo": ("pipe",),
    "share": ("permits", "barrier"),
    "append": ("list", "dict", "barrier"),
    "overfill": ("bounded", "barrier"),
}
"""What a scene plays with."""


def objects(name: str, library: Any, manager: Any) -> dict[str, Any]:
    """Make what a scene plays with."""
    makers: dict[str, Callable[[], Any]] = {
        "lock": library.Lock,
        "q": library.Queue,
        "bounded": lambda: library.Queue(2),
        "barrier": lambda: library.Barrier(3),
        "condition": library.Condition,
        "flag": lambda: library.Value("i", 0),
        "event": library.Event,
        "joinable": library.JoinableQueue,
        "permits": lambda: library.BoundedSemaphore(2),
        "list": manager.list,
        "dict": manager.dict,
    }
    if OBJECTS[name] == ("pipe",):
        here, there = library.Pipe()
        return {"here": here, "there": there}
    return {kind: makers[kind]() for kind in OBJECTS[name]}
