"""How do many numbers become one?

What travels: a partial result from each rank, combined with
    others on its way to the root; once for each operation.
Ranks: any number; an empty share gives what changes nothing: 0
    for a sum, -1 as the largest digit, a run of no digits.
Idea: the operation travels along a tree of ranks, so it must be
    associative; one that does not commute says so.
"""

import numpy as np
from mpi4py import MPI

DIGITS = "3141592653589793238462643383279502884197"
MODULUS = 97


def append(left, right, datatype):
    # A run of digits is its remainder and its shift, 10**length.
    # MPI hands over buffers of runs; the result goes to the right.
    left = np.frombuffer(left, dtype=np.int64).reshape(-1, 2)
    right = np.frombuffer(right, dtype=np.int64).reshape(-1, 2)
    right[:, 0] += left[:, 0] * right[:, 1]
    right[:, 1] *= left[:, 1]
    right %= MODULUS


def partial(rank, size):
    first = len(DIGITS) * rank // size
    text = DIGITS[first : len(DIGITS) * (rank + 1) // size]
    total = sum(map(int, text))
    largest = max(map(int, text), default=-1)
    place = first + text.find(str(largest))
    run = int(text or "0") % MODULUS, pow(10, len(text), MODULUS)
    return total, largest, place, run


def combine(comm, total, largest, place, run):
    total = comm.reduce(total, op=MPI.SUM, root=0)
    most = comm.reduce((largest, place), op=MPI.MAXLOC, root=0)
    # The two numbers of a run belong together: one item for MPI.
    pair = MPI.INT64_T.Create_contiguous(2).Commit()
    op = MPI.Op.Create(append, commute=False)
    mine, whole = np.array([run, run], dtype=np.int64)
    comm.Reduce([mine, 1, pair], [whole, 1, pair], op=op, root=0)
    op.Free()
    pair.Free()
    return total, most, int(whole[0])


def main():
    comm = MPI.COMM_WORLD
    result = combine(comm, *partial(comm.rank, comm.size))
    if comm.rank != 0:
        return

    total, (largest, place), remainder = result
    print(f"sum of {len(DIGITS)} digits: {total}")
    print(f"the largest: {largest}, first at {place}")
    print(f"remainder of all divided by {MODULUS}: {remainder}")
    check(total, largest, place, remainder)


def check(total, largest, place, remainder):
    assert total == sum(map(int, DIGITS))
    assert largest == max(map(int, DIGITS))
    assert place == DIGITS.index(str(largest))
    assert remainder == int(DIGITS) % MODULUS


if __name__ == "__main__":
    main()
