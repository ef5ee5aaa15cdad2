"""How do workers share the calls of one function?

What travels: a chunk of the inputs to each rank that is free,
    its results back; None when no chunk is left.
Ranks: 2 or more; rank 0 hands out the chunks, all the others
    compute.
Idea: whoever brings results gets the next chunk, so a slow
    worker or a long task holds up nobody else.
"""

import sys

from mpi4py import MPI

CHUNK = 7  # inputs: what map takes for four workers
MAIN = 0  # rank
TOO_FEW = (
    "pools/pool_map needs 2 ranks or more: mpiexec -n 2 "
    "python -m mpi_examples.pools.pool_map.with_mpi4py"
)


def function_square(data):
    return data * data


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit(TOO_FEW)
    if comm.rank != MAIN:
        done = (0, [])  # no results yet: the first only asks
        # Results go out and a chunk comes in, both in one call.
        while chunk := comm.sendrecv(done, dest=MAIN, source=MAIN):
            start, inputs = chunk
            squares = [function_square(data) for data in inputs]
            done = (start, squares)
        return

    inputs = list(range(100))
    pool_outputs = [None] * len(inputs)
    starts = range(0, len(inputs), CHUNK)
    chunks = ((i, inputs[i : i + CHUNK]) for i in starts)
    working = comm.size - 1
    status = MPI.Status()
    while working:
        done = comm.recv(source=MPI.ANY_SOURCE, status=status)
        start, squares = done
        pool_outputs[start : start + len(squares)] = squares
        chunk = next(chunks, None)
        comm.send(chunk, dest=status.source)
        if chunk is None:
            working -= 1

    print("Pool:", pool_outputs)
    check(inputs, pool_outputs)


def check(inputs, outputs):
    assert outputs == [data**2 for data in inputs]


if __name__ == "__main__":
    main()
