"""The watched program: plain mpi4py, unchanged, with watched communicators in place.

Theory of operation: as under `python -m mpi4py`, the program runs on every rank, and an exception or a status other
than 0 on one rank ends the whole job; here at once, and told with rank and host. A rank whose program is over waits
until it is over on all, after all exit functions of the program's own.

MPI is initialised before the program starts, so its settings of `mpi4py.rc` come too late.
"""

from __future__ import annotations

import atexit
import os
import sys
from typing import Any, NoReturn

import mpi4py.run
from mpi4py import MPI

from mpiprocessing.compare.counting.standins import install
from mpiprocessing.core.lastwords import exit_status
from mpiprocessing.watch import report
from mpiprocessing.watch.communicator import Watched
from mpiprocessing.watch.ledger import Ledger
from mpiprocessing.watch.watcher import Watcher

__all__ = ["main"]

_INTERRUPTED = 130


def main(argv: list[str], synchronous: bool) -> None:
    """Run a program of plain mpi4py and watch it.

    Args:
        argv: `-m module` or a script (or `-c code`), and the program's own arguments.
        synchronous: whether standard sends are to wait for their receives, as the standard allows them to.

    Raises:
        SystemExit: what the program ended with, or 2 where it cannot be watched.
    """
    _check(argv)
    ledger, process = Ledger(MPI.COMM_WORLD.rank), os.getpid()
    watcher = Watcher(ledger)
    install(Watched(ledger, synchronous))
    closing = _Closing(watcher)
    atexit.register(closing.close)  # the first to be registered is the last to be called
    watcher.start()
    try:
        mpi4py.run.run_command_line(argv)
    except SystemExit as ended:
        if closing.closed or os.getpid() != process:  # what the program forks is no rank
            raise
        status = exit_status(ended.code)
        if status:
            watcher.end_job(status, f"mpiprocessing: {_who(watcher, ledger)} ended with status {status}\n")
        raise
    except BaseException as error:
        if closing.closed or os.getpid() != process:
            raise
        status = _INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1
        watcher.end_job(status, report.failure(watcher.rank, watcher.size, ledger.host, error))


def _check(argv: list[str]) -> None:
    if argv[0] not in ("-m", "-c") and not os.path.exists(argv[0]):
        _refuse(f"there is no file {argv[0]}")
    if MPI.Query_thread() != MPI.THREAD_MULTIPLE:
        _refuse(
            "watch needs an MPI that several threads may call (MPI_THREAD_MULTIPLE), and this one was started without; "
            "look for a setting such as MPI4PY_RC_THREAD_LEVEL in your environment"
        )


def _refuse(text: str) -> NoReturn:
    if MPI.COMM_WORLD.rank == 0:
        print(f"mpiprocessing: {text}", file=sys.stderr)
    sys.exit(2)


def _who(watcher: Watcher, ledger: Ledger) -> str:
    return f"rank {watcher.rank} of {watcher.size} on {ledger.host}"


class _Closing:
    """Waits for the other ranks, once, when the program is over or when it finalises MPI itself.

    Attributes:
        closed: whether it has.
    """

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._finalize = MPI.Finalize
        self.closed = False
        module: Any = MPI
        module.Finalize = self._finalized

    def _finalized(self) -> None:
        self.close()
        self._finalize()

    def close(self) -> None:
        """This rank sends and receives nothing more."""
        if not self.closed:
            self.closed = True
            self._watcher.finish()
