"""Where do several processes begin to pay, on this machine?

    python -m mpi_examples.pools.gil.experiment [--quick]
        [--processes N] [--repetitions N]
        [--plot FILE.svg|FILE.png] [--json FILE]

The sum of the two programs beside this file is done in four
ways (by one process, by threads, by a pool of multiprocessing,
by ranks of MPI), for more and more operations; measuring.py does
it, figures.py is what comes out, plot.py draws it.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from mpi_examples.pools.gil.figures import Figures, crossover
from mpi_examples.pools.gil.measuring import (
    ExperimentError,
    measure,
)
from mpiprocessing.launch import mpiexec

__all__ = ["main"]

LONGEST = 0.5  # seconds of one process at which growing ends


def _table(figures: Figures) -> Table:
    """A row a size: seconds, and how many times as fast."""
    table = Table(box=box.SIMPLE_HEAD, padding=0, pad_edge=False)
    for heading in ("operations", *figures.ways):
        table.add_column(heading, justify="right", no_wrap=True)
    first, *others = figures.ways
    medians = {way: figures.median(way) for way in figures.ways}
    ratios = {way: figures.ratios(way) for way in others}
    for row, size in enumerate(figures.operations):
        cells = [f"{size:,}", _seconds(medians[first][row])]
        for way in others:
            times = f"{ratios[way][row]:6.2f}x"
            cells.append(_seconds(medians[way][row]) + times)
        table.add_row(*cells)
    table.add_section()
    starts = [figures.median_startup(way) for way in others]
    cells = [f"{_seconds(start)}{'':7}" for start in starts]
    table.add_row("to start", "-", *cells)
    return table


def _verdicts(figures: Figures) -> list[str]:
    """From where on each way is faster than one process."""
    lines = []
    for way in figures.ways[1:]:
        ready = crossover(figures.operations, figures.ratios(way))
        cold = crossover(
            figures.operations, figures.ratios(way, started=False)
        )
        if ready is None:
            most = f"{figures.operations[-1]:,}"
            lines.append(
                f"{way} are not faster than one process, not even "
                f"with {most} operations"
            )
        else:
            lines.append(
                f"from about {_round(ready)} operations on, {way} "
                f"are faster than one process; "
                + (
                    "not within these sizes"
                    if cold is None
                    else f"from about {_round(cold)} on"
                )
                + " if they are started for this alone"
            )
    return lines


def _round(number: float) -> str:
    digits = 1 - math.floor(math.log10(number))
    return f"{round(number, digits):,.0f}"


def _seconds(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


# --- the command ----------------------------------------------


def main(argv: Sequence[str] | None = None) -> int:
    """Make the experiment, and tell what came out.

    Args:
        argv: the command line's words; those of the process if
            None.

    Returns:
        0, or 1 if it could not be made.
    """
    parser = argparse.ArgumentParser(
        prog="python -m mpi_examples.pools.gil.experiment",
        description=__doc__.partition("\n")[0],
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="a few small sizes")
    add("--processes", type=int, default=2, metavar="N")
    add("--repetitions", type=int, metavar="N")
    add("--plot", type=Path, metavar="FILE", help=".svg or .png")
    add("--json", type=Path, metavar="FILE", help="all figures")
    options = parser.parse_args(argv)
    if options.processes < 2:
        parser.error("--processes must be 2 or more")
    draw = _drawing(parser, options.plot) if options.plot else None
    repetitions = options.repetitions or (2 if options.quick else 5)
    longest = LONGEST / 100 if options.quick else LONGEST

    console = Console(highlight=False)
    try:
        with console.status("") as status:
            figures = measure(
                options.processes,
                repetitions,
                longest,
                status.update,
            )
    except (ExperimentError, mpiexec.MpiexecError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    console.print(figures.setting, soft_wrap=True)
    console.print(
        f"medians of {repetitions}; x: times as fast as one process"
    )
    console.print(_table(figures))
    for line in _verdicts(figures):
        console.print(line, soft_wrap=True)
    if options.json:
        text = json.dumps(asdict(figures), indent=1)
        options.json.write_text(text + "\n", encoding="utf-8")
    if draw:
        draw(figures, options.plot)
    return 0


def _drawing(parser: argparse.ArgumentParser, file: Path) -> Any:
    """The function that draws, looked up before measuring."""
    if file.suffix not in (".svg", ".png"):
        parser.error("--plot: the name must end in .svg or .png")
    try:
        module = importlib.import_module(f"{__package__}.plot")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "matplotlib":
            raise
        parser.error(
            "--plot needs matplotlib, which is not installed: "
            "pip install 'mpiprocessing[docs]'"
        )
    return module.plot


if __name__ == "__main__":
    sys.exit(main())
