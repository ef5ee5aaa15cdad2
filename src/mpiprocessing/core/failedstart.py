"""What is wrong with a start is said once for each host, and is not lost.

Before MPI is up every rank of a host meets the same error, and they cannot talk. Some launchers end the other ranks as soon as
one has failed, before these have said a word; some do not, and all would say it. So the ranks of a host compete for a name, in
the kernel's list of sockets, that belongs to their launcher: who gets it speaks, and all stay for a moment.
"""

from __future__ import annotations

import os
import sys
from errno import EADDRINUSE
from socket import AF_UNIX, SOCK_DGRAM, socket
from time import sleep

from mpiprocessing.core.environment import is_launched

__all__ = ["say_why"]

_LAST_WORDS = 0.5
"""Seconds between the words of one rank and the end of any: for the words to get out, and for ranks that start late."""


def say_why(error: Exception) -> None:
    """Say why this job cannot start, should no other rank of this host do so."""
    if not is_launched():
        _say(error)
        return
    with socket(AF_UNIX, SOCK_DGRAM) as name:
        try:
            name.bind(f"\0mpiprocessing-start-{os.getppid()}")
        except OSError as taken:
            if taken.errno != EADDRINUSE:  # a system without such names
                _say(error)
        else:
            _say(error)
        sleep(_LAST_WORDS)


def _say(error: Exception) -> None:
    if sys.stderr is not None:
        sys.stderr.write(f"mpiprocessing: {error}\n")
        sys.stderr.flush()
