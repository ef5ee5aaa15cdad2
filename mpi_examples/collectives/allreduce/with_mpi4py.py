"""How does everybody know the result of all?

What travels: in each step two sums over all ranks, of a table
    (Allreduce) and of one number (allreduce).
Ranks: any number; a rank without points adds zeros, and takes
    part in every step like any other.
Idea: what all ranks have computed from the same results is the
    same, so all leave the loop in the same step.
"""

import numpy as np
from mpi4py import MPI

POINTS = np.array([3, 41, 7, 28, 44, 1, 25, 9, 47, 22, 39, 5, 30])
START = np.array([0, 2, 45])  # centres, badly placed


def nearest(points, centres):
    return np.abs(points[:, None] - centres).argmin(axis=1)


def measure(points, group):
    counts = np.bincount(group, minlength=START.size)
    sums = np.bincount(group, points, minlength=START.size)
    return np.array([counts, sums], dtype=float)


def allreduce(mine, moved, comm):
    # An array goes as it is, a lone number may well be pickled.
    total = np.empty_like(mine)
    comm.Allreduce(mine, total, op=MPI.SUM)
    return total, comm.allreduce(moved, op=MPI.SUM)


def work(comm):
    points, centres = POINTS[comm.rank :: comm.size], START
    group, moved, steps = np.full(points.size, -1), None, []
    while moved != 0:
        before, group = group, nearest(points, centres)
        moved = np.count_nonzero(group != before)
        mine = measure(points, group)
        total, moved = allreduce(mine, moved, comm)
        centres = total[1] / total[0]
        steps.append((moved, centres.tolist()))
    return steps


def main():
    comm = MPI.COMM_WORLD
    reports = comm.gather(work(comm), root=0)
    if comm.rank != 0:
        return
    steps, *others = reports

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
