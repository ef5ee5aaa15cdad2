"""The counted program: plain mpi4py, unchanged, with counting communicators in place.

Theory of operation: the program runs unchanged, on every rank, as under `python -m mpi4py`: an exception or
a non-zero exit of one rank ends the whole job. Before it is imported, counting communicators take the place
of MPI.COMM_WORLD and MPI.COMM_SELF (see communicator.py). When the program has ended on all ranks,
their tallies are gathered over a communicator of our own and rank 0 writes the figures to the file that
MPIPROCESSING_STATISTICS names; without that variable the program just runs. What else is to be done at the
beginning and the end, for a trace, is a `Companion`.

MPI is initialised before the program starts, so its settings of `mpi4py.rc` come too late.
"""

from __future__ import annotations

import os
import sys
import time
from functools import reduce
from pathlib import Path
from typing import Any

import mpi4py.run
from mpi4py import MPI

from mpiprocessing.compare.counting.communicator import Counters
from mpiprocessing.compare.counting.standins import install
from mpiprocessing.compare.counting.tally import Tally
from mpiprocessing.compare.figures import STATISTICS, Figures

__all__ = ["USAGE", "Companion", "main"]

USAGE = "usage: python -m mpiprocessing.compare.counted [-m module | script.py] [args]"


class Companion:
    """What goes along with a counted program: here nothing but counting.

    Args:
        tally: where calls are counted.
    """

    def __init__(self, tally: Tally) -> None:
        self.counters = Counters(tally)

    def closed(self) -> None:
        """The program has ended on this rank; what it did is complete."""

    def gathered(self) -> None:
        """Collective: every rank has come this far."""

    def failed(self) -> None:
        """This rank fails, and ends the job when this returns."""


def main(argv: list[str], companion_type: type[Companion] = Companion, usage: str = USAGE) -> None:
    """Run a program of plain mpi4py and write its figures.

    Args:
        argv: `-m module` or a script (or `-c code`), and the program's own arguments.
        companion_type: what goes along with it.
        usage: what is said without a program.

    Raises:
        SystemExit: what the program ended with, or 2 without a program.
    """
    if not argv or (argv[0] in ("-m", "-c") and len(argv) < 2):
        print(usage, file=sys.stderr)
        sys.exit(2)
    if argv[0] not in ("-m", "-c") and not os.path.exists(argv[0]):
        if MPI.COMM_WORLD.rank == 0:
            print(f"mpiprocessing: there is no file {argv[0]}", file=sys.stderr)
        sys.exit(2)
    tally = Tally()
    companion = companion_type(tally)
    closing = _Closing(tally, companion)
    install(companion.counters)
    try:
        mpi4py.run.run_command_line(argv)
    except SystemExit as exit_:
        if exit_.code not in (None, 0):
            companion.failed()
            mpi4py.run.set_abort_status(exit_)
            raise
    except BaseException as error:
        companion.failed()
        mpi4py.run.set_abort_status(error if isinstance(error, KeyboardInterrupt) else 1)
        raise
    closing.write()


class _Closing:
    """Gathers the tallies of all ranks, once, when the program is over or when it finalises MPI itself."""

    def __init__(self, tally: Tally, companion: Companion) -> None:
        self._tally = tally
        self._companion = companion
        self._comm = MPI.COMM_WORLD.Dup()  # of our own: a message the program left unreceived cannot get here
        self._finalize = MPI.Finalize
        self._written = False
        module: Any = MPI
        module.Finalize = self._finalized
        self._started = time.perf_counter()

    def _finalized(self) -> None:
        self.write()
        self._finalize()

    def write(self) -> None:
        if self._written:
            return
        self._written = True
        self._companion.closed()
        own = self._tally.figures(self._comm.size, time.perf_counter() - self._started)
        every = self._comm.gather(
            own.to_json()
        )  # plain data: its class may be forgotten by now, see counted.py
        if every is not None and STATISTICS in os.environ:
            reduce(Figures.merged, map(Figures.from_json, every)).write(Path(os.environ[STATISTICS]))
        self._companion.gathered()
