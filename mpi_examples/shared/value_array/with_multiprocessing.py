"""What becomes of shared memory when none is shared?

What travels: for each number of the data two locks, and what is
    read and written while they are held.
Ranks: 2 or more under mpiprocessing; where no rank is free, a
    worker waits for its turn.
Idea: all workers change the same number and the same array in
    place. Each has a lock of its own, for += is two steps.
"""

from multiprocessing import Array, Process, Value

DATA = list(range(1, 21))
WORKERS, BINS = 4, 3


def worker(share, number, array):
    for x in share:
        with number.get_lock():
            number.value += 1
        with array.get_lock():
            array[x % BINS] += x / 2


def main():
    number = Value("i", 0)
    array = Array("d", BINS)
    jobs = []
    for i in range(WORKERS):
        share = DATA[i::WORKERS]
        p = Process(target=worker, args=(share, number, array))
        jobs.append(p)
        p.start()
    for p in jobs:
        p.join()
    count, sums = number.value, array[:]

    print(f"numbers counted: {count}")
    print(f"sums of their halves by remainder: {sums}")
    check(count, sums)


def check(count, sums):
    assert count == len(DATA)
    assert sum(sums) == sum(DATA) / 2


if __name__ == "__main__":
    main()
