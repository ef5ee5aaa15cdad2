"""How does everybody get the same thing?

What travels: the settings to each of the others, an array to
    each, and the settings again, handed on by those who have it.
Ranks: 2 or more under mpiprocessing; where no rank is free, a
    process waits for its turn.
Idea: what all are to have goes down everybody's pipe. Who has
    it can pass it on, so that the first need not send it to all.
"""

from multiprocessing import Pipe, Process, Queue

import numpy as np

TEAM = 4
ROOT = 0
SETTINGS = {"name": "wave", "steps": 100}
FIELD = [0.5, 1.5, 2.5]


def as_object(rank, pipes):
    if rank != ROOT:
        return pipes[rank][0].recv()
    for other in range(1, TEAM):
        pipes[other][1].send(SETTINGS)
    return SETTINGS


def as_buffer(rank, pipes):
    field = np.empty(len(FIELD))
    if rank != ROOT:
        pipes[rank][0].recv_bytes_into(field)
        return field
    field[:] = FIELD
    for other in range(1, TEAM):
        pipes[other][1].send_bytes(field)
    return field


def by_hand(rank, pipes):
    # In each round, all who have it give it to as many others.
    settings, sent = SETTINGS if rank == ROOT else None, 0
    have = 1
    while have < TEAM:
        if rank < have and rank + have < TEAM:
            pipes[rank + have][1].send(settings)
            sent += 1
        elif have <= rank < 2 * have:
            settings = pipes[rank][0].recv()
        have *= 2
    return settings, sent


def member(rank, direct, tree, results):
    settings = as_object(rank, direct)
    field = as_buffer(rank, direct)
    again, sent = by_hand(rank, tree)
    results.put((settings, field.tolist(), again, sent))


def main():
    # The tree has pipes of its own: what two processes write
    # into one pipe may be mixed.
    direct = [Pipe(duplex=False) for _ in range(TEAM)]
    tree = [Pipe(duplex=False) for _ in range(TEAM)]
    results = Queue()
    processes = []
    for rank in range(1, TEAM):
        args = (rank, {rank: direct[rank]}, tree, results)
        processes.append(Process(target=member, args=args))
        processes[-1].start()
    member(ROOT, direct, tree, results)
    every = [results.get() for _ in range(TEAM)]
    for p in processes:
        p.join()

    settings, fields, again, sent = zip(*every, strict=True)
    print("everybody has", settings[-1], fields[-1])
    print("by hand, everybody has", again[-1])
    print(
        "one message to each but one:", sum(sent) == len(sent) - 1
    )
    check(settings, fields, again, sent)


def check(settings, fields, again, sent):
    assert all(each == SETTINGS for each in settings + again)
    assert all(each == FIELD for each in fields)
    assert sum(sent) == len(sent) - 1


if __name__ == "__main__":
    main()
