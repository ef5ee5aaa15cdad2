"""The end of every rank at once: MPI's Abort, and what it leaves undone."""

from __future__ import annotations

import contextlib
import os
import sys
from time import sleep

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

__all__ = ["abort", "end_rank", "flush"]

end_rank = os._exit
"""The rank's own end: while a program runs, `ending.py` gives that name to the end of the process which runs here."""

_LAST_WORDS = 0.3
"""Seconds for launchers to pass on what was printed."""


def flush() -> None:
    """Write out what this process has printed."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # the program may have put anything there
            stream.flush()


def abort(mpi_abort: Callable[[int], None], status: int) -> NoReturn:
    """End every rank of the job; what was printed before has a moment to get out.

    Args:
        mpi_abort: the method `Abort` of the world's communicator.
        status: for the shell.
    """
    flush()
    # Launchers forward what ranks print, and drop what they have not read when the job is aborted (MPICH's does).
    # Nothing tells when they have: a pause is all there is.
    sleep(_LAST_WORDS)
    mpi_abort(status)
    # MPICH before 5.1 asks its launcher to end the job and returns. What comes after the call must not be run: it
    # would print a traceback, or a status, once more.
    end_rank(status)
