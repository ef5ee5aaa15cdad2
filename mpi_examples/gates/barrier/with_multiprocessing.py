"""How do all processes finish a step together?

What travels: an arrival at the barrier from each and the word
    to go on to each, phase by phase; entries of a log.
Ranks: 3 or more under mpiprocessing: the program and two
    workers, which are the three parties, run at once.
Idea: wait returns when all parties have called it, and the last
    one does the action first. abort lets no one wait in vain.
"""

import multiprocessing
from functools import partial
from multiprocessing import Barrier, Process, SimpleQueue
from threading import BrokenBarrierError

WORKERS = ["p1", "p2"]
PHASES = [1, 2]


def worker(barrier, log):
    name = multiprocessing.current_process().name
    for phase in PHASES:
        log.put((name, f"has finished phase {phase}"))
        barrier.wait()
    log.put((name, "waits again"))
    try:
        barrier.wait()
    except BrokenBarrierError:
        log.put((name, "waits no more"))


def main():
    log = SimpleQueue()
    action = partial(log.put, ("everybody", "has met"))
    barrier = Barrier(1 + len(WORKERS), action)
    jobs = [
        Process(name=name, target=worker, args=(barrier, log))
        for name in WORKERS
    ]
    for p in jobs:
        p.start()
    entries = []
    for _ in PHASES:
        barrier.wait()
        entries += sorted(log.get() for _ in WORKERS)
        entries.append(log.get())
    entries += sorted(log.get() for _ in WORKERS)
    barrier.abort()
    entries += sorted(log.get() for _ in WORKERS)
    for p in jobs:
        p.join()
    broken = barrier.broken

    for name, event in entries:
        print(f"{name} {event}")
    print(f"the barrier is broken: {broken}")
    check(entries)


def check(entries):
    names = [name for name, _ in entries]
    assert names == 2 * [*WORKERS, "everybody"] + 2 * WORKERS


if __name__ == "__main__":
    main()
