"""How are shares collected that are not equal?

What travels: from each process through a pipe of its own first
    the count of its primes, then their bytes.
Ranks: 2 or more under mpiprocessing; where no rank is free, a
    process waits for its turn.
Idea: counts first, for they tell the place of each share in one
    array; then the bytes are received right into that place.
"""

import multiprocessing
from itertools import accumulate

import numpy as np

LIMIT = 100
WORKERS = 3


def is_prime(n):
    return n > 1 and all(n % d for d in range(2, int(n**0.5) + 1))


def find(rank, size):
    mine = range(LIMIT * rank // size, LIMIT * (rank + 1) // size)
    return np.array(list(filter(is_prime, mine)), dtype=np.int64)


def work(rank, pipe):
    share = find(rank, WORKERS)
    pipe.send(share.size)
    pipe.send_bytes(share)
    pipe.close()


def main():
    readers, jobs = [], []
    for rank in range(WORKERS):
        reader, writer = multiprocessing.Pipe(duplex=False)
        p = multiprocessing.Process(
            target=work, args=(rank, writer)
        )
        p.start()
        writer.close()
        readers.append(reader)
        jobs.append(p)
    counts = [reader.recv() for reader in readers]
    places = list(accumulate(counts[:-1], initial=0))
    primes = np.empty(sum(counts), dtype=np.int64)
    for reader, place in zip(readers, places, strict=True):
        reader.recv_bytes_into(primes, place * primes.itemsize)
    for p in jobs:
        p.join()

    print(f"{primes.size} primes below {LIMIT}:")
    print(*primes)
    check(primes)


def check(primes):
    assert primes.tolist() == list(filter(is_prime, range(LIMIT)))


if __name__ == "__main__":
    main()
