"""Whole programs, timed from outside: what a job takes to start and to end, and what an import takes."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from mpiprocessing.bench.catalogue import Work
from mpiprocessing.bench.columns import BARE, OURS, Column
from mpiprocessing.bench.launching import launch, why
from mpiprocessing.launch import mpiexec

__all__ = ["FailedError", "times"]

_PROGRAMS = Path(__file__).with_name("works") / "startup"
_IMPORTS = {OURS: "import mpiprocessing", BARE: "from mpi4py import MPI"}
AGAIN = 5
"""How often an import is timed for one sample: it takes a few hundredths of a second."""

_LIMIT = 60.0


class FailedError(RuntimeError):
    """A program that does nothing did not end well; the text says how."""


def times(work: Work, column: Column, ranks: int, samples: int, show: bool) -> list[float]:
    """Time a program that does nothing, or an import.

    Args:
        work: of the family "startup".
        column: where.
        ranks: how many processes mpiexec starts.
        samples: how many times.
        show: print each command to stderr first.

    Returns:
        Seconds, for each time.

    Raises:
        FailedError: it did not end well.
        MpiexecError: there is no mpiexec for this interpreter's mpi4py.
    """
    if work.function == "import":
        return [_import(_IMPORTS[column.name], show) for _ in range(samples)]
    # What does nothing with multiprocessing does not import it either.
    name = "hello" if work.function == "hello" and column.name != BARE else column.programs
    program = str(_PROGRAMS / f"{name}.py")
    return [_seconds(launch([program], column, ranks, _LIMIT, show)) for _ in range(samples)]


def _import(statement: str, show: bool) -> float:
    """The difference of the medians of several interpreters with it and without, in turn."""
    found: dict[str, list[float]] = {statement: [], "pass": []}
    for _ in range(AGAIN):
        for code, seconds in found.items():
            seconds.append(_seconds(_python(["-c", code], show)))
    return statistics.median(found[statement]) - statistics.median(found["pass"])


def _python(args: Sequence[str], show: bool) -> mpiexec.Completed:
    return mpiexec.run_group([sys.executable, *args], timeout=_LIMIT, show=show)


def _seconds(done: mpiexec.Completed) -> float:
    if done.status:
        raise FailedError(why(done))
    return done.seconds
