"""lmfit: a decaying oscillation, its parameters searched on a grid, by evolution, and sampled with emcee."""

import multiprocessing

import lmfit
import numpy as np

T = np.linspace(0, 5, 80)
DATA = 3.0 * np.exp(-0.6 * T) * np.cos(4.0 * T) + np.random.default_rng(1).normal(0, 0.1, T.size)


def residual(params):
    model = params["amplitude"] * np.exp(-params["decay"] * T) * np.cos(params["omega"] * T)
    return (model - DATA) / 0.1


def parameters():
    params = lmfit.Parameters()
    params.add("amplitude", 2.0, min=1, max=5)
    params.add("decay", 0.5, min=0.1, max=2)
    params.add("omega", 4.2, min=3, max=5)
    return params


def search(workers):
    """The best point on a grid, and the best one that evolution finds."""
    minimizer = lmfit.Minimizer(residual, parameters())
    grid = minimizer.brute(Ns=8, workers=workers)
    evolved = minimizer.minimize(
        "differential_evolution", seed=1, popsize=5, polish=False, updating="deferred", workers=workers
    )
    return [list(result.params.valuesdict().values()) for result in (grid, evolved)]


def sample(workers):
    minimizer = lmfit.Minimizer(residual, parameters())
    return minimizer.emcee(steps=20, nwalkers=20, seed=1, workers=workers, progress=False).chain


if __name__ == "__main__":
    found = search(2)  # a pool of its own
    print("decay {:.1f}, omega {:.1f}".format(*found[1][1:]))
    print("search, as in the serial run:", found == search(1))
    serial = sample(1)
    print("emcee with two workers, as in the serial run:", np.array_equal(sample(2), serial))
    with multiprocessing.Pool() as pool:
        print("emcee with a pool, as in the serial run:", np.array_equal(sample(pool), serial))
