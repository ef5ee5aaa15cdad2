"""What the command lines of this package share: numbers that make sense, files that can be written, no mpiexec around them."""

from __future__ import annotations

import argparse
import os
from typing import IO

from mpiprocessing.launch.arguments import number_of_ranks, seconds

__all__ = ["UNDER_MPIEXEC", "number_of_ranks", "open_to_write", "refuse_mpiexec", "seconds"]

UNDER_MPIEXEC = ("PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_RANK")
"""Variables that a rank finds in its environment."""


def refuse_mpiexec(parser: argparse.ArgumentParser, command: str) -> None:
    """End with a message where this process is a rank already.

    Args:
        parser: says it, and ends the program.
        command: what starts mpiexec itself.
    """
    if any(name in os.environ for name in UNDER_MPIEXEC):
        parser.error(f"{command} starts mpiexec itself: run it without mpiexec")


def open_to_write(parser: argparse.ArgumentParser, path: str | None) -> IO[str] | None:
    """Open a file before the runs: they take longer than a wrong path deserves.

    Args:
        parser: says what is wrong, and ends the program.
        path: of the file, None for none.
    """
    if path is None:
        return None
    try:
        return open(path, "w", encoding="utf-8")
    except OSError as error:
        parser.error(f"cannot write {path}: {error.strerror}")
