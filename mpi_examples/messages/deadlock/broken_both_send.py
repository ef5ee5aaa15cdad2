"""Broken: in each pair, both send before they receive.

A small message is sent at once and kept where it arrives: it is
eager. A large one waits until it is received: for rendezvous.
Where the limit lies depends on the MPI and on the network, so
this works for whoever wrote it, and hangs elsewhere. The
communicator is watched, so that it says so: see patience.py.
"""

import sys

from mpi4py import MPI

from mpi_examples.messages.deadlock.patience import PatientComm

KILOBYTES = (1, 4, 64)
WAY_OUT = "let one of the two receive first, or both use sendrecv."


def exchange(mine, comm, other):
    comm.send(mine, dest=other)
    return comm.recv(source=other)


def main():
    world = MPI.COMM_WORLD
    if world.size < 2:
        sys.exit("it takes two to hang: mpiexec -n 2 ...")
    with PatientComm(world, WAY_OUT) as comm:
        other = comm.rank ^ 1  # 0 and 1, 2 and 3, 4 and 5, ...
        if other >= comm.size:
            other = MPI.PROC_NULL
        for size in KILOBYTES:
            larger = [more for more in KILOBYTES if more > size]
            comm.if_hung = [
                f"{size} kB: hangs",
                *(
                    f"{more} kB: not tried any more"
                    for more in larger
                ),
            ]
            exchange(bytes(size * 1024), comm, other)
            comm.if_hung = []
            if comm.rank == 0:
                print(f"{size} kB: went through", flush=True)
    # Right by luck is still wrong: this has a status, too.
    luck = "nothing hung: on this MPI, all these sizes are eager"
    sys.exit(luck if comm.rank == 0 else 1)


if __name__ == "__main__":
    main()
