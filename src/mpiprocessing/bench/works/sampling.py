"""How an operation is measured: repeated until it takes long enough, and then some times more.

Theory of operation: the first calls find out how many operations fill the wanted time, and warm up whatever needs it. They are
not counted. Each further call is a sample: the amount for one operation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

__all__ = ["Order", "sampled"]

_GROWTH = 12.0  # one call says little of a call of a hundred times the operations


class Order(TypedDict):
    """What is asked for.

    Attributes:
        name: of the work, in the catalogue.
        program: the module of the programme.
        function: in the programme's table.
        arguments: for it.
        parties: how many processes take part.
        first: how many operations at the first call.
        seconds: how long a sample should take; 0 for a work that is done `first` times each time, without a trial.
        samples: how many.
    """

    name: str
    program: str
    function: str
    arguments: dict[str, str | float]
    parties: int
    first: int
    seconds: float
    samples: int


def sampled(call: Callable[[int], float], order: Order) -> tuple[int, list[float]]:
    """Measure an operation.

    Args:
        call: does it as often as it is told, and returns the amount for all of them.
        order: what is asked for.

    Returns:
        How many operations make a sample, and the samples: amounts for one operation.
    """
    count, wanted = order["first"], order["seconds"]
    if wanted:
        amount = call(count)
        while amount < wanted / 2:
            count = max(count + 1, round(count * min(_GROWTH, wanted / max(amount, 1e-9))))
            amount = call(count)
    return count, [call(count) / count for _ in range(order["samples"])]
