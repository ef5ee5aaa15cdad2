"""Broken: the receiver asks for a tag that nobody uses.

The words are there, tagged WORD; the receiver waits for COUNT. A
message that nobody wants is no error to MPI: it is kept, and the
receiver waits. Watched, it ends and says so: mpiexec -n 4
python -m mpiprocessing watch -m
mpi_examples.messages.point_to_point.broken_tag
"""

import sys

from mpi4py import MPI

MAIN = 0  # rank
WORD, COUNT = 1, 2  # tags


def sender(comm):
    comm.send(f"a word from {comm.rank}", dest=MAIN, tag=WORD)


def receiver(comm):
    for rank in range(1, comm.size):
        print(comm.recv(source=rank, tag=COUNT))


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit("it takes two to hang: mpiexec -n 2 ...")
    if comm.rank == MAIN:
        receiver(comm)
    else:
        sender(comm)


if __name__ == "__main__":
    main()
