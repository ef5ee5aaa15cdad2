"""What the command lines of this package share: numbers that make sense, files that can be written, no mpiexec around them."""

from __future__ import annotations

import argparse
import os
from typing import IO

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


def number_of_ranks(text: str) -> int:
    """Read a number of ranks.

    Args:
        text: as it was given.

    Raises:
        ArgumentTypeError: it is none.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of ranks: 1 or more")
    return int(text)


def seconds(text: str) -> float:
    """Read a time.

    Args:
        text: as it was given.

    Raises:
        ArgumentTypeError: it is none, or nothing can be done in it.
    """
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value


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
