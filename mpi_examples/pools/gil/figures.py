"""What the experiment has measured, and what follows from it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Figures", "crossover"]


@dataclass(frozen=True)
class Figures:
    """What was measured.

    Attributes:
        setting: the machine and the software, in a line.
        processes: how many workers there were.
        operations: the sizes of the sum, growing.
        seconds: for each way, for each repetition, the seconds
            of each size.
        startup: for each way, for each repetition, the seconds
            to start the workers and to end them; 0 where there
            are none to start.
    """

    setting: str
    processes: int
    operations: list[int]
    seconds: dict[str, list[list[float]]]
    startup: dict[str, list[float]]

    @property
    def ways(self) -> list[str]:
        """The four ways, one process first."""
        return list(self.seconds)

    def median(self, way: str) -> list[float]:
        """The median time of each size, workers started."""
        repetitions = self.seconds[way]
        columns = zip(*repetitions, strict=True)
        return [statistics.median(column) for column in columns]

    def median_startup(self, way: str) -> float:
        """The median time to start the workers and end them."""
        return statistics.median(self.startup[way])

    def ratios(
        self, way: str, *, started: bool = True
    ) -> list[float]:
        """How many times as fast as one process, by size.

        Args:
            way: which of the ways.
            started: whether the workers are there already; if
                not, starting and ending them is added.
        """
        more = 0.0 if started else self.median_startup(way)
        one = self.median(self.ways[0])
        both = zip(one, self.median(way), strict=True)
        return [alone / (other + more) for alone, other in both]


def crossover(
    operations: Sequence[int], ratios: Sequence[float]
) -> float | None:
    """From how many operations on the ratio stays above 1.

    Args:
        operations: the sizes, growing.
        ratios: how many times as fast, for each size.

    Returns:
        About where that is, between two sizes that were
        measured; the first size if it is so everywhere, None if
        it is not so at the last one.
    """
    slower = [i for i, ratio in enumerate(ratios) if ratio <= 1]
    if not slower:
        return float(operations[0])
    if slower[-1] == len(ratios) - 1:
        return None
    left, right = slower[-1], slower[-1] + 1
    low, high = math.log(ratios[left]), math.log(ratios[right])
    step = math.log(operations[right] / operations[left])
    share = -low / (high - low)
    return operations[left] * math.exp(share * step)
