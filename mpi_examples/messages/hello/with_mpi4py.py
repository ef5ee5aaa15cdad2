"""Who am I, and how many are we?

What travels: nothing on the way out, for every rank can ask;
    one greeting to rank 0 from each of the others.
Ranks: 4 or more; four of them form a team, the others have no
    part in it.
Idea: rank and size belong to a communicator. All ranks run the
    same program, and the number alone makes them differ.
"""

import sys

from mpi4py import MPI

TEAM = 4
MAIN = 0  # rank
TOO_FEW = (
    "messages/hello needs 4 ranks or more: mpiexec -n 4 "
    "python -m mpi_examples.messages.hello.with_mpi4py"
)


def greeting(rank, size):
    return f"Hello, I am {rank} of {size}"


def tell(comm):
    comm.send(greeting(comm.rank, comm.size), dest=MAIN)


def main():
    if MPI.COMM_WORLD.size < TEAM:
        sys.exit(TOO_FEW if MPI.COMM_WORLD.rank == MAIN else None)
    # So many as mpiexec has started are in COMM_WORLD. Four of
    # them get a communicator of their own: it counts them anew.
    spare = MPI.COMM_WORLD.rank >= TEAM
    comm = MPI.COMM_WORLD.Split(MPI.UNDEFINED if spare else 0)
    if spare:
        return
    greetings = [greeting(comm.rank, comm.size)]
    if comm.rank == MAIN:
        # Receiving from one rank after the other gives the
        # order, whoever was first to speak.
        for rank in range(1, comm.size):
            greetings.append(comm.recv(source=rank))
    else:
        tell(comm)
    rank = comm.rank
    comm.Free()
    if rank != MAIN:
        return

    for line in greetings:
        print(line)
    check(greetings)


def check(greetings):
    assert greetings == [greeting(r, TEAM) for r in range(TEAM)]


if __name__ == "__main__":
    main()
