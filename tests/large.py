"""Is there a largest object? An ordinary multiprocessing program that sends one beyond every 32-bit count.

    mpiexec -n 2 python -m mpiprocessing tests/large.py --mebibytes 4100

An array of that size goes through a pipe, a queue and a pool, and back as a number that depends on each of its bytes; of bytes
and of a list of small arrays the same. It needs about three times its size of memory. One JSON object a way is printed, with
the seconds and the memory that this process has needed at most.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing as mp
import resource
import time
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

MEBI = 1 << 20


def checksum(thing: Any) -> int:
    """A number that depends on each byte, and on their order."""
    parts = thing if isinstance(thing, list) else [thing]
    total = 0
    for part in parts:
        view = memoryview(part).cast("B")
        for start in range(0, len(view), 64 * MEBI):
            total = zlib.crc32(view[start : start + 64 * MEBI], total)
    return total


def array(mebibytes: int) -> Any:
    """Eight-byte numbers, all different."""
    return np.arange(mebibytes * MEBI // 8, dtype=np.int64)


def many(mebibytes: int) -> Any:
    """An array for each mebibyte: many buffers in one message."""
    return [np.full(MEBI // 8, number, dtype=np.int64) for number in range(mebibytes)]


def plain(mebibytes: int) -> Any:
    """One bytes object: it travels within the pickle, not beside it."""
    return bytes(range(256)) * (mebibytes * MEBI // 256)


def receive(reader: Any, numbers: Any) -> None:
    numbers.put(checksum(reader.recv()))


def get(queue: Any, numbers: Any) -> None:
    numbers.put(checksum(queue.get()))


def to_a_child(take: Callable[[Any, Any], None], end: Any, send: Callable[[Any], None], thing: Any) -> int:
    """A child takes it from that end, and tells its number."""
    numbers: Any = mp.SimpleQueue()
    child = mp.Process(target=take, args=(end, numbers))
    child.start()
    send(thing)
    number: int = numbers.get()
    child.join()
    return number


def by_pipe(thing: Any) -> int:
    reader, writer = mp.Pipe(duplex=False)
    return to_a_child(receive, reader, writer.send, thing)


def by_queue(thing: Any) -> int:
    queue: Any = mp.Queue()
    return to_a_child(get, queue, queue.put, thing)


def by_pool(thing: Any) -> int:
    with mp.Pool(1) as pool:
        return pool.apply(checksum, (thing,))


WAYS: dict[str, tuple[Callable[[int], Any], Callable[[Any], int]]] = {
    "pipe": (array, by_pipe),
    "queue": (many, by_queue),
    "pool": (plain, by_pool),
}


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--mebibytes", type=int, default=4100)
    options = parser.parse_args()
    for name, (make, send) in WAYS.items():
        began = time.perf_counter()
        thing = make(options.mebibytes)
        assert send(thing) == checksum(thing), name
        del thing
        seconds = round(time.perf_counter() - began, 1)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            json.dumps({"way": name, "MiB": options.mebibytes, "seconds": seconds, "peak MiB": peak}),
            flush=True,
        )


if __name__ == "__main__":
    main()
