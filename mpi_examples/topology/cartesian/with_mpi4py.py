"""How do neighbours on a grid exchange their edges?

What travels: in each step one edge to each of up to four
    neighbours and one back; at the end each block to rank 0.
Ranks: any number; MPI lays them out as a grid, 3 x 2 for six,
    and ranks beyond 24 have no part in it.
Idea: a communicator that knows the grid tells each rank its
    neighbours; beyond the rim they are PROC_NULL: no message.
"""

import numpy as np
from mpi4py import MPI

SIZE = 24  # rows and columns of the plate, without its rim
STEPS = 60


def plate():
    heat = np.zeros((SIZE + 2, SIZE + 2))
    heat[0, :] = 100  # the upper rim is kept hot
    return heat


def piece(i, pieces):
    # The rows of piece i, and one more on each side: its halo.
    return slice(SIZE * i // pieces, SIZE * (i + 1) // pieces + 2)


def exchange(heat, grid):
    # Forth along each axis, then back. What goes is the outermost
    # line of one's own, what comes is put into the halo.
    for axis, lines in enumerate((heat, heat.T)):
        for way, own, halo in ((1, -2, 0), (-1, 1, -1)):
            source, dest = grid.Shift(axis, way)
            # Columns do not lie in one piece: both are copies. At
            # the rim nothing comes, and the rim stays as it is.
            edge, arrived = lines[own].copy(), lines[halo].copy()
            grid.Sendrecv(
                edge, dest, recvbuf=arrived, source=source
            )
            lines[halo] = arrived


def relax(heat):
    rows = heat[:-2, 1:-1] + heat[2:, 1:-1]
    columns = heat[1:-1, :-2] + heat[1:-1, 2:]
    new = (rows + columns) / 4
    change = np.abs(new - heat[1:-1, 1:-1]).max()
    heat[1:-1, 1:-1] = new
    return change


def work(grid):
    place = tuple(map(piece, grid.coords, grid.dims))
    heat = plate()[place]
    for _ in range(STEPS):
        exchange(heat, grid)
        change = relax(heat)
    change = grid.reduce(change, op=MPI.MAX, root=0)
    return grid.gather((place, heat[1:-1, 1:-1]), root=0), change


def main():
    comm = MPI.COMM_WORLD
    dims = MPI.Compute_dims(min(comm.size, SIZE), 2)
    grid = comm.Create_cart(dims, periods=(False, False))
    if grid == MPI.COMM_NULL:
        return
    blocks, change = work(grid)
    grid.Free()
    if comm.rank != 0:
        return
    heat = plate()
    for place, inner in blocks:
        heat[place][1:-1, 1:-1] = inner

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
