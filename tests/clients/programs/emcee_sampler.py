"""emcee: a straight line fitted to noisy points; the pool computes the likelihoods of an ensemble of walkers."""

import multiprocessing

import emcee
import numpy as np

WALKERS, STEPS = 24, 40
X = np.linspace(0, 10, 50)
Y = 2.5 * X - 1 + np.random.default_rng(1).normal(0, 0.5, X.size)


def log_probability(theta):
    slope, intercept, log_sigma = theta
    if not -5 < log_sigma < 5:
        return -np.inf
    residuals = (Y - slope * X - intercept) / np.exp(log_sigma)
    return -0.5 * np.sum(residuals**2) - X.size * log_sigma


def sample(pool=None):
    start = np.array([2.0, 0.0, 0.0]) + 0.1 * np.random.default_rng(2).normal(size=(WALKERS, 3))
    sampler = emcee.EnsembleSampler(WALKERS, 3, log_probability, pool=pool)
    sampler.random_state = np.random.RandomState(3).get_state()
    sampler.run_mcmc(start, STEPS)
    return sampler.get_chain()


if __name__ == "__main__":
    with multiprocessing.Pool() as pool:
        chain = sample(pool)
    slope, intercept, _ = chain[STEPS // 2 :].mean(axis=(0, 1))
    print(f"y = {slope:.1f} x + {intercept:.1f}")
    print("as in the serial run:", np.array_equal(chain, sample()))
