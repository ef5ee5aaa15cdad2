"""A batch of joblib's tasks in a worker: run, so that an exception tells which of them has raised it.

The worker need not load joblib's side of the backend (`joblib_backend.py`) for it.
"""

from __future__ import annotations

from operator import length_hint
from typing import Any

from mpiprocessing.pools.remote import Argument, describe, shown, tells

try:
    import threadpoolctl
except ImportError:
    threadpoolctl = None

__all__ = ["run_batch"]


def _called_with(names: dict[str, Any]) -> Argument:
    """What `run_batch` was at when that raised."""
    tasks = names["tasks"]
    offset = len(tasks) - length_hint(names["batch"].items) - 1
    function, args, kwds = tasks[offset]
    called = f"{getattr(function, '__name__', shown(function))}({describe(args, kwds)})"
    return Argument(called, names["first"] + offset)


@tells(_called_with)
def run_batch(first: int, threads: int | None, batch: Any) -> Any:
    """Run a batch, with at most so many threads in the libraries below.

    Args:
        first: how many tasks of the same call came before it.
        threads: how many; None for any number.
        batch: joblib's `BatchedCalls`.

    Returns:
        The list of results.
    """
    tasks = batch.items
    batch.items = iter(tasks)  # how many are left of them tells which one was called last
    if threads is None or threadpoolctl is None:
        return batch()
    with threadpoolctl.threadpool_limits(threads):
        return batch()
