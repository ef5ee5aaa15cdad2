"""Samples become a median and its spread."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Spread"]


@dataclass(frozen=True)
class Spread:
    """What several samples of one amount say.

    Attributes:
        median: half of the samples are at most that.
        low: the first quartile.
        high: the third quartile.
        least: the smallest sample.
        most: the largest.
    """

    median: float
    low: float
    high: float
    least: float
    most: float

    @classmethod
    def of(cls, samples: Sequence[float]) -> Spread:
        """Sum up samples.

        Args:
            samples: one at least.

        Returns:
            Their spread; the quartiles are those within the samples, as for a whole population.

        Raises:
            ValueError: there are none.
        """
        if not samples:
            raise ValueError("no samples")
        if len(samples) == 1:
            return cls(*[samples[0]] * 5)
        low, median, high = statistics.quantiles(samples, n=4, method="inclusive")
        return cls(median, low, high, min(samples), max(samples))
