"""Does memory grow? An ordinary multiprocessing program that does one thing very often and looks at its memory.

    mpiexec -n 4 python -m mpiprocessing tests/soak.py --operations 1000000 pipe queue
    mpiexec -n 4 python -m mpiprocessing tests/soak.py --operations 10000 process

For each kind of work two processes work together, first to warm up, then in several stretches. After each stretch every process
tells how many blocks of memory Python has allocated and how much memory is resident. One JSON object a kind is printed:
for each process the blocks after each stretch, and the kilobytes.

`tests/api/test_growth_of_memory.py` runs it briefly and looks at the blocks, which do not depend on the machine.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing as mp
import os
import sys
from collections.abc import Callable
from multiprocessing.managers import SyncManager
from typing import Any

STRETCHES = 4

Work = Callable[[Any, int], None]


def memory() -> tuple[int, int]:
    """Blocks that Python has allocated in this process, and its resident kilobytes."""
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[1])
    return sys.getallocatedblocks(), pages * os.sysconf("SC_PAGE_SIZE") // 1024


# ---- work for two: what the main process does, what the child does --------------------------------------------------


def ping(objects: Any, operations: int) -> None:
    for number in range(operations):
        objects[0].send((number, "ping"))
        objects[0].recv()


def pong(objects: Any, operations: int) -> None:
    for _ in range(operations):
        objects[1].send(objects[1].recv())


def put(objects: Any, operations: int) -> None:
    for number in range(operations):
        objects[0].put((number, "item"))
    assert objects[1].get() == operations


def get(objects: Any, operations: int) -> None:
    for _ in range(operations):
        objects[0].get()
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
    for _ in range(operations):
        with objects[0].get_lock():
            objects[0].value += 1


def make(objects: Any, operations: int) -> None:
    """Shared objects are made, sent and let go."""
    for _ in range(operations):
        queue = mp.SimpleQueue()
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
    "value": (lambda: (mp.Value("q", 0),), count, count),
    "objects": (mp.Pipe, make, take),
}


def partner(kind: str, objects: Any, operations: int, told: Any) -> None:
    """The child's half of the work."""
    for _ in range(STRETCHES + 1):
        PAIRS[kind][2](objects, operations)
        told.put(memory())


def together(kind: str, operations: int) -> list[list[tuple[int, int]]]:
    """Main and one child do it together."""
    objects, told = PAIRS[kind][0](), mp.SimpleQueue()
    child = mp.Process(target=partner, args=(kind, objects, operations, told))
    child.start()
    found = []
    for _ in range(STRETCHES + 1):
        PAIRS[kind][1](objects, operations)
        found.append([memory(), told.get()])
    child.join()
    assert child.exitcode == 0
    return found


# ---- work of other kinds --------------------------------------------------------------------------------------------


class Server:
    """Lives in the manager's process."""

    def memory(self) -> tuple[int, int]:
        return memory()


class Manager(SyncManager):
    """A manager whose process can be asked for its memory."""


Manager.register("Server", Server)


def managed(operations: int) -> list[list[tuple[int, int]]]:
    with Manager() as manager:
        shared, server = manager.dict(), manager.Server()  # type: ignore[attr-defined]
        found = []
        for _ in range(STRETCHES + 1):
            for number in range(operations):
                shared[number % 100] = number
                assert shared.get(number % 100) == number
            found.append([memory(), server.memory()])
        return found


def square(x: int) -> int:
    return x * x


def measured(_: int) -> tuple[int, int]:
    return memory()


def pooled(work: Callable[[Any, int], None]) -> Callable[[int], list[list[tuple[int, int]]]]:
    def run(operations: int) -> list[list[tuple[int, int]]]:
        with mp.Pool(1) as pool:
            found = []
            for _ in range(STRETCHES + 1):
                work(pool, operations)
                found.append([memory(), pool.apply(measured, (0,))])
            return found

    return run


def apply(pool: Any, operations: int) -> None:
    for number in range(operations):
        assert pool.apply(square, (number,)) == number * number


def mapped(pool: Any, operations: int) -> None:
    for _ in range(max(1, operations // 100)):
        assert len(pool.map(square, range(100), chunksize=5)) == 100


def imap(pool: Any, operations: int) -> None:
    assert sum(1 for _ in pool.imap_unordered(square, range(operations))) == operations


def leave(told: Any) -> None:
    told.put(memory())


def started(operations: int) -> list[list[tuple[int, int]]]:
    """Processes are started and joined; each tells of its rank's memory in the end."""
    told, found = mp.SimpleQueue(), []
    for _ in range(STRETCHES + 1):
        for _ in range(operations):
            child = mp.Process(target=leave, args=(told,))
            child.start()
            child.join()
            child.close()
            last = told.get()
        found.append([memory(), last])
    return found


ALONE: dict[str, Callable[[int], list[list[tuple[int, int]]]]] = {
    "dict": managed,
    "apply": pooled(apply),
    "map": pooled(mapped),
    "imap": pooled(imap),
    "process": started,
}


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--operations", type=int, default=10_000, help="of each kind, in each stretch")
    parser.add_argument("kinds", nargs="*", metavar="kind", help=", ".join([*PAIRS, *ALONE]))
    options = parser.parse_args()
    for kind in options.kinds or [*PAIRS, *ALONE]:
        found = ALONE[kind](options.operations) if kind in ALONE else together(kind, options.operations)
        blocks = [[process[0] for process in stretch] for stretch in found]
        kilobytes = [[process[1] for process in stretch] for stretch in found]
        print(json.dumps({"kind": kind, "operations": options.operations, "blocks": blocks, "kB": kilobytes}))


if __name__ == "__main__":
    main()
