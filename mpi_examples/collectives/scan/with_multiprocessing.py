"""How does each learn the sum of those before it?

What travels: the count and the sum so far, from each process to
    the next; the lines of each to the program.
Ranks: 2 or more under mpiprocessing; where no rank is free, a
    process waits for its turn.
Idea: a chain: take what comes from the left, add one's own,
    hand it to the right.
"""

import multiprocessing
from itertools import accumulate

AMOUNTS = [500, -120, -35, 80, -210, 40, -95, 300, -18, -77, 60, 25]
WORKERS = 3


def share(rank, size):
    first = len(AMOUNTS) * rank // size
    return AMOUNTS[first : len(AMOUNTS) * (rank + 1) // size]


def scan(count, total, left, right):
    count_before, total_before = left.recv()
    right.send((count_before + count, total_before + total))
    return count_before, total_before


def work(rank, left, right, statement):
    mine = share(rank, WORKERS)
    # Add up before looking to the left: that is work all can do
    # at the same time. Only two additions wait for each other.
    count, before = scan(len(mine), sum(mine), left, right)
    balances = list(accumulate(mine, initial=before))[1:]
    lines = zip(mine, balances, strict=True)
    statement.put(list(enumerate(lines, start=count + 1)))


def main():
    statement = multiprocessing.Queue()
    left, start = multiprocessing.Pipe(duplex=False)
    start.send((0, 0))
    jobs = []
    for rank in range(WORKERS):
        next_left, right = multiprocessing.Pipe(duplex=False)
        p = multiprocessing.Process(
            target=work, args=(rank, left, right, statement)
        )
        p.start()
        jobs.append(p)
        left = next_left
    lines = sorted(line for _ in jobs for line in statement.get())
    for p in jobs:
        p.join()

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
