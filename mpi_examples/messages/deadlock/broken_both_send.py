"""Broken: in each pair, both send before they receive.

A small message is sent at once and kept where it arrives: it is
eager. A large one waits until it is received: for rendezvous.
Where the limit lies depends on the MPI and on the network, so
this works for whoever wrote it, and hangs elsewhere. Watched, it
ends and says so: mpiexec -n 4 python -m mpiprocessing watch -m
mpi_examples.messages.deadlock.broken_both_send
"""

import sys

from mpi4py import MPI

KILOBYTES = (1, 4, 64)


def exchange(mine, comm, other):
    comm.send(mine, dest=other)
    return comm.recv(source=other)


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit("it takes two to hang: mpiexec -n 2 ...")
    other = comm.rank ^ 1  # 0 and 1, 2 and 3, 4 and 5, ...
    if other >= comm.size:
        other = MPI.PROC_NULL
    for size in KILOBYTES:
        exchange(bytes(size * 1024), comm, other)
        if comm.rank == 0:
            print(f"{size} kB: went through")
    # Right by luck is still wrong: this has a status, too.
    luck = "nothing hung: on this MPI, all these sizes are eager"
    sys.exit(luck if comm.rank == 0 else 1)


if __name__ == "__main__":
    main()
