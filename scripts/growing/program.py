"""One job: every operation once, by a worker on every rank but rank 0. Prints a JSON line for each: when, CPU, memory.

A plain multiprocessing program but for the number of ranks, which it is told: `program.py RANKS`.
"""

from __future__ import annotations

import json
import multiprocessing as mp
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

TIMES = 10
"""How often a worker does what it does, where it is done again and again."""

TASKS = 4
"""Tasks for each worker of a pool."""

LARGE = 64 << 10
"""Bytes that the function of a pool is bound to."""


def nothing(*args: Any) -> None:
    pass


def say(number: int) -> None:
    print(f"a line of worker {number}", file=sys.stderr)


def meet(gate: Any, number: int) -> None:
    for _ in range(TIMES):
        gate.wait()


def await_flag(flag: Any, here: Any, number: int) -> None:
    here.release()
    flag.wait()


def sleep(gate: Any, here: Any, number: int) -> None:
    with gate:
        here.release()
        gate.wait()


def pass_through(guard: Any, number: int) -> None:
    for _ in range(TIMES):
        with guard:
            pass


def put(items: Any, number: int) -> None:
    for _ in range(TIMES):
        items.put(number)


def get(items: Any, number: int) -> None:
    for _ in range(TIMES):
        items.get()


def receive(reader: Any) -> None:
    for _ in range(TIMES):
        reader.recv()


def set_and_get(table: Any, number: int) -> None:
    for _ in range(TIMES):
        table[number] = number
        assert table[number] == number


class Bound:
    """A function with much to carry."""

    def __init__(self) -> None:
        self.data = b"f" * LARGE

    def __call__(self, number: int) -> int:
        return number


class Job:
    """The operations, one after another.

    Args:
        workers: how many processes run at a time.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def together(self, work: Callable[..., None], *args: Any) -> list[Any]:
        """A process on every rank but this one."""
        processes = [mp.Process(target=work, args=(*args, number)) for number in range(self.workers)]
        for process in processes:
            process.start()
        return processes

    def join(self, processes: list[Any]) -> None:
        """Wait until all have ended."""
        for process in processes:
            process.join()

    def process(self) -> None:
        self.join(self.together(nothing))

    def output(self) -> None:
        self.join(self.together(say))

    def barrier(self) -> None:
        self.join(self.together(meet, mp.Barrier(self.workers)))

    def event(self) -> None:
        flag, here = mp.Event(), mp.Semaphore(0)
        processes = self.together(await_flag, flag, here)
        for _ in processes:
            here.acquire()
        flag.set()
        self.join(processes)

    def condition(self) -> None:
        gate, here = mp.Condition(), mp.Semaphore(0)
        processes = self.together(sleep, gate, here)
        for _ in processes:
            here.acquire()
        with gate:
            gate.notify_all()
        self.join(processes)

    def lock(self) -> None:
        self.join(self.together(pass_through, mp.Lock()))

    def fan_in(self) -> None:
        items = mp.Queue()
        processes = self.together(put, items)
        for _ in range(self.workers * TIMES):
            items.get()
        self.join(processes)

    def fan_out(self) -> None:
        items = mp.Queue()
        processes = self.together(get, items)
        for number in range(self.workers * TIMES):
            items.put(number)
        self.join(processes)

    def scatter(self) -> None:
        pipes = [mp.Pipe(duplex=False) for _ in range(self.workers)]
        processes = [mp.Process(target=receive, args=(reader,)) for reader, _ in pipes]
        for process in processes:
            process.start()
        for number in range(TIMES):
            for _, writer in pipes:
                writer.send(number)
        self.join(processes)

    def pool(self) -> None:
        with mp.Pool(self.workers) as pool:
            pool.map(nothing, range(self.workers * TASKS), chunksize=1)

    def function(self) -> None:
        with mp.Pool(self.workers) as pool:
            pool.map(Bound(), range(self.workers * TASKS), chunksize=1)

    def manager(self) -> None:
        with mp.Manager() as manager:
            table = manager.dict()
            processes = [
                mp.Process(target=set_and_get, args=(table, number)) for number in range(self.workers - 1)
            ]
            for process in processes:
                process.start()
            self.join(processes)


OPERATIONS = (
    "process",
    "output",
    "barrier",
    "event",
    "condition",
    "lock",
    "fan_in",
    "fan_out",
    "scatter",
    "pool",
    "function",
    "manager",
)


def cpu() -> float:
    """Seconds of a core that rank 0 has had, its service thread included."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def private(pid: int | str) -> int:
    """Bytes of memory that a process shares with no other."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return sum(int(line.split()[1]) << 10 for line in file if line.startswith("Private_"))


def main() -> None:
    workers = int(sys.argv[1]) - 1
    job = Job(workers)
    pids = []
    for name in OPERATIONS if workers > 1 else OPERATIONS[:-1]:
        begun, used = time.monotonic(), cpu()
        getattr(job, name)()
        used, ended = cpu() - used, time.monotonic()
        print(json.dumps({"name": name, "begun": begun, "ended": ended, "cpu": used}))
        if not pids:  # a process on every rank, to see which processes of the system they are
            with_pids = job.together(nothing)
            job.join(with_pids)
            pids = [process.pid for process in with_pids]
            before = [private("self"), *map(private, pids)]
    print(json.dumps({"before": before, "after": [private("self"), *map(private, pids)], "pid": os.getpid()}))


if __name__ == "__main__":
    main()
