"""How do processes meet, or take turns?

What travels: two arrivals at the barrier and the word to go
    on, the lock from hand to hand, six entries of a log.
Ranks: 3 or more under mpiprocessing: the program, p1 and p2
    run at once; p3 and p4 run as soon as there is room.
Idea: Barrier and Lock are objects, passed to whoever waits.
    The log tells the order; clocks of two hosts would not.
"""

import multiprocessing
from multiprocessing import Barrier, Lock, Pipe, Process

WITH = ["p1 - test_with_barrier", "p2 - test_with_barrier"]
WITHOUT = ["p3 - test_without_barrier", "p4 - test_without_barrier"]
ENTRIES = 2 * len(WITH) + len(WITHOUT)


def test_with_barrier(synchronizer, serializer, log):
    name = multiprocessing.current_process().name
    # All write into the same end of one pipe, so one at a time.
    with serializer:
        log.send((name, "arrived"))
    synchronizer.wait()
    with serializer:
        log.send((name, "passed"))


def test_without_barrier(serializer, log):
    name = multiprocessing.current_process().name
    with serializer:
        log.send((name, "passed"))


def main():
    synchronizer = Barrier(len(WITH))
    serializer = Lock()
    reader, log = Pipe(duplex=False)
    jobs = []
    for name in WITH:
        args = (synchronizer, serializer, log)
        p = Process(name=name, target=test_with_barrier, args=args)
        jobs.append(p)
    for name in WITHOUT:
        args = (serializer, log)
        p = Process(
            name=name, target=test_without_barrier, args=args
        )
        jobs.append(p)
    for p in jobs:
        p.start()
    entries = [reader.recv() for _ in range(ENTRIES)]
    for p in jobs:
        p.join()

    for name, event in sorted(entries):
        print(f"process {name} ----> {event}")
    order = [event for name, event in entries if name in WITH]
    print("order at the barrier:", ", ".join(order))
    check(order)


def check(order):
    assert order == ["arrived", "arrived", "passed", "passed"]


if __name__ == "__main__":
    main()
