"""How does an array travel without being pickled?

What travels: a matrix there and back, pickled; then the same as
    its bare bytes; then one column of it.
Ranks: 2 or more; 0 sends, 1 is its helper, the others have no
    part in it.
Idea: send, in lower case, pickles any object. Send, in upper
    case, takes memory as it is; Recv needs memory to fill.
"""

import pickle
import sys

import numpy as np
from mpi4py import MPI

SHAPE = (3, 4)
MAIN, HELPER = 0, 1  # ranks
TOO_FEW = (
    "messages/buffers needs 2 ranks or more: mpiexec -n 2 "
    "python -m mpi_examples.messages.buffers.with_mpi4py"
)


def as_object(array, comm):
    comm.send(array, dest=HELPER)
    return comm.recv(source=HELPER)  # a new array, unpickled


def as_buffer(array, comm):
    room = np.empty_like(array)
    comm.Send(array, dest=HELPER)
    comm.Recv(room, source=HELPER)  # into the memory of room
    return room


def helper(comm):
    comm.send(2 * comm.recv(source=MAIN), dest=MAIN)
    # Bytes do not tell what they are: shape and type of what is
    # to come stand in the program.
    for shape in (SHAPE, SHAPE[:1]):
        room = np.empty(shape)
        comm.Recv(room, source=MAIN)
        room *= 2
        comm.Send(room, dest=MAIN)


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit(TOO_FEW)
    if comm.rank == HELPER:
        helper(comm)
    if comm.rank != MAIN:
        return
    matrix = np.arange(12.0).reshape(SHAPE)
    # Every fourth number in memory: copied together to be sent.
    second = np.ascontiguousarray(matrix[:, 1])
    whole = as_object(matrix, comm)
    bare = as_buffer(matrix, comm)
    column = as_buffer(second, comm)

    overhead = len(pickle.dumps(matrix)) - matrix.nbytes
    print("as an object:", *whole.tolist())
    print("as a buffer:", *bare.tolist())
    print(matrix.nbytes, "bytes; pickled more:", overhead > 0)
    print("second column:", column.tolist())
    check(matrix, whole, bare, column)


def check(matrix, whole, bare, column):
    assert (whole == 2 * matrix).all()
    assert (bare == whole).all()
    assert (column == whole[:, 1]).all()


if __name__ == "__main__":
    main()
