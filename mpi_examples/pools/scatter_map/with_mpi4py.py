"""How is a map done by scatter and gather?

What travels: one share of the inputs to each rank (scatter),
    one list of results back (gather).
Ranks: any number; rank 0 works as well, and a share may be
    empty.
Idea: the shares are dealt out before the work begins, in one
    collective call that every rank makes.
"""

from itertools import pairwise

from mpi4py import MPI


def function_square(data):
    return data * data


def main():
    comm = MPI.COMM_WORLD
    inputs = list(range(20))
    # scatter takes one element per rank, not one per input; so
    # cut first, in shares whose lengths differ by one at most.
    ranks = range(comm.size + 1)
    ends = [len(inputs) * r // comm.size for r in ranks]
    shares = [inputs[a:b] for a, b in pairwise(ends)]
    share = comm.scatter(shares, root=0)
    squares = [function_square(data) for data in share]
    # gather returns them by rank: the order of the inputs.
    shares = comm.gather(squares, root=0)
    if comm.rank != 0:
        return
    outputs = [square for squares in shares for square in squares]

    print("map:", outputs)
    check(inputs, outputs)


def check(inputs, outputs):
    assert outputs == [data**2 for data in inputs]


if __name__ == "__main__":
    main()
