"""What becomes of shared memory when none is shared?

What travels: one number and one array from each rank, summed on
    the way; the sums to all (allreduce).
Ranks: any number; the data are dealt out, and every rank has a
    number and an array of its own.
Idea: each changes what is its own, without a lock and without a
    message. What all would have changed is the sum of these.
"""

from array import array as new_array

from mpi4py import MPI

DATA = list(range(1, 21))
BINS = 3


def worker(share, array):
    number = 0
    for x in share:
        number += 1
        array[x % BINS] += x / 2
    return number


def main():
    comm = MPI.COMM_WORLD
    array = new_array("d", [0.0] * BINS)
    number = worker(DATA[comm.rank :: comm.size], array)
    # A number may be pickled. An array is memory: Allreduce, in
    # capitals, adds it up in place, on every rank.
    count = comm.allreduce(number, op=MPI.SUM)
    comm.Allreduce(MPI.IN_PLACE, array, op=MPI.SUM)
    sums = array.tolist()
    if comm.rank != 0:
        return

    print(f"numbers counted: {count}")
    print(f"sums of their halves by remainder: {sums}")
    check(count, sums)


def check(count, sums):
    assert count == len(DATA)
    assert sum(sums) == sum(DATA) / 2


if __name__ == "__main__":
    main()
