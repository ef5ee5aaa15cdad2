"""Broken: one rank leaves early, and is missed at the barrier.

It has nothing to do in the second phase, and returns; the others
wait for it. A barrier counts ranks, not those who have work.
Watched, it ends and says so: mpiexec -n 4 python -m
mpiprocessing watch -m mpi_examples.gates.barrier.broken_early
"""

import sys

from mpi4py import MPI

PHASES = 2


def worker(comm):
    for phase in range(PHASES):
        if phase > 0 and comm.rank == comm.size - 1:
            return
        comm.Barrier()
        if comm.rank == 0:
            print(f"phase {phase + 1} is done")


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit("it takes two to hang: mpiexec -n 2 ...")
    worker(comm)


if __name__ == "__main__":
    main()
