"""How does everybody know the result of all?

What travels: in each step a row of numbers from each process
    into a shared table, and the whole table to each of them.
Ranks: 4 or more under mpiprocessing: the three processes meet
    at a barrier, so all must run at once.
Idea: each writes a row of its own, so no lock; one barrier
    before all read, and one before anybody writes again.
"""

import multiprocessing

import numpy as np

POINTS = np.array([3, 41, 7, 28, 44, 1, 25, 9, 47, 22, 39, 5, 30])
START = np.array([0, 2, 45])  # centres, badly placed
WORKERS = 3
ROW = 2 * START.size + 1


def nearest(points, centres):
    return np.abs(points[:, None] - centres).argmin(axis=1)


def measure(points, group):
    counts = np.bincount(group, minlength=START.size)
    sums = np.bincount(group, points, minlength=START.size)
    return np.array([counts, sums], dtype=float)


def allreduce(mine, moved, rank, table, barrier):
    row = [*mine.ravel(), moved]
    table[rank * ROW : (rank + 1) * ROW] = row
    barrier.wait()
    *total, moved = np.reshape(table[:], (WORKERS, ROW)).sum(axis=0)
    barrier.wait()
    return np.reshape(total, mine.shape), int(moved)


def work(rank, table, barrier, reports):
    points, centres = POINTS[rank::WORKERS], START
    group, moved, steps = np.full(points.size, -1), None, []
    while moved != 0:
        before, group = group, nearest(points, centres)
        moved = np.count_nonzero(group != before)
        mine = measure(points, group)
        total, moved = allreduce(mine, moved, rank, table, barrier)
        centres = total[1] / total[0]
        steps.append((moved, centres.tolist()))
    reports.put(steps)


def main():
    table = multiprocessing.Array("d", WORKERS * ROW, lock=False)
    barrier = multiprocessing.Barrier(WORKERS)
    reports = multiprocessing.Queue()
    jobs = []
    for rank in range(WORKERS):
        p = multiprocessing.Process(
            target=work, args=(rank, table, barrier, reports)
        )
        p.start()
        jobs.append(p)
    steps, *others = [reports.get() for _ in jobs]
    for p in jobs:
        p.join()

    for moved, centres in steps:
        text = " ".join(f"{centre:.2f}" for centre in centres)
        print(f"{moved} moved, centres {text}")
    check(steps, others)


def check(steps, others):
    assert all(other == steps for other in others)
    moved, centres = steps[-1]
    counts, sums = measure(POINTS, nearest(POINTS, centres))
    assert moved == 0
    assert centres == (sums / counts).tolist()


if __name__ == "__main__":
    main()
