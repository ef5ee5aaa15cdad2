"""How does everybody give something to everybody?

What travels: from each process a list into the inbox of every
    process; its sorted bucket from each through a last queue.
Ranks: 4 or more under mpiprocessing: the three processes wait
    for each other, so all must run at once.
Idea: an inbox is a queue that one reads and all fill; a process
    knows that it has everything by counting.
"""

import multiprocessing
import random

LIMIT = 100
NUMBERS = random.Random(7).sample(range(LIMIT), 24)
WORKERS = 3


def share(rank, size):
    return NUMBERS[rank::size]


def pack(numbers, size):
    # One parcel for each: whose bucket is n in?
    parcels = [[] for _ in range(size)]
    for n in numbers:
        parcels[n * size // LIMIT].append(n)
    return parcels


def work(rank, inboxes, buckets):
    parcels = pack(share(rank, WORKERS), WORKERS)
    for inbox, parcel in zip(inboxes, parcels, strict=True):
        inbox.put(parcel)
    arrived = [inboxes[rank].get() for _ in inboxes]
    bucket = sorted(n for parcel in arrived for n in parcel)
    buckets.put((rank, bucket))


def main():
    inboxes = [multiprocessing.Queue() for _ in range(WORKERS)]
    buckets = multiprocessing.Queue()
    jobs = []
    for rank in range(WORKERS):
        p = multiprocessing.Process(
            target=work, args=(rank, inboxes, buckets)
        )
        p.start()
        jobs.append(p)
    found = dict(buckets.get() for _ in jobs)
    for p in jobs:
        p.join()

    result = [n for rank in sorted(found) for n in found[rank]]
    print("before:", *NUMBERS)
    print("sorted:", *result)
    check(result)


def check(result):
    assert result == sorted(NUMBERS)


if __name__ == "__main__":
    main()
