"""schwimmbad: the same work with whatever pool is chosen; emcee with an MPIPool, in the form its users write."""

import sys

import emcee
import numpy as np
from schwimmbad import MPIPool, choose_pool


def log_probability(x, scale):
    return -0.5 * np.sum((x / scale) ** 2)


def square(n):
    return n * n


def sum_of_squares(batch):
    bounds, numbers = batch
    return bounds, sum(number**2 for number in numbers)


def sample(pool):
    start = np.random.default_rng(2).normal(size=(16, 2))
    sampler = emcee.EnsembleSampler(16, 2, log_probability, args=[3.0], pool=pool)
    sampler.random_state = np.random.RandomState(3).get_state()
    sampler.run_mcmc(start, 30)
    return sampler.get_chain()


if __name__ == "__main__":
    with MPIPool() as pool:
        if not pool.is_master():
            pool.wait()
            sys.exit(0)
        print("emcee, as in the serial run:", np.array_equal(sample(pool), sample(None)))

    for options in ({"mpi": True}, {"processes": 3}):
        with choose_pool(**options) as pool:
            seen = []
            results = list(pool.map(square, range(20), callback=seen.append))
            print(
                type(pool).__name__,
                pool.size,
                "workers, as in the serial run:",
                results == [n * n for n in range(20)],
            )
            print("the callback has seen them all:", sorted(seen) == results)

    with choose_pool(mpi=True) as pool:
        print(pool.batched_map(sum_of_squares, range(10)))
