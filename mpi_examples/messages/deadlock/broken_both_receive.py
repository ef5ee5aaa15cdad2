"""Broken: in each pair, both receive before they send.

It hangs on every MPI, at every size: a receive ends when there
is a message, and nobody comes to sending one. The communicator
is watched, so that it says so and aborts: see patience.py.
"""

import sys

from mpi4py import MPI

from mpi_examples.messages.deadlock.patience import PatientComm

WAY_OUT = "let one of the two send first, or both use sendrecv."


def exchange(mine, comm, other):
    theirs = comm.recv(source=other)
    comm.send(mine, dest=other)
    return theirs


def main():
    world = MPI.COMM_WORLD
    if world.size < 2:
        sys.exit("it takes two to hang: mpiexec -n 2 ...")
    with PatientComm(world, WAY_OUT) as comm:
        other = comm.rank ^ 1  # 0 and 1, 2 and 3, 4 and 5, ...
        if other >= comm.size:
            other = MPI.PROC_NULL
        if comm.rank == 0:
            print("both receive first", flush=True)
        exchange("hello", comm, other)


if __name__ == "__main__":
    main()
