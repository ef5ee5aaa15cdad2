"""How do neighbours on a grid exchange their edges?

What travels: in each step one row to each neighbour and one
    back; at the end each band to the program.
Ranks: 4 or more under mpiprocessing: the three processes wait
    for each other, so all must run at once.
Idea: a band of rows for each process, and a pipe between any
    two neighbours; None where there is no neighbour.
"""

import multiprocessing

import numpy as np

SIZE = 24  # rows and columns of the plate, without its rim
STEPS = 60
WORKERS = 3


def plate():
    heat = np.zeros((SIZE + 2, SIZE + 2))
    heat[0, :] = 100  # the upper rim is kept hot
    return heat


def piece(i, pieces):
    # The rows of piece i, and one more on each side: its halo.
    return slice(SIZE * i // pieces, SIZE * (i + 1) // pieces + 2)


def exchange(heat, upper, lower):
    # First all downwards, then all upwards. If all sent both ways
    # before they receive, long rows would fill the pipes.
    if lower:
        lower.send(heat[-2])
    if upper:
        heat[0] = upper.recv()
        upper.send(heat[1])
    if lower:
        heat[-1] = lower.recv()


def relax(heat):
    rows = heat[:-2, 1:-1] + heat[2:, 1:-1]
    columns = heat[1:-1, :-2] + heat[1:-1, 2:]
    new = (rows + columns) / 4
    change = np.abs(new - heat[1:-1, 1:-1]).max()
    heat[1:-1, 1:-1] = new
    return change


def work(i, upper, lower, results):
    heat = plate()[piece(i, WORKERS)]
    for _ in range(STEPS):
        exchange(heat, upper, lower)
        change = relax(heat)
    results.put((i, heat[1:-1, 1:-1], change))


def main():
    pipes = [multiprocessing.Pipe() for _ in range(WORKERS - 1)]
    uppers = [None, *(below for _, below in pipes)]
    lowers = [*(above for above, _ in pipes), None]
    results = multiprocessing.Queue()
    jobs = []
    for i in range(WORKERS):
        p = multiprocessing.Process(
            target=work, args=(i, uppers[i], lowers[i], results)
        )
        p.start()
        jobs.append(p)
    heat, changes = plate(), []
    for _ in jobs:
        i, inner, change = results.get()
        heat[piece(i, WORKERS)][1:-1, 1:-1] = inner
        changes.append(change)
    change = max(changes)
    for p in jobs:
        p.join()

    print(f"after {STEPS} steps, down the middle of the plate:")
    print(*(f"{t:.2f}" for t in heat[:: SIZE // 6, SIZE // 2]))
    print(f"largest change in the last step: {change:.4f}")
    check(heat, change)


def check(heat, change):
    serial = plate()
    changes = [relax(serial) for _ in range(STEPS)]
    assert np.array_equal(heat, serial)
    assert change == changes[-1]


if __name__ == "__main__":
    main()
