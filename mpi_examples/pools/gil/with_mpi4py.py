"""When are several processes faster than one?

What travels: two numbers to each rank, where its part of the
    sum begins and ends (scatter); the sum of sums (reduce).
Ranks: any number; all of them compute, and rank 0 does it alone
    and with threads as well.
Idea: a rank is a process with an interpreter and a GIL of its
    own. All ranks are started already: asking is what costs.
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from mpi4py import MPI

WORKERS = 2  # threads
OPERATIONS = 30_000


def work(part):
    total = 0
    for i in range(*part):
        total += i * i % 7
    return total


def parts(operations, workers):
    ends = [operations * w // workers for w in range(workers + 1)]
    return list(pairwise(ends))


def serial(operations):
    return work((0, operations))


def threads(operations, executor):
    return sum(executor.map(work, parts(operations, WORKERS)))


def processes(operations, comm):
    # All ranks make these calls; rank 0 alone has the shares,
    # and is the only one to get the sum.
    shares = parts(operations, comm.size)
    part = comm.scatter(shares if comm.rank == 0 else None)
    return comm.reduce(work(part), op=MPI.SUM, root=0)


def main():
    comm = MPI.COMM_WORLD
    by_processes = processes(OPERATIONS, comm)
    if comm.rank != 0:
        return
    with ThreadPoolExecutor(WORKERS) as executor:
        by_threads = threads(OPERATIONS, executor)
    by_one = serial(OPERATIONS)

    print("one process:", by_one)
    print("threads:", by_threads)
    print("processes:", by_processes)
    check(by_one, by_threads, by_processes)


def check(by_one, by_threads, by_processes):
    assert by_one == by_threads == by_processes > 0


if __name__ == "__main__":
    main()
