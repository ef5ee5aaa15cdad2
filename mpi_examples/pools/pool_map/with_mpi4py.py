"""How do workers share the calls of one function?

What travels: one share of the inputs to each rank (scatter),
    one list of results back (gather).
Ranks: any number; rank 0 works as well, and a share may be
    empty.
Idea: the shares are dealt out before the work begins, in one
    collective call: best where all tasks cost the same.
"""

from mpi4py import MPI


def function_square(data):
    return data * data


def main():
    comm = MPI.COMM_WORLD
    inputs = list(range(100))
    # scatter takes one element per rank, not one per input; so
    # share r is made of the inputs r, r + size, r + 2 * size...
    shares = [inputs[r :: comm.size] for r in range(comm.size)]
    share = comm.scatter(shares, root=0)
    squares = [function_square(data) for data in share]
    shares = comm.gather(squares, root=0)
    if comm.rank != 0:
        return
    pool_outputs = [None] * len(inputs)
    for r, squares in enumerate(shares):
        pool_outputs[r :: comm.size] = squares

    print("Pool:", pool_outputs)
    check(inputs, pool_outputs)


def check(inputs, outputs):
    assert outputs == [data**2 for data in inputs]


if __name__ == "__main__":
    main()
