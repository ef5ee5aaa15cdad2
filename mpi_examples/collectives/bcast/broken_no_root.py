"""Broken: all wait for the root, and the root makes no call.

It has the settings already, so why should it call bcast? Because
there is no receive for others to match: bcast *is* the sending,
and every rank must call it. Watched, it ends and says so:
mpiexec -n 4 python -m mpiprocessing watch -m
mpi_examples.collectives.bcast.broken_no_root
"""

import sys

from mpi4py import MPI

ROOT = 0  # rank
SETTINGS = {"name": "wave", "steps": 100}


def as_object(comm):
    if comm.rank == ROOT:
        return SETTINGS
    return comm.bcast(None, root=ROOT)


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit("it takes two to hang: mpiexec -n 2 ...")
    settings = as_object(comm)
    print(f"rank {comm.rank} has", settings)


if __name__ == "__main__":
    main()
