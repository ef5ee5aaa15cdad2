"""When are several processes faster than one?

What travels: two numbers to each worker, where its part of the
    sum begins and ends; one number back.
Ranks: 2 or more under mpiprocessing; the pool takes the ranks
    that are free, up to two.
Idea: threads share one interpreter lock (GIL) and compute in
    turn; processes at once, but to start and ask them costs.
"""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

WORKERS = 2
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


def processes(operations, pool):
    return sum(pool.map(work, parts(operations, WORKERS), 1))


def main():
    with ThreadPoolExecutor(WORKERS) as executor:
        by_threads = threads(OPERATIONS, executor)
    with multiprocessing.Pool(WORKERS) as pool:
        by_processes = processes(OPERATIONS, pool)
    by_one = serial(OPERATIONS)

    print("one process:", by_one)
    print("threads:", by_threads)
    print("processes:", by_processes)
    check(by_one, by_threads, by_processes)


def check(by_one, by_threads, by_processes):
    assert by_one == by_threads == by_processes > 0


if __name__ == "__main__":
    main()
