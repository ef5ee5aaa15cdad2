"""Why does an exchange hang, and what prevents it?

What travels: for each way and each size, one block of bytes
    from each rank of a pair to the other.
Ranks: 2 or more; 0 and 1 are a pair, 2 and 3, ...; who is left
    over has PROC_NULL for a partner: its calls do nothing.
Idea: a send may wait for its receive. So no two may both send
    first, nor both receive first: in turn, or at the same time.
"""

import sys

from mpi4py import MPI

KILOBYTES = (1, 4, 64)
MAIN = 0  # rank
TOO_FEW = (
    "messages/deadlock needs 2 ranks or more: mpiexec -n 2 "
    "python -m mpi_examples.messages.deadlock.with_mpi4py"
)


def in_turn(rank, mine, comm, other):
    if rank % 2 == 0:
        comm.send(mine, dest=other)
        return comm.recv(source=other)
    theirs = comm.recv(source=other)
    comm.send(mine, dest=other)
    return theirs


def both_at_once(rank, mine, comm, other):
    # One call does both: MPI sees to it that neither waits for
    # the other, whatever the size.
    return comm.sendrecv(mine, dest=other, source=other)


def in_background(rank, mine, comm, other):
    # isend returns at once; wait, after the receive, ends it.
    sending = comm.isend(mine, dest=other)
    theirs = comm.recv(source=other)
    sending.wait()
    return theirs


def exchange(rank, comm, other):
    agreed = []
    for way in (in_turn, both_at_once, in_background):
        for size in KILOBYTES:
            mine = bytes([rank % 2]) * (size * 1024)
            theirs = way(rank, mine, comm, other)
            agreed.append(
                theirs == bytes([1 - rank % 2]) * len(mine)
            )
    return agreed


def partner(comm):
    other = comm.rank ^ 1  # 0 and 1, 2 and 3, 4 and 5, ...
    return other if other < comm.size else MPI.PROC_NULL


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit(TOO_FEW)
    agreed = exchange(comm.rank, comm, partner(comm))
    if partner(comm) == MPI.PROC_NULL:
        agreed = []  # nothing came, and nothing should
    agreed = comm.gather(agreed, root=MAIN)
    if comm.rank != MAIN:
        return
    agreed = [ok for each in agreed for ok in each]

    for way in (in_turn, both_at_once, in_background):
        name = way.__name__.replace("_", " ")
        print(f"{name}:", *(f"{size} kB" for size in KILOBYTES))
    print("everybody has what the partner sent:", all(agreed))
    check(agreed)


def check(agreed):
    assert len(agreed) >= 2 * 3 * len(KILOBYTES)
    assert all(agreed)


if __name__ == "__main__":
    main()
