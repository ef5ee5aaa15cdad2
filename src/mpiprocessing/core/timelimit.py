"""A time limit as the user gives it: seconds, or None for ever."""

from __future__ import annotations

import math

__all__ = ["time_limit"]


def time_limit(timeout: float | None) -> float | None:
    """Read a time limit.

    Args:
        timeout: seconds; None for ever; less than 0 counts as 0.

    Raises:
        TypeError: it is no number, in the words of the standard library.
    """
    return None if timeout is None else max(math.ldexp(timeout, 0), 0.0)
