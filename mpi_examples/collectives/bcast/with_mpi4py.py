"""How does everybody get the same thing?

What travels: the settings to all ranks, an array to all, and
    the settings again, handed on by those who have them.
Ranks: any number.
Idea: all ranks make the same call and name the root, who has
    it; MPI hands it on in a tree, as by_hand does. There is no
    receive: for those who are not the root, bcast returns it.
"""

import numpy as np
from mpi4py import MPI

ROOT = 0  # rank
SETTINGS = {"name": "wave", "steps": 100}
FIELD = [0.5, 1.5, 2.5]


def as_object(comm):
    settings = SETTINGS if comm.rank == ROOT else None
    return comm.bcast(settings, root=ROOT)


def as_buffer(comm):
    # The others bring memory of the right size; it is filled.
    field = np.empty(len(FIELD))
    if comm.rank == ROOT:
        field[:] = FIELD
    comm.Bcast(field, root=ROOT)
    return field


def by_hand(comm):
    # In each round, all who have it give it to as many others.
    settings, sent = SETTINGS if comm.rank == ROOT else None, 0
    have = 1
    while have < comm.size:
        if comm.rank < have and comm.rank + have < comm.size:
            comm.send(settings, dest=comm.rank + have)
            sent += 1
        elif have <= comm.rank < 2 * have:
            settings = comm.recv(source=comm.rank - have)
        have *= 2
    return settings, sent


def member(comm):
    settings = as_object(comm)
    field = as_buffer(comm)
    again, sent = by_hand(comm)
    return settings, field.tolist(), again, sent


def main():
    comm = MPI.COMM_WORLD
    every = comm.gather(member(comm), root=ROOT)
    if comm.rank != ROOT:
        return

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
