"""Numbers on command lines: what is none, or makes no sense, is refused before anything is started."""

from __future__ import annotations

import argparse

__all__ = ["number_of_ranks", "seconds"]

_MOST = 2**31 - 1  # ranks that MPI can number


def number_of_ranks(text: str) -> int:
    """Read a number of ranks.

    Args:
        text: as it was given.

    Raises:
        ArgumentTypeError: it is none.
    """
    if not text.isdecimal() or len(text) > len(str(_MOST)) or not 1 <= int(text) <= _MOST:
        raise argparse.ArgumentTypeError(f"{text!r:.40} is not a number of ranks: 1 or more")
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
        raise argparse.ArgumentTypeError(f"{text!r:.40} is not a number of seconds above 0")
    return value
