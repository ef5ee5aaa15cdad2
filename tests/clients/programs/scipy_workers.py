"""SciPy: `workers` given as a pool's map, and as a number, with which SciPy makes a pool of its own."""

import multiprocessing

import numpy as np
from scipy.integrate import quad_vec
from scipy.optimize import brute, differential_evolution, rosen

BOUNDS = [(-2, 2)] * 4


def spectrum(x):
    return np.cos(np.arange(8) * x) * np.exp(-x)


def valley(x):
    return rosen(x)


def compute(workers):
    """The points, values and integrals that SciPy finds."""
    evolved = differential_evolution(
        valley, BOUNDS, rng=1, maxiter=15, polish=False, updating="deferred", workers=workers
    )
    grid = brute(valley, [slice(-1, 1.5, 0.5)] * 3, full_output=True, finish=None, workers=workers)
    integral, error = quad_vec(spectrum, 0, 20, epsrel=1e-9, workers=workers)
    return [evolved.x, evolved.population, np.array(grid[0]), grid[3], integral, np.array(error)]


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


if __name__ == "__main__":
    serial = compute(1)
    with multiprocessing.Pool() as pool:
        print("integrals:", serial[4][:3].round(3))
        print("workers=pool.map, as in the serial run:", same(compute(pool.map), serial))
    for workers in (2, -1):
        print(f"workers={workers}, as in the serial run:", same(compute(workers), serial))
