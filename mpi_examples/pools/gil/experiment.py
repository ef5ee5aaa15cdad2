"""Where do several processes begin to pay, on this machine?

    python -m mpi_examples.pools.gil.experiment [--quick]
        [--processes N] [--repetitions N]
        [--plot FILE.svg|FILE.png] [--json FILE]

Theory of operation: the sum of the two programs beside this file
is done in four ways (by one process, by threads, by a pool of
multiprocessing, by ranks of MPI), for more and more operations.
Every repetition starts its workers anew, does every size in
every way, and ends them; so a machine that is busy for a while
is so for all of them, and the medians over the repetitions say
little of it. What the workers take to start and to end is kept
apart: who asks often pays it once.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import multiprocessing
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from mpi_examples.pools.gil import with_multiprocessing as twin
from mpiprocessing.launch import mpiexec

__all__ = ["Figures", "crossover", "main", "measure"]

RANKS = "mpi_examples.pools.gil.timed_ranks"
TIMEOUT = 300.0  # seconds that one job of ranks may take
LONGEST = 0.5  # seconds of one process at which growing ends
FEW = 20_000  # operations: less is repeated and averaged


class ExperimentError(RuntimeError):
    """The experiment cannot be made; the text says why."""


@dataclass(frozen=True)
class Figures:
    """What was measured.

    Attributes:
        setting: the machine and the software, in a line.
        processes: how many workers there were.
        operations: the sizes of the sum, growing.
        seconds: for each way, for each repetition, the seconds
            of each size.
        startup: for each way, for each repetition, the seconds
            to start the workers and to end them; 0 where there
            are none to start.
    """

    setting: str
    processes: int
    operations: list[int]
    seconds: dict[str, list[list[float]]]
    startup: dict[str, list[float]]

    @property
    def ways(self) -> list[str]:
        """The four ways, one process first."""
        return list(self.seconds)

    def median(self, way: str) -> list[float]:
        """The median time of each size, workers started."""
        repetitions = self.seconds[way]
        columns = zip(*repetitions, strict=True)
        return [statistics.median(column) for column in columns]

    def median_startup(self, way: str) -> float:
        """The median time to start the workers and end them."""
        return statistics.median(self.startup[way])

    def ratios(
        self, way: str, *, started: bool = True
    ) -> list[float]:
        """How many times as fast as one process, by size.

        Args:
            way: which of the ways.
            started: whether the workers are there already; if
                not, starting and ending them is added.
        """
        more = 0.0 if started else self.median_startup(way)
        one = self.median(self.ways[0])
        both = zip(one, self.median(way), strict=True)
        return [alone / (other + more) for alone, other in both]


def crossover(
    operations: Sequence[int], ratios: Sequence[float]
) -> float | None:
    """From how many operations on the ratio stays above 1.

    Args:
        operations: the sizes, growing.
        ratios: how many times as fast, for each size.

    Returns:
        About where that is, between two sizes that were
        measured; the first size if it is so everywhere, None if
        it is not so at the last one.
    """
    slower = [i for i, ratio in enumerate(ratios) if ratio <= 1]
    if not slower:
        return float(operations[0])
    if slower[-1] == len(ratios) - 1:
        return None
    left, right = slower[-1], slower[-1] + 1
    low, high = math.log(ratios[left]), math.log(ratios[right])
    step = math.log(operations[right] / operations[left])
    share = -low / (high - low)
    return operations[left] * math.exp(share * step)


# --- measuring ------------------------------------------------


@dataclass
class _Run:
    """One repetition in one way."""

    seconds: list[float] = field(default_factory=list)
    sums: list[int] = field(default_factory=list)
    startup: float = 0.0

    def do(
        self, size: int, way: Callable[..., int], *workers: Any
    ) -> None:
        """Do one size, a short one several times over."""
        begin = time.perf_counter()
        for _ in range(_calls(size)):
            total = way(size, *workers)
        seconds = time.perf_counter() - begin
        self.seconds.append(seconds / _calls(size))
        self.sums.append(total)


def measure(
    processes: int,
    repetitions: int,
    longest: float,
    progress: Callable[[str], None] = print,
) -> Figures:
    """Make the experiment.

    Args:
        processes: how many threads, processes, ranks.
        repetitions: how often each size is done in each way.
        longest: seconds; sizes grow until one process takes
            longer than this.
        progress: is told what is being done.

    Returns:
        The figures.

    Raises:
        ExperimentError: a job of ranks has failed, or a sum was
            not what one process makes of it.
        MpiexecError: no mpiexec belongs to this mpi4py.
    """
    twin.WORKERS = processes
    launcher = mpiexec.find()
    ways = ["one process"]
    for workers in ("threads", "processes", "ranks"):
        ways.append(f"{processes} {workers}")
    figures = Figures(
        _setting(launcher),
        processes,
        operations=_sizes(longest),
        seconds={way: [] for way in ways},
        startup={way: [] for way in ways},
    )
    for number in range(1, repetitions + 1):
        progress(f"repetition {number} of {repetitions}")
        runs = [
            *_here(figures.operations, processes),
            _by_ranks(figures.operations, processes),
        ]
        if any(run.sums != runs[0].sums for run in runs):
            raise ExperimentError("the sums are not all equal")
        for way, run in zip(ways, runs, strict=True):
            figures.seconds[way].append(run.seconds)
            figures.startup[way].append(run.startup)
    return figures


def _sizes(longest: float) -> list[int]:
    """100, 300, 1000, ... until one process takes `longest`."""
    sizes: list[int] = []
    seconds = 0.0
    while seconds <= longest:
        step = 3 if len(sizes) % 2 else 1
        sizes.append(step * 10 ** (2 + len(sizes) // 2))
        begin = time.perf_counter()
        twin.serial(sizes[-1])
        seconds = time.perf_counter() - begin
    return sizes


def _here(operations: Sequence[int], processes: int) -> list[_Run]:
    """The ways that need no ranks: size after size, in turn."""
    marks = [time.perf_counter()]
    # The pool first: a fork while threads run is unsafe.
    with multiprocessing.Pool(processes) as workers:
        twin.processes(processes, workers)
        marks.append(time.perf_counter())
        with ThreadPoolExecutor(processes) as executor:
            twin.threads(processes, executor)
            marks.append(time.perf_counter())
            serial, threads, pool = _Run(), _Run(), _Run()
            for size in operations:
                serial.do(size, twin.serial)
                threads.do(size, twin.threads, executor)
                pool.do(size, twin.processes, workers)
            marks.append(time.perf_counter())
        marks.append(time.perf_counter())
        workers.close()
        workers.join()
        marks.append(time.perf_counter())
    spans = [end - begin for begin, end in pairwise(marks)]
    pool.startup = spans[0] + spans[4]
    threads.startup = spans[1] + spans[3]
    return [serial, threads, pool]


def _by_ranks(operations: Sequence[int], ranks: int) -> _Run:
    """Each size by ranks of MPI, in a job of their own."""
    sizes = [f"{size}x{_calls(size)}" for size in operations]
    words = ["-m", "mpi4py", "-m", RANKS, *sizes]
    begin = time.perf_counter()
    done = mpiexec.run(words, ranks, timeout=TIMEOUT)
    seconds = time.perf_counter() - begin
    if done.timed_out or done.status != 0:
        raise ExperimentError(
            f"a job of {ranks} ranks has ended with status "
            f"{done.status}:\n{done.stdout}{done.stderr}"
        )
    row, sums, busy = json.loads(done.stdout)
    return _Run(row, sums, seconds - busy)


def _calls(size: int) -> int:
    return max(1, FEW // size)


def _setting(launcher: mpiexec.Mpiexec) -> str:
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    cores = len(os.sched_getaffinity(0))
    method = multiprocessing.get_start_method()
    return (
        f"Python {platform.python_version()} "
        f"{'with' if gil else 'without'} a GIL, {method}; "
        f"{launcher.vendor} {launcher.version}; {cores} cores"
    )


# --- telling --------------------------------------------------


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
