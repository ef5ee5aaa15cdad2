"""A pool, and the same call on several values at once."""

from multiprocessing import Pool


def cube(x):
    return x**3


if __name__ == "__main__":
    with Pool(3) as pool:
        print(pool.map(cube, [1, 2, 3]))
        print(pool.map(cube, range(10), chunksize=4))
        print(pool.starmap(pow, [(2, 5), (3, 2), (10, 3)]))
