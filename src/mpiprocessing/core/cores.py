"""The cores that a rank may run on, as a short text such as "0-3,8"."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["affinity", "compact"]


def affinity() -> str:
    """The cores that this process may run on; "" where the system does not tell."""
    try:
        return compact(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return ""


def compact(numbers: Iterable[int]) -> str:
    """Numbers as text, with each run of neighbours as its first and last."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
