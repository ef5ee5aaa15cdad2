"""How does one collect a share from each?

What travels: nothing on the way out, for a rank knows its part;
    one list of findings from each rank to the root.
Ranks: any number; with more than ten, some shares are empty
    lists, and those are gathered as well.
Idea: all ranks call gather; the root gets a list of what they
    gave, in the order of ranks whoever is done first.
"""

from mpi4py import MPI

NUMBERS = 1000
BLOCK = 100


def share(rank, size):
    starts = range(1, NUMBERS, BLOCK)
    first = len(starts) * rank // size
    return starts[first : len(starts) * (rank + 1) // size]


def steps(number):
    count = 0
    while number != 1:
        number = 3 * number + 1 if number % 2 else number // 2
        count += 1
    return count


def longest(start):
    return max(range(start, start + BLOCK), key=steps)


def work(rank, size):
    return [longest(start) for start in share(rank, size)]


def main():
    comm = MPI.COMM_WORLD
    # Not below an `if comm.rank == 0`: a collective call is one
    # that all ranks make. The others get None and are done.
    parts = comm.gather(work(comm.rank, comm.size), root=0)
    if comm.rank != 0:
        return

    found = [number for part in parts for number in part]
    for number in found:
        print(f"from {number} it takes {steps(number)} steps to 1")
    check(found)


def check(found):
    starts = range(1, NUMBERS, BLOCK)
    assert found == [longest(start) for start in starts]


if __name__ == "__main__":
    main()
