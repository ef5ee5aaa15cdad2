"""Does anything grow, get lost or come twice? An ordinary multiprocessing program that does one thing very often.

    mpiexec -n 4 python -m mpiprocessing tests/soak.py --operations 200000             every kind, a million times each
    mpiexec -n 4 python -m mpiprocessing tests/soak.py --operations 2000 process       10,000 processes
    mpiexec -n 4 python -m mpiprocessing tests/soak.py --operations 200 pools          1,000 pools

For each kind of work some processes work together, first to warm up, then in four stretches of as many operations. What arrives
is checked as it comes, or by its sum where the order is free. After each stretch every process tells how many blocks of memory
Python has allocated, how much memory is resident, and how many handles and homes of shared objects its rank knows. One JSON
object a kind is printed: for each process what it told after each stretch, and the seconds.

`tests/api/test_growth_of_memory.py` runs it briefly and looks at what does not depend on the machine.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing as mp
import os
import sys
import time
from collections.abc import Callable
from multiprocessing.managers import SyncManager
from typing import Any, NamedTuple

STRETCHES = 4

Work = Callable[[Any, int], None]


class Held(NamedTuple):
    """What a process holds.

    Args:
        blocks: of memory that Python has allocated.
        kB: resident.
        handles: and homes of shared objects; 0 on the standard library, which counts none.
    """

    blocks: int
    kB: int
    handles: int


def held() -> Held:
    """What this process holds."""
    gc.collect()
    # It keeps a name for each address at which a look for an attribute found it: up to 4,096, a few more with each file that
    # is opened, as codecs are asked for `incrementaldecoder` by a name made anew each time.
    sys._clear_type_cache()
    with open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[1])
    ours = sys.modules.get("mpiprocessing.core.job")
    node = ours.job().runtime.node if ours is not None else None
    handles = len(node.homes) + len(node.stubs) if node is not None else 0
    return Held(sys.getallocatedblocks(), pages * os.sysconf("SC_PAGE_SIZE") // 1024, handles)


Found = list[list[Held]]
"""After each stretch what each process held."""


# ---- work for two: what the main process does, what the child does --------------------------------------------------


def ping(objects: Any, operations: int) -> None:
    for number in range(operations):
        objects[0].send((number, "ping"))
        assert objects[0].recv() == (number, "ping")


def pong(objects: Any, operations: int) -> None:
    for _ in range(operations):
        objects[1].send(objects[1].recv())


def put(objects: Any, operations: int) -> None:
    for number in range(operations):
        objects[0].put((number, "item"))
    assert objects[1].get() == operations


def get(objects: Any, operations: int) -> None:
    for number in range(operations):
        assert objects[0].get() == (number, "item")
    objects[1].put(operations)


def hold(objects: Any, operations: int) -> None:
    for _ in range(operations):
        with objects[0]:
            pass


def turns(mine: int) -> Work:
    """Each waits until it is its turn, and gives the turn to the other."""

    def work(objects: Any, operations: int) -> None:
        condition, turn = objects
        for _ in range(operations):
            with condition:
                condition.wait_for(lambda: turn.value == mine)
                turn.value = 1 - mine
                condition.notify()

    return work


def wake(objects: Any, operations: int) -> None:
    for _ in range(operations):
        objects[1].set()
        objects[0].wait()
        objects[0].clear()


def be_woken(objects: Any, operations: int) -> None:
    for _ in range(operations):
        objects[1].wait()
        objects[1].clear()
        objects[0].set()


def meet(objects: Any, operations: int) -> None:
    for _ in range(operations):
        objects[0].wait()


def count(objects: Any, operations: int) -> None:
    shared, barrier = objects
    barrier.wait()
    before = shared.value
    barrier.wait()
    for _ in range(operations):
        with shared.get_lock():
            shared.value += 1
    barrier.wait()
    assert shared.value == before + 2 * operations


def make(objects: Any, operations: int) -> None:
    """Shared objects are made, sent and let go."""
    for _ in range(operations):
        queue: Any = mp.SimpleQueue()
        objects[0].send(queue)
        assert queue.get() == 7
        queue.close()


def take(objects: Any, operations: int) -> None:
    for _ in range(operations):
        queue = objects[1].recv()
        queue.put(7)
        queue.close()


PAIRS: dict[str, tuple[Callable[[], Any], Work, Work]] = {
    "pipe": (mp.Pipe, ping, pong),
    "queue": (lambda: (mp.Queue(), mp.Queue()), put, get),
    "bounded": (lambda: (mp.Queue(5), mp.Queue()), put, get),
    "lock": (lambda: (mp.Lock(),), hold, hold),
    "rlock": (lambda: (mp.RLock(),), hold, hold),
    "semaphore": (lambda: (mp.BoundedSemaphore(1),), hold, hold),
    "condition": (lambda: (mp.Condition(), mp.Value("i", 0)), turns(0), turns(1)),
    "event": (lambda: (mp.Event(), mp.Event()), wake, be_woken),
    "barrier": (lambda: (mp.Barrier(2),), meet, meet),
    "value": (lambda: (mp.Value("q", 0), mp.Barrier(2)), count, count),
    "objects": (mp.Pipe, make, take),
}


def partner(kind: str, objects: Any, operations: int, told: Any) -> None:
    """The child's half of the work."""
    for _ in range(STRETCHES + 1):
        PAIRS[kind][2](objects, operations)
        told.put(held())


