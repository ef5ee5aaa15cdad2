"""How are a few places shared by many?

What travels: a place to each client and back again, two entries
    of a log from each.
Ranks: 2 or more under mpiprocessing; with 2 there is only one
    client at a time.
Idea: a semaphore counts free places; acquire takes one, or
    waits until somebody releases one.
"""

import multiprocessing
from multiprocessing import Process, Semaphore, SimpleQueue

PLACES = 2
CLIENTS = [f"client {i}" for i in range(1, 6)]


def client(connections, log):
    name = multiprocessing.current_process().name
    with connections:
        # Not a Queue: its put returns before the entry is on its
        # way, and the next client's might overtake it.
        log.put((name, "connected"))
        log.put((name, "left"))


def main():
    connections = Semaphore(PLACES)
    log = SimpleQueue()
    jobs = [
        Process(name=name, target=client, args=(connections, log))
        for name in CLIENTS
    ]
    for p in jobs:
        p.start()
    entries = [log.get() for _ in range(2 * len(CLIENTS))]
    for p in jobs:
        p.join()
    inside = [0]
    for _, event in entries:
        step = 1 if event == "connected" else -1
        inside.append(inside[-1] + step)
    over = sum(number > PLACES for number in inside)

    for name, event in sorted(entries):
        print(f"{name} {event}")
    print(f"times with more than {PLACES} connected: {over}")
    check(inside)


def check(inside):
    assert all(0 <= number <= PLACES for number in inside)
    assert inside[-1] == 0


if __name__ == "__main__":
    main()
