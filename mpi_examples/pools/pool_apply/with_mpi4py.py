"""How is one call handed to a worker?

What travels: the argument to a worker rank, the result back;
    no function, for every rank has the whole program.
Ranks: 2 or more; rank 0 asks, the others answer, and it is rank
    0 that chooses who.
Idea: a call is two messages, a request and its reply. irecv is
    the promise of a reply: ask for all, then wait.
"""

import sys

from mpi4py import MPI

MAIN = 0  # rank
CALL, RESULT, END = 1, 2, 3  # tags
TOO_FEW = (
    "pools/pool_apply needs 2 ranks or more: mpiexec -n 2 "
    "python -m mpi_examples.pools.pool_apply.with_mpi4py"
)


def function_square(data):
    return data * data


def apply(comm, data):
    comm.send(data, dest=1, tag=CALL)
    return comm.recv(source=1, tag=RESULT)


def apply_async(comm, data):
    worker = 1 + data % (comm.size - 1)
    call = comm.isend(data, dest=worker, tag=CALL)
    return call, comm.irecv(source=worker, tag=RESULT)


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit(TOO_FEW)
    if comm.rank != MAIN:
        status = MPI.Status()
        while True:
            data = comm.recv(source=MAIN, status=status)
            if status.tag == END:
                return
            square = function_square(data)
            comm.send(square, dest=MAIN, tag=RESULT)

    now = apply(comm, 3)
    later = [apply_async(comm, data) for data in range(4)]
    meanwhile = function_square(12)
    # One worker answers in the order it was asked; so the n-th
    # irecv gets the answer to the n-th call. wait is get.
    calls, results = zip(*later, strict=True)
    squares = [result.wait() for result in results]
    MPI.Request.waitall(calls)
    for worker in range(1, comm.size):
        comm.send(None, dest=worker, tag=END)

    print("apply:", now)
    print("meanwhile:", meanwhile)
    print("apply_async:", squares)
    check(now, meanwhile, squares)


def check(now, meanwhile, squares):
    assert (now, meanwhile) == (9, 144)
    assert squares == [0, 1, 4, 9]


if __name__ == "__main__":
    main()