def together(kind: str, operations: int) -> Found:
    """Main and one child do it together."""
    objects = PAIRS[kind][0]()
    told: Any = mp.SimpleQueue()
    child = mp.Process(target=partner, args=(kind, objects, operations, told))
    child.start()
    found = []
    for _ in range(STRETCHES + 1):
        PAIRS[kind][1](objects, operations)
        found.append([held(), told.get()])
    child.join()
    assert child.exitcode == 0
    return found


# ---- work of other kinds --------------------------------------------------------------------------------------------


def share_out(work: Any, done: Any, told: Any) -> None:
    """One of many that take and give."""
    for _ in range(STRETCHES + 1):
        while (number := work.get()) is not None:
            done.put(number)
        told.put(held())


def crowded(operations: int) -> Found:
    """Numbers go from one to many and back: each exactly once, whoever had it."""
    work: Any = mp.Queue()
    done: Any = mp.Queue(100)
    told: Any = mp.SimpleQueue()
    crowd = [mp.Process(target=share_out, args=(work, done, told)) for _ in range(3)]
    for child in crowd:
        child.start()
    found = []
    for _ in range(STRETCHES + 1):
        for number in range(operations):
            work.put(number)
        assert sorted(done.get() for _ in range(operations)) == list(range(operations))
        for _ in crowd:
            work.put(None)
        found.append([held(), *sorted(told.get() for _ in crowd)])
    for child in crowd:
        child.join()
    return found


class Server:
    """Lives in the manager's process."""

    def memory(self) -> Held:
        return held()


class Manager(SyncManager):
    """A manager whose process can be asked for its memory."""


Manager.register("Server", Server)


def managed(operations: int) -> Found:
    with Manager() as manager:
        shared, server = manager.dict(), manager.Server()  # type: ignore[attr-defined]
        found = []
        for _ in range(STRETCHES + 1):
            for number in range(operations):
                shared[number % 100] = number
                assert shared.get(number % 100) == number
            found.append([held(), server.memory()])
        return found


def square(x: int) -> int:
    return x * x


def measured(_: int) -> Held:
    return held()


def pooled(work: Callable[[Any, int], None]) -> Callable[[int], Found]:
    def run(operations: int) -> Found:
        with mp.Pool(1) as pool:
            found = []
            for _ in range(STRETCHES + 1):
                work(pool, operations)
                found.append([held(), pool.apply(measured, (0,))])
            return found

    return run


def apply(pool: Any, operations: int) -> None:
    for number in range(operations):
        assert pool.apply(square, (number,)) == number * number


def mapped(pool: Any, operations: int) -> None:
    for _ in range(max(1, operations // 100)):
        assert pool.map(square, range(100), chunksize=5) == [x * x for x in range(100)]


def imap(pool: Any, operations: int) -> None:
    expected = (operations - 1) * operations * (2 * operations - 1) // 6
    assert sum(pool.imap_unordered(square, range(operations))) == expected


def pools(operations: int) -> Found:
    """Pools are made, used, closed and joined."""
    found = []
    for _ in range(STRETCHES + 1):
        for number in range(operations):
            with mp.Pool(3) as pool:
                assert pool.map(square, range(number, number + 6)) == [
                    x * x for x in range(number, number + 6)
                ]
                last = pool.apply(measured, (0,))
                pool.close()
                pool.join()
        found.append([held(), last])
    return found


def leave(told: Any) -> None:
    told.put(held())


def started(operations: int) -> Found:
    """Processes are started and joined; each tells of its rank's memory in the end."""
    told: Any = mp.SimpleQueue()
    found = []
    for _ in range(STRETCHES + 1):
        for _ in range(operations):
            child = mp.Process(target=leave, args=(told,))
            child.start()
            child.join()
            child.close()
            last = told.get()
        found.append([held(), last])
    return found


ALONE: dict[str, Callable[[int], Found]] = {
    "crowd": crowded,
    "dict": managed,
    "apply": pooled(apply),
    "map": pooled(mapped),
    "imap": pooled(imap),
    "process": started,
    "pools": pools,
}

DEAR = ("process", "pools")
"""Kinds that are played only when they are named: one operation takes as long as a thousand others."""


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--operations", type=int, default=10_000, help="of each kind, in each stretch")
    parser.add_argument("kinds", nargs="*", metavar="kind", help=", ".join([*PAIRS, *ALONE]))
    options = parser.parse_args()
    for kind in options.kinds or [kind for kind in [*PAIRS, *ALONE] if kind not in DEAR]:
        began = time.perf_counter()
        found = ALONE[kind](options.operations) if kind in ALONE else together(kind, options.operations)
        told = {name: [[getattr(one, name) for one in stretch] for stretch in found] for name in Held._fields}
        seconds = round(time.perf_counter() - began, 1)
        print(
            json.dumps({"kind": kind, "operations": options.operations, **told, "seconds": seconds}),
            flush=True,
        )


if __name__ == "__main__":
    main()
