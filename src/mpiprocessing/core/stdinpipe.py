"""Rank 0's stdin, where our launcher hands it over by a named pipe of its own instead of through the mpiexec.

What an mpiexec forwards is lines, at best: Open MPI's (5.0) never delivers the end of file, not even that of /dev/null
(openpmix/prrte#2373), so that a program which reads to the end waits for ever; MPICH's (5.0) ends the job, with 141, where
64 KB more have come than rank 0 has read. A pipe that both ends know by its name has neither trouble.
"""

from __future__ import annotations

import contextlib
import os

__all__ = ["STDIN_PIPE", "adopt"]

STDIN_PIPE = "MPIPROCESSING_STDIN"
"""Environment variable: the named pipe that the launcher has made, on its own host."""


def adopt() -> None:
    """Have this process, and what it will start, read from the launcher's pipe; nothing changes where there is none.

    From the descriptor, not from `sys.stdin`: that is the program's, and so are `os.read(0, …)` and the stdin of its commands.
    """
    path = os.environ.get(STDIN_PIPE)
    if not path:
        return
    with contextlib.suppress(OSError):  # the launcher has gone, or this is another job
        pipe = os.open(
            path, os.O_RDONLY | os.O_CLOEXEC
        )  # waits for the launcher: before it writes, all would be at its end
        try:
            os.dup2(pipe, 0)
        finally:
            os.close(pipe)
