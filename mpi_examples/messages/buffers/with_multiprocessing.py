"""How does an array travel without being pickled?

What travels: a matrix there and back, pickled; then the same as
    its bare bytes; then one column of it.
Ranks: 2 or more under mpiprocessing: the program and its helper
    run at once.
Idea: send pickles any object. send_bytes takes the memory of an
    array as it is; recv_bytes_into needs one of the right size.
"""

import multiprocessing
import pickle

import numpy as np

SHAPE = (3, 4)


def as_object(array, pipe):
    pipe.send(array)
    return pipe.recv()  # a new array, made by unpickling


def as_buffer(array, pipe):
    room = np.empty_like(array)
    pipe.send_bytes(array)
    pipe.recv_bytes_into(room.reshape(-1))  # the memory of room
    return room


def helper(pipe):
    pipe.send(2 * pipe.recv())
    # Bytes do not tell what they are: shape and type of what is
    # to come stand in the program.
    for shape in (SHAPE, SHAPE[:1]):
        room = np.empty(shape)
        pipe.recv_bytes_into(room.reshape(-1))
        room *= 2
        pipe.send_bytes(room)


def main():
    pipe, its_pipe = multiprocessing.Pipe()
    process = multiprocessing.Process(
        target=helper, args=(its_pipe,)
    )
    process.start()
    matrix = np.arange(12.0).reshape(SHAPE)
    # Every fourth number in memory: copied together to be sent.
    second = np.ascontiguousarray(matrix[:, 1])
    whole = as_object(matrix, pipe)
    bare = as_buffer(matrix, pipe)
    column = as_buffer(second, pipe)
    process.join()

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
