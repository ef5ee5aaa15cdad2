"""How do results arrive before all are done?

What travels: one input at a time with its number to a rank that
    is free, its square back; STOP at the end.
Ranks: 2 or more; rank 0 hands out and collects, all the others
    compute.
Idea: whoever returns a result gets the next task. Results come
    in any order; their numbers put them back in order.
"""

import sys

from mpi4py import MPI

MAIN = 0  # rank
WORK, STOP = 1, 2  # tags
TOO_FEW = (
    "pools/pool_imap needs 2 ranks or more: mpiexec -n 2 "
    "python -m mpi_examples.pools.pool_imap.with_mpi4py"
)


def numbers():
    # A generator: an item is made when somebody asks for it.
    yield from range(10)


def function_square(data):
    return data * data


def imap_unordered(comm, inputs):
    tasks, busy = enumerate(inputs), 0
    for worker in range(1, comm.size):
        if task := next(tasks, None):
            comm.send(task, dest=worker, tag=WORK)
            busy += 1
    status = MPI.Status()
    while busy:
        result = comm.recv(source=MPI.ANY_SOURCE, status=status)
        if task := next(tasks, None):
            comm.send(task, dest=status.source, tag=WORK)
        else:
            busy -= 1
        yield result


def imap(comm, inputs):
    early, due = {}, 0
    for number, square in imap_unordered(comm, inputs):
        early[number] = square
        while due in early:
            yield early.pop(due)
            due += 1


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit(TOO_FEW)
    if comm.rank != MAIN:
        status = MPI.Status()
        while True:
            task = comm.recv(source=MAIN, status=status)
            if status.tag == STOP:
                return
            result = task[0], function_square(task[1])
            comm.send(result, dest=MAIN, tag=WORK)

    squares = []
    for square in imap(comm, numbers()):
        print("imap:", square)
        squares.append(square)
    unordered = imap_unordered(comm, numbers())
    total = sum(square for _, square in unordered)
    for worker in range(1, comm.size):
        comm.send(None, dest=worker, tag=STOP)

    print("sum of imap_unordered:", total)
    check(squares, total)


def check(squares, total):
    assert squares == [data**2 for data in range(10)]
    assert total == sum(squares)


if __name__ == "__main__":
    main()
