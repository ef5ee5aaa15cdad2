"""Broken: in each pair, both receive before they send.

It hangs on every MPI, at every size: a receive ends when there
is a message, and nobody comes to sending one. Watched, it ends
and says so: mpiexec -n 4 python -m mpiprocessing watch -m
mpi_examples.messages.deadlock.broken_both_receive
"""

import sys

from mpi4py import MPI


def exchange(mine, comm, other):
    theirs = comm.recv(source=other)
    comm.send(mine, dest=other)
    return theirs


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit("it takes two to hang: mpiexec -n 2 ...")
    other = comm.rank ^ 1  # 0 and 1, 2 and 3, 4 and 5, ...
    if other >= comm.size:
        other = MPI.PROC_NULL
    if comm.rank == 0:
        print("both receive first")
    exchange("hello", comm, other)


if __name__ == "__main__":
    main()
