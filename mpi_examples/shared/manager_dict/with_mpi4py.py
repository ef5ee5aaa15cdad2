"""How do many processes fill one dict?

What travels: one list of keys and values from each rank, all in
    one collective call (gather).
Ranks: any number; the ten calls of worker are dealt out among
    them, and rank 0 works as well.
Idea: a dict that is only filled need not be shared while it is
    filled: each keeps its part, and rank 0 joins them.
"""

from itertools import chain

from mpi4py import MPI

WORKERS = 10


def worker(key, item):
    return key, item


def main():
    comm = MPI.COMM_WORLD
    mine = range(comm.rank, WORKERS, comm.size)
    pairs = [worker(i, i * 2) for i in mine]
    parts = comm.gather(pairs, root=0)
    if comm.rank != 0:
        return
    # The order of the parts is that of the ranks, whoever was
    # first; sorted, it is the same on any number of ranks.
    results = dict(sorted(chain(*parts)))

    for key, item in results.items():
        print(f"key = {key} value = {item}")
    print("Results:", results)
    check(results)


def check(results):
    assert results == {i: i * 2 for i in range(WORKERS)}


if __name__ == "__main__":
    main()
