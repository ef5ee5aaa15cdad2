"""What workers do: nothing, or compute for a while; and how often a map is to be cut."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["TASKS", "chunksize_of", "durations"]


def _tiny(seconds: float) -> float:
    return seconds


def _compute(seconds: float) -> float:
    """Use the processor for so long: tasks that share a core take longer, as real ones do."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass
    return seconds


TASKS: dict[str, Callable[[float], float]] = {"tiny": _tiny, "even": _compute, "unequal": _compute}


def durations(task: str, count: int) -> list[float]:
    """How long each task computes.

    Args:
        task: "tiny": not at all; "even": 1 ms; "unequal": from nothing, growing, to 1 ms at the end.
        count: how many tasks.

    Returns:
        Seconds for each.
    """
    if task == "unequal":
        return [1e-3 * (number + 1) / count for number in range(count)]
    return [1e-3 if task == "even" else 0.0] * count


def chunksize_of(chunks: str, count: int, workers: int) -> int:
    """How many tasks go to a worker at once, for libraries that do not decide that themselves.

    Args:
        chunks: "each" or "auto".
        count: how many tasks.
        workers: how many workers.

    Returns:
        1, or what the standard library's pool takes: four chunks for each worker.
    """
    return 1 if chunks == "each" else -(-count // (4 * workers)) or 1
