"""The command line: list the patterns, or show one.

With no argument it lists the catalogue; `show queue` prints the
two programs of a pattern side by side and how to run them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console

from mpi_examples.catalogue import UnknownPatternError, find
from mpi_examples.show import (
    how_to_run,
    render_catalogue,
    render_pattern,
)

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for.

    Args:
        arguments: the command line, sys.argv by default.

    Returns:
        The exit status: 0, or 2 for a pattern that is not there.
    """
    options = _parser().parse_args(arguments)
    console = Console()
    if options.verb is None:
        console.print(render_catalogue())
        print("One of them: python -m mpi_examples show PATTERN")
        return 0
    try:
        pattern = find(options.pattern)
    except UnknownPatternError as unknown:
        print(f"mpi_examples: {unknown}", file=sys.stderr)
        return 2
    console.print(render_pattern(pattern, console.width))
    print(how_to_run(pattern))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mpi_examples",
        description="Patterns of parallel programs, each written "
        "for multiprocessing and for mpi4py.",
    )
    verbs = parser.add_subparsers(dest="verb")
    show = verbs.add_parser(
        "show", help="print the two programs side by side"
    )
    show.add_argument("pattern", help="queue, or channels/queue")
    return parser


if __name__ == "__main__":
    sys.exit(main())
