"""Starting a programme in a column, and saying why it ended badly."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Sequence

from mpiprocessing.bench.columns import Column
from mpiprocessing.launch import mpiexec

__all__ = ["launch", "why"]


def launch(args: Sequence[str], column: Column, ranks: int, limit: float, show: bool) -> mpiexec.Completed:
    """Run a programme as a column does.

    Args:
        args: the programme and its arguments.
        column: how it is started.
        ranks: how many processes mpiexec starts.
        limit: seconds after which it is ended.
        show: print the command to stderr first.

    Returns:
        How it ended.

    Raises:
        MpiexecError: there is no mpiexec for this interpreter's mpi4py.
    """
    words = [*column.switches, *args]
    if column.start == "python":
        return mpiexec.run_group([sys.executable, *words], timeout=limit, show=show)
    return mpiexec.run(words, ranks, timeout=limit, show=show)


def why(done: mpiexec.Completed) -> str:
    """Say in a line why a programme ended badly.

    Args:
        done: how it ended.

    Returns:
        What its exception said, or its status.
    """
    if done.timed_out:
        return f"ended at the time limit, after {done.seconds:.0f} s"
    said = [line.strip() for line in done.stderr.splitlines()]
    errors = [line for line in said if re.match(r"[\w.]*(Error|Exception|Exit)\b", line)]
    told = f": {errors[-1]}" if errors else ""
    if done.status >= 0:
        return f"ended with status {done.status}{told}"
    try:
        return f"ended by {signal.Signals(-done.status).name}{told}"
    except ValueError:
        return f"ended by signal {-done.status}{told}"
