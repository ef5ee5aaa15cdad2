"""The experiment itself: the same sums, in four ways, timed.

Theory of operation: every repetition starts its workers anew,
does every size in every way, and ends them; so a machine that is
busy for a while is so for all of them, and the medians over the
repetitions say little of it. What the workers take to start and
to end is kept apart: who asks often pays it once.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from mpi_examples.pools.gil import with_multiprocessing as twin
from mpi_examples.pools.gil.figures import Figures
from mpiprocessing.launch import mpiexec

__all__ = ["ExperimentError", "measure"]

RANKS = "mpi_examples.pools.gil.timed_ranks"
TIMEOUT = 300.0  # seconds that one job of ranks may take
FEW = 20_000  # operations: less is repeated and averaged


class ExperimentError(RuntimeError):
    """The experiment cannot be made; the text says why."""


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
