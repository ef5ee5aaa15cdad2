"""How are shares collected that are not equal?

What travels: from each rank to the root first the count of its
    primes (gather), then their bytes (Gatherv).
Ranks: any number; a share without a prime counts 0 and takes
    part like any other.
Idea: the root of Gatherv must know the count of each share and
    its place in one array; whoever does not, gathers the counts.
"""

from itertools import accumulate

import numpy as np
from mpi4py import MPI

LIMIT = 100


def is_prime(n):
    return n > 1 and all(n % d for d in range(2, int(n**0.5) + 1))


def find(rank, size):
    mine = range(LIMIT * rank // size, LIMIT * (rank + 1) // size)
    return np.array(list(filter(is_prime, mine)), dtype=np.int64)


def work(comm):
    share = find(comm.rank, comm.size)
    counts = comm.gather(share.size, root=0)
    if comm.rank != 0:
        comm.Gatherv(share, None, root=0)
        return None
    places = list(accumulate(counts[:-1], initial=0))
    primes = np.empty(sum(counts), dtype=np.int64)
    comm.Gatherv(share, [primes, (counts, places)], root=0)
    return primes


def main():
    comm = MPI.COMM_WORLD
    primes = work(comm)
    if comm.rank != 0:
        return

    print(f"{primes.size} primes below {LIMIT}:")
    print(*primes)
    check(primes)


def check(primes):
    assert primes.tolist() == list(filter(is_prime, range(LIMIT)))


if __name__ == "__main__":
    main()
