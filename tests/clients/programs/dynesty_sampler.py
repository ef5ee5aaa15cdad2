"""dynesty: the evidence of a model, by nested sampling; the pool computes the likelihoods."""

import multiprocessing

import dynesty
import dynesty.pool
import numpy as np


class OneByOne:
    """Like a pool of three workers: how many there are decides how many points are proposed at a time."""

    size = 3

    def map(self, function, points):
        return list(map(function, points))


def log_likelihood(x):
    return -0.5 * np.sum(((x - 0.5) / 0.1) ** 2)


def transform(u):
    return 2 * u - 1


def sample(pool, likelihood=log_likelihood, prior=transform):
    sampler = dynesty.NestedSampler(
        likelihood, prior, 2, nlive=60, rstate=np.random.default_rng(1), pool=pool, queue_size=OneByOne.size
    )
    sampler.run_nested(dlogz=5, print_progress=False)
    return sampler.results.logl


if __name__ == "__main__":
    serial = sample(OneByOne())
    with multiprocessing.Pool(OneByOne.size) as pool:
        print("a pool, as in the serial run:", np.array_equal(sample(pool), serial))
    with dynesty.pool.Pool(OneByOne.size, log_likelihood, transform) as pool:
        found = sample(pool, pool.loglike, pool.prior_transform)
    print("dynesty's own pool, as in the serial run:", np.array_equal(found, serial))
