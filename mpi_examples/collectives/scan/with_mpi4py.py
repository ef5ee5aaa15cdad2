"""How does each learn the sum of those before it?

What travels: one number along the ranks for each of two scans;
    the lines of each rank to rank 0.
Ranks: any number; an empty share adds nothing, and its rank
    passes on what came before.
Idea: scan gives a rank the sum up to and with its own number,
    exscan the sum without it: where its part begins.
"""

from itertools import accumulate

from mpi4py import MPI

AMOUNTS = [500, -120, -35, 80, -210, 40, -95, 300, -18, -77, 60, 25]


def share(rank, size):
    first = len(AMOUNTS) * rank // size
    return AMOUNTS[first : len(AMOUNTS) * (rank + 1) // size]


def scan(count, total, comm):
    # From a sum one's own part can be taken off again.
    count_before = comm.scan(count, op=MPI.SUM) - count
    # exscan needs no way back; rank 0, with none before it, gets
    # None (and Exscan leaves its buffer as it was).
    total_before = comm.exscan(total, op=MPI.SUM)
    if comm.rank == 0:
        total_before = 0
    return count_before, total_before


def work(comm):
    mine = share(comm.rank, comm.size)
    count, before = scan(len(mine), sum(mine), comm)
    balances = list(accumulate(mine, initial=before))[1:]
    lines = zip(mine, balances, strict=True)
    return list(enumerate(lines, start=count + 1))


def main():
    comm = MPI.COMM_WORLD
    statement = comm.gather(work(comm), root=0)
    if comm.rank != 0:
        return
    lines = [line for lines in statement for line in lines]

    for number, (amount, balance) in lines:
        print(f"{number:2}. {amount:+4} -> {balance:4}")
    check(lines)


def check(lines):
    balances = [balance for _, (_, balance) in lines]
    assert balances == list(accumulate(AMOUNTS))
    numbers = [number for number, _ in lines]
    assert numbers == list(range(1, len(AMOUNTS) + 1))


if __name__ == "__main__":
    main()
