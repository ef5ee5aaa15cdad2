"""How does one collect a share from each?

What travels: its number to each process, one list of findings
    back from each through a pipe of its own.
Ranks: 2 or more under mpiprocessing; where no rank is free, a
    process waits for its turn.
Idea: one pipe for each process, read in the order in which they
    were started: whoever is done first still comes in its place.
"""

import multiprocessing

NUMBERS = 1000
BLOCK = 100
WORKERS = 3


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


def work(rank, pipe):
    pipe.send([longest(start) for start in share(rank, WORKERS)])
    pipe.close()


def main():
    readers, jobs = [], []
    for rank in range(WORKERS):
        reader, writer = multiprocessing.Pipe(duplex=False)
        p = multiprocessing.Process(
            target=work, args=(rank, writer)
        )
        p.start()
        writer.close()
        readers.append(reader)
        jobs.append(p)
    parts = [reader.recv() for reader in readers]
    for p in jobs:
        p.join()

    found = [number for part in parts for number in part]
    for number in found:
        print(f"from {number} it takes {steps(number)} steps to 1")
    check(found)


def check(found):
    starts = range(1, NUMBERS, BLOCK)
    assert found == [longest(start) for start in starts]


if __name__ == "__main__":
    main()
