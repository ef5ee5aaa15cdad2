"""How does each get a share of its own?

What travels: to each rank its own share of the numbers, and
    nobody else's; from each one sum.
Ranks: any number; the root has a share as all the others have.
Idea: the root brings a list with exactly one element for each
    rank, and scatter returns element r on rank r. An element
    may be anything: here it is a list.
"""

from mpi4py import MPI

ROOT = 0  # rank
NUMBERS = list(range(1, 13))


def deal(numbers, size):
    return [numbers[rank::size] for rank in range(size)]


def work(share):
    return sum(n * n for n in share)


def member(comm):
    shares = deal(NUMBERS, comm.size) if comm.rank == ROOT else None
    share = comm.scatter(shares, root=ROOT)
    return share, work(share)


def main():
    comm = MPI.COMM_WORLD
    every = comm.gather(member(comm), root=ROOT)
    if comm.rank != ROOT:
        return

    print("dealt out to three:", deal(NUMBERS, 3))
    print(
        "sum of all squares:", sum(squares for _, squares in every)
    )
    check(every)


def check(every):
    shares = [share for share, _ in every]
    assert shares == deal(NUMBERS, len(shares))
    assert sum(squares for _, squares in every) == work(NUMBERS)


if __name__ == "__main__":
    main()
