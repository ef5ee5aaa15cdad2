"""Running columns: each in its own process group, under a time limit, its figures read afterwards.

Theory of operation: every column writes its own figures to a file of its own (see figures.py), the standard
library's too, which runs through timed.py and has only its work time to tell. What is left of the total is
start-up: mpiexec, the interpreters, MPI's own initialisation, and the end of all that. Where a trace is wanted,
the columns that pass messages write what happened on their ranks to a second file (see recordings.py).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mpiprocessing.compare.catalogue import Column, Subject
from mpiprocessing.compare.figures import STATISTICS, Figures
from mpiprocessing.compare.recordings import read
from mpiprocessing.compare.timeline import Timeline
from mpiprocessing.core.recording import TIMELINE
from mpiprocessing.launch import mpiexec

__all__ = ["Run", "Runner"]

_TIMED = Path(__file__).with_name("timed.py")


@dataclass(frozen=True)
class Run:
    """How one column ended.

    Attributes:
        column: its name.
        command: the words of the command.
        status: its exit status, -n if signal n ended it.
        stdout: what it printed.
        stderr: likewise.
        seconds: the wall time of the whole command.
        timed_out: whether the time limit ended it.
        work_seconds: the part of it that was the user's program, None if it ended too early to say.
        figures: its messages, None for the standard library and for a run that ended too early to say.
        timeline: what its ranks did, where a trace was wanted; None as for `figures`. The messages of its mpi
            lane are those that `figures` counts.
    """

    column: str
    command: tuple[str, ...]
    status: int
    stdout: str
    stderr: str
    seconds: float
    timed_out: bool = False
    work_seconds: float | None = None
    figures: Figures | None = None
    timeline: Timeline | None = None

    @property
    def startup_seconds(self) -> float | None:
        """What the run took without the user's program, None if that is not known."""
        return None if self.work_seconds is None else max(0.0, self.seconds - self.work_seconds)


class Runner:
    """Runs subjects one column after the other: side by side they would take each other's cores.

    Args:
        timeout: seconds that each column may take.
        show: print each command to stderr before it is run.
        traced: record what the ranks do, for `Run.timeline`; this makes the program slower.
    """

    def __init__(self, timeout: float, show: bool = False, traced: bool = False) -> None:
        self._timeout = timeout
        self._show = show
        self._traced = traced

    def run(self, subject: Subject) -> Iterator[Run]:
        """Run the columns of a subject.

        Args:
            subject: what to run.

        Yields:
            One run for each column, as soon as it has ended.

        Raises:
            MpiexecError: there is no mpiexec for this interpreter's mpi4py.
        """
        for column in subject.columns:
            with tempfile.TemporaryDirectory(prefix="mpiprocessing-") as folder:
                yield self._column(column, Path(folder))

    def _column(self, column: Column, folder: Path) -> Run:
        statistics, recordings = folder / "statistics.json", folder / "recordings.json"
        env = {STATISTICS: str(statistics)}
        if self._traced and column.ranks is not None:
            env[TIMELINE] = str(recordings)
        done = self._launch(column, env)
        figures = Figures.read(statistics)
        return Run(
            column=column.name,
            command=tuple(done.command),
            status=done.status,
            stdout=done.stdout,
            stderr=done.stderr,
            seconds=done.seconds,
            timed_out=done.timed_out,
            work_seconds=None if figures is None else figures.work_seconds,
            figures=None if column.ranks is None else figures,
            timeline=read(recordings) if TIMELINE in env else None,
        )

    def _launch(self, column: Column, env: dict[str, str]) -> mpiexec.Completed:
        if column.ranks is not None:
            return mpiexec.run(column.args, column.ranks, timeout=self._timeout, env=env, show=self._show)
        command = [sys.executable, str(_TIMED), *column.args]
        return mpiexec.run_group(command, timeout=self._timeout, env=env, show=self._show)
