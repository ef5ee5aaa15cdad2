"""How do processes form a chain of stages?

What travels: ten items from stage to stage, ten squares to the
    program; then an empty message tagged END.
Ranks: 3 or more; the chain is 1 -> 2 -> 0, other ranks have no
    part in it.
Idea: a rank is always there, so nothing is ever closed: the
    end of a stream is one more message.
"""

import sys

from mpi4py import MPI

ITEMS = 10
MAIN, CREATE, MULTIPLY = 0, 1, 2  # ranks
ITEM, END = 1, 2  # tags
TOO_FEW = (
    "channels/pipe_chain needs 3 ranks or more: mpiexec -n 3 "
    "python -m mpi_examples.channels.pipe_chain.with_mpi4py"
)


def create_items(comm):
    for item in range(ITEMS):
        comm.send(item, dest=MULTIPLY, tag=ITEM)
    comm.send(None, dest=MULTIPLY, tag=END)


def multiply_items(comm):
    # A stage names its neighbours, the one it hears and the one
    # it feeds: no end of a pipe is passed around.
    status = MPI.Status()
    while True:
        item = comm.recv(source=CREATE, status=status)
        if status.tag == END:
            break
        comm.send(item * item, dest=MAIN, tag=ITEM)
    comm.send(None, dest=MAIN, tag=END)


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 3:
        sys.exit(TOO_FEW if comm.rank == MAIN else None)
    if comm.rank == CREATE:
        create_items(comm)
    elif comm.rank == MULTIPLY:
        multiply_items(comm)
    if comm.rank != MAIN:
        return
    squares = []
    status = MPI.Status()
    while True:
        square = comm.recv(source=MULTIPLY, status=status)
        if status.tag == END:
            break
        squares.append(square)

    for square in squares:
        print(square)
    print("End")
    check(squares)


def check(squares):
    assert squares == [item * item for item in range(ITEMS)]


if __name__ == "__main__":
    main()
