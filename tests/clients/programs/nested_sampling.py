"""dynesty and nautilus: the evidence of a model, by nested sampling; the pool computes the likelihoods."""

import multiprocessing

import dynesty
import dynesty.pool
import nautilus
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


def with_dynesty(pool, likelihood=log_likelihood, prior=transform):
    sampler = dynesty.NestedSampler(
        likelihood, prior, 2, nlive=60, rstate=np.random.default_rng(1), pool=pool, queue_size=OneByOne.size
    )
    sampler.run_nested(dlogz=5, print_progress=False)
    return sampler.results.logl


def with_nautilus(pool):
    """The likelihoods alone go to the pool; the sampler draws other numbers where it has one as well."""
    sampler = nautilus.Sampler(
        transform,
        log_likelihood,
        2,
        n_live=60,
        n_networks=0,
        n_batch=60,
        seed=1,
        pool=(pool, None),
        pass_dict=False,
    )
    sampler.run(n_eff=20, f_live=0.2, verbose=False)
    return sampler.log_z


if __name__ == "__main__":
    evidence, path = with_nautilus(OneByOne()), with_dynesty(OneByOne())
    with multiprocessing.Pool(OneByOne.size) as pool:
        print("nautilus, as in the serial run:", with_nautilus(pool) == evidence)
        print("dynesty, as in the serial run:", np.array_equal(with_dynesty(pool), path))
    with dynesty.pool.Pool(OneByOne.size, log_likelihood, transform) as pool:
        found = with_dynesty(pool, pool.loglike, pool.prior_transform)
    print("dynesty with its own pool, as in the serial run:", np.array_equal(found, path))
    print("nautilus with a pool of its own, as in the serial run:", with_nautilus(OneByOne.size) == evidence)
