"""The counted program: plain mpi4py, unchanged, with counting communicators in place.

Theory of operation: the program runs unchanged, on every rank, as under `python -m mpi4py`: an exception or
a non-zero exit of one rank ends the whole job. Before it is imported, counting communicators take the place
of MPI.COMM_WORLD and MPI.COMM_SELF (see communicator.py). When the program has ended on all ranks,
their tallies are gathered over a communicator of our own and rank 0 writes the figures to the file that
MPIPROCESSING_STATISTICS names; without that variable the program just runs.

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

from mpiprocessing.compare.counting.communicator import install
from mpiprocessing.compare.counting.tally import Tally
from mpiprocessing.compare.figures import STATISTICS, Figures

__all__ = ["main"]


def main(argv: list[str]) -> None:
    """Run a program of plain mpi4py and write its figures.

    Args:
        argv: `-m module` or a script (or `-c code`), and the program's own arguments.

    Raises:
        SystemExit: what the program ended with, or 2 without a program.
    """
    if not argv or (argv[0] in ("-m", "-c") and len(argv) < 2):
        print(
            "usage: python -m mpiprocessing.compare.counted [-m module | script.py] [args]", file=sys.stderr
        )
        sys.exit(2)
    tally = Tally()
    closing = _Closing(tally)
    install(tally)
    try:
        mpi4py.run.run_command_line(argv)
    except SystemExit as exit_:
        if exit_.code not in (None, 0):
            mpi4py.run.set_abort_status(exit_)
            raise
    except BaseException as error:
        mpi4py.run.set_abort_status(error if isinstance(error, KeyboardInterrupt) else 1)
        raise
    closing.write()


class _Closing:
    """Gathers the tallies of all ranks, once, when the program is over or when it finalises MPI itself."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
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
        own = self._tally.figures(self._comm.size, time.perf_counter() - self._started)
        every = self._comm.gather(
            own.to_json()
        )  # plain data: its class may be forgotten by now, see counted.py
        if every is not None and STATISTICS in os.environ:
            reduce(Figures.merged, map(Figures.from_json, every)).write(Path(os.environ[STATISTICS]))
