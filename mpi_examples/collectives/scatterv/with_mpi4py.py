"""How are shares dealt out that are not equal?

What travels: to each rank its block of the array, as bare
    bytes; from each the block doubled.
Ranks: any number; with more ranks than numbers, some blocks are
    empty.
Idea: two lists say how the array is cut: how many numbers each
    one gets, and where its block begins. Only the root reads them.
"""

from itertools import accumulate

import numpy as np
from mpi4py import MPI

ROOT = 0  # rank
NUMBERS = 10


def cut(total, size):
    least, over = divmod(total, size)
    counts = [least + (rank < over) for rank in range(size)]
    starts = [0, *accumulate(counts)][:-1]
    return counts, starts


def member(comm):
    # Every rank computes how much it will get: Scatterv does not
    # tell, it fills the memory that is there.
    counts, starts = cut(NUMBERS, comm.size)
    block = np.empty(counts[comm.rank])
    numbers = None
    if comm.rank == ROOT:
        whole = np.arange(float(NUMBERS))
        numbers = [whole, counts, starts, MPI.DOUBLE]
    comm.Scatterv(numbers, block, root=ROOT)
    return 2 * block


def main():
    comm = MPI.COMM_WORLD
    blocks = comm.gather(member(comm), root=ROOT)
    if comm.rank != ROOT:
        return

    print("counts and starts for three:", *cut(10, 3))
    print("doubled:", np.concatenate(blocks).tolist())
    check(blocks)


def check(blocks):
    assert [len(block) for block in blocks] == cut(10, len(blocks))[
        0
    ]
    assert sum(block.sum() for block in blocks) == 90.0


if __name__ == "__main__":
    main()
