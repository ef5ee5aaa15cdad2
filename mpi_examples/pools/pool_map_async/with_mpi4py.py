"""How does the caller go on while workers compute?

What travels: a share of the inputs to each worker rank, its
    results back, or the exception that stopped it.
Ranks: 2 or more; rank 0 calls, the others compute, and a share
    may be empty.
Idea: isend and irecv return at once. No thread calls back: the
    caller does, when waitany has brought the last reply.
"""

import math
import sys

from mpi4py import MPI

GOOD, BAD = [0, 1, 4, 9, 16, 25], [36, -1, 49]
MAIN = 0  # rank
TOO_FEW = (
    "pools/pool_map_async needs 2 ranks or more: mpiexec -n 2 "
    "python -m mpi_examples.pools.pool_map_async.with_mpi4py"
)


def function_root(data):
    if data < 0:
        raise ValueError(f"{data} has no root")
    return math.isqrt(data)


def map_async(comm, inputs):
    workers = range(1, comm.size)
    shares = [inputs[w - 1 :: len(workers)] for w in workers]
    calls = [comm.isend(shares[w - 1], dest=w) for w in workers]
    return calls, [comm.irecv(source=w) for w in workers]


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit(TOO_FEW)
    if comm.rank != MAIN:
        while (share := comm.recv(source=MAIN)) is not None:
            try:
                reply = [function_root(data) for data in share]
            except ValueError as error:
                reply = error  # a reply is owed in any case
            comm.send(reply, dest=MAIN)
        return

    done, failed, meanwhile = [], [], []
    for inputs in (GOOD, BAD):
        calls, replies = map_async(comm, inputs)
        meanwhile.append(sum(inputs))
        outputs, errors = [None] * len(inputs), []
        for _ in replies:
            i, reply = MPI.Request.waitany(replies)
            if isinstance(reply, Exception):
                errors.append(reply)
            else:
                outputs[i :: len(replies)] = reply
        MPI.Request.waitall(calls)
        if errors:
            failed.append(errors[0])  # error_callback
        else:
            done.append(outputs)  # callback
    for worker in range(1, comm.size):
        comm.send(None, dest=worker)

    print("meanwhile:", *meanwhile)
    print("callback:", *done)
    print("error_callback:", *failed)
    check(meanwhile, done, failed)


def check(meanwhile, done, failed):
    assert meanwhile == [sum(GOOD), sum(BAD)]
    assert done == [[0, 1, 2, 3, 4, 5]]
    assert list(map(type, failed)) == [ValueError]


if __name__ == "__main__":
    main()
