"""nautilus: the evidence of a model, by importance nested sampling; the pool computes the likelihoods."""

import multiprocessing

import nautilus
import numpy as np

WORKERS = 3


class OneByOne:
    """Like a pool of so many workers: how many there are decides how many points are proposed at a time."""

    size = WORKERS

    def map(self, function, points):
        return list(map(function, points))


def log_likelihood(x):
    return -0.5 * np.sum(((x - 0.5) / 0.1) ** 2)


def transform(u):
    return 2 * u - 1


def sample(pool):
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
    sampler.run(n_eff=5, f_live=0.5, verbose=False)
    return sampler.log_z


if __name__ == "__main__":
    serial = sample(OneByOne())
    with multiprocessing.Pool(WORKERS) as pool:
        print("a pool, as in the serial run:", sample(pool) == serial)
    print("a pool of its own, as in the serial run:", sample(WORKERS) == serial)
