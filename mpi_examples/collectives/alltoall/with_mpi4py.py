"""How does everybody give something to everybody?

What travels: from each rank a list to every rank (alltoall),
    then its sorted bucket from each to rank 0 (gather).
Ranks: any number; a parcel or a bucket may be empty, and is
    sent like any other.
Idea: alltoall takes a list with one parcel for each rank and
    returns one with a parcel from each: a table is transposed.
"""

import random

from mpi4py import MPI

LIMIT = 100
NUMBERS = random.Random(7).sample(range(LIMIT), 24)


def share(rank, size):
    return NUMBERS[rank::size]


def pack(numbers, size):
    # One parcel for each: whose bucket is n in?
    parcels = [[] for _ in range(size)]
    for n in numbers:
        parcels[n * size // LIMIT].append(n)
    return parcels


def work(comm):
    parcels = pack(share(comm.rank, comm.size), comm.size)
    # parcels[r] goes to rank r, arrived[r] has come from rank r.
    arrived = comm.alltoall(parcels)
    bucket = sorted(n for parcel in arrived for n in parcel)
    return comm.gather(bucket, root=0)


def main():
    comm = MPI.COMM_WORLD
    found = work(comm)
    if comm.rank != 0:
        return

    result = [n for bucket in found for n in bucket]
    print("before:", *NUMBERS)
    print("sorted:", *result)
    check(result)


def check(result):
    assert result == sorted(NUMBERS)


if __name__ == "__main__":
    main()
