"""Broken: one rank calls its collectives in another order.

MPI matches collectives by their order, not by their names: the
Barrier of one meets the gather of the others, and each waits for
a part that never comes. Watched, it ends and says so: mpiexec
-n 4 python -m mpiprocessing watch -m
mpi_examples.collectives.gather.broken_order
"""

import sys

from mpi4py import MPI

ROOT = 0  # rank


def member(comm):
    if comm.rank == 1:
        comm.Barrier()
        return comm.gather(comm.rank, root=ROOT)
    every = comm.gather(comm.rank, root=ROOT)
    comm.Barrier()
    return every


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit("it takes two to hang: mpiexec -n 2 ...")
    every = member(comm)
    if comm.rank == ROOT:
        print("gathered", every)


if __name__ == "__main__":
    main()
