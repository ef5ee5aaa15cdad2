"""Running works: column after column, and all over again, so that what the machine does meanwhile meets all alike.

Theory of operation: a *visit* is one job that plays the works of one family in one column. Each repetition visits all families
in all columns, and begins with another column each time. A job that fails, or is ended at its time limit, has written what was
done before: the work it was at has failed, the rest is played by another job. A work that has failed is not tried again in
that column, and its cell says why.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mpiprocessing.bench import startup
from mpiprocessing.bench.catalogue import Work
from mpiprocessing.bench.columns import Column
from mpiprocessing.bench.launching import launch, why
from mpiprocessing.bench.spread import Spread
from mpiprocessing.bench.works.sampling import Order

__all__ = ["Cell", "Effort", "Row", "Runner", "Status", "Visit"]

Status = Literal["measured", "failed", "missing", "none", "waiting"]

_PLAY = str(Path(__file__).with_name("works") / "play.py")
_ALONE = ("startup", "life")  # what was done before in the same processes would be weighed with them
_START = 30.0  # seconds that the start of a job may take


@dataclass
class Cell:
    """What one column has to say of one work.

    Attributes:
        status: "measured"; "failed", a job ended badly; "missing", a package, or ranks, are not there; "none", the library
            has nothing of the kind; "waiting", it is not measured yet.
        reason: why there are no figures.
        samples: amounts for one operation.
        count: how many operations made the last sample.
    """

    status: Status = "waiting"
    reason: str = ""
    samples: list[float] = field(default_factory=list)
    count: int = 0

    @property
    def spread(self) -> Spread | None:
        """Of the samples, None where it was not measured."""
        return Spread.of(self.samples) if self.status == "measured" else None

    def add(self, samples: Sequence[float], count: int) -> None:
        """More samples have come."""
        self.status, self.count = "measured", count
        self.samples += samples

    def fail(self, reason: str) -> None:
        """A job ended at this work: what was measured before is no result any more."""
        self.status, self.reason = "failed", reason


@dataclass
class Row:
    """A work and what the columns say of it.

    Attributes:
        work: what was done.
        ranks: of the jobs.
        parties: how many processes took part.
        cells: by the names of the columns; none for a peer that has nothing to do with it.
    """

    work: Work
    ranks: int
    parties: int
    cells: dict[str, Cell]


@dataclass(frozen=True)
class Effort:
    """How thoroughly it is measured.

    Attributes:
        repeat: how often every column is visited.
        samples: at each visit.
        scale: of the seconds that a sample takes.
        together: one job plays the works of all families; jobs need time to start.
    """

    repeat: int
    samples: int = 2
    scale: float = 1.0
    together: bool = False


@dataclass(frozen=True)
class Visit:
    """One job: works of one family in one column.

    Attributes:
        column: where.
        family: which, for people.
        rows: what is to be played.
    """

    column: Column
    family: str
    rows: tuple[Row, ...]


class Runner:
    """Measures works.

    Args:
        works: what is measured.
        columns: where.
        ranks: how many processes mpiexec starts, where a work does not say otherwise.
        effort: how thoroughly.
        show: print each command to stderr before it is run.

    Attributes:
        rows: what is known so far.
        problems: what went wrong besides: jobs that ended badly when all was measured.
    """

    def __init__(
        self, works: Sequence[Work], columns: Sequence[Column], ranks: int, effort: Effort, show: bool = False
    ) -> None:
        self._columns = list(columns)
        self._effort = effort
        self._show = show
        self.rows = [_row(work, columns, ranks) for work in works]
        self.problems: list[str] = []

    def visits(self) -> Iterator[Visit]:
        """All visits in their order; what has failed by the time is left out of them."""
        families = list(dict.fromkeys(map(self._group, self.rows)))
        for repetition in range(self._effort.repeat):
            first = repetition % len(self._columns)
            for family in families:
                for column in self._columns[first:] + self._columns[:first]:
                    rows = tuple(
                        row for row in self.rows if self._group(row) == family and _open(row, column)
                    )
                    if rows:
                        yield Visit(column, family[0] if family[0] else "all", rows)

    def _group(self, row: Row) -> tuple[str, int]:
        together = self._effort.together and row.work.family not in _ALONE
        return ("" if together else row.work.family, row.ranks)

    def pay(self, visit: Visit) -> None:
        """Run a visit's job, and further ones for what a failure left over.

        Args:
            visit: whose cells are filled.

        Raises:
            MpiexecError: there is no mpiexec for this interpreter's mpi4py.
        """
        if visit.rows[0].work.family == "startup":
            for row in visit.rows:
                self._time(row, visit.column)
            return
        left = list(visit.rows)
        while left:
            left = self._play(visit.column, left)

    def _time(self, row: Row, column: Column) -> None:
        cell = row.cells[column.name]
        try:
            cell.add(startup.times(row.work, column, row.ranks, self._effort.samples, self._show), 1)
        except startup.FailedError as error:
            cell.fail(str(error))

    def _play(self, column: Column, rows: list[Row]) -> list[Row]:
        """One job. What is left afterwards is what comes behind the work that failed."""
        with tempfile.TemporaryDirectory(prefix="mpiprocessing-") as folder:
            plan, results = Path(folder) / "plan.json", Path(folder) / "results.jsonl"
            plan.write_text(json.dumps(self._plan(column, rows, results)), encoding="utf-8")
            limit = _START + sum(row.work.limit for row in rows)
            done = launch([_PLAY, str(plan)], column, rows[0].ranks, limit, self._show)
            lines = _lines(results)
        begun = [line["begun"] for line in lines if "begun" in line]
        measured = {line["name"]: line for line in lines if "name" in line}
        for row in rows:
            if line := measured.get(str(row.work)):
                row.cells[column.name].add(line["samples"], line["count"])
        if done.status == 0 and len(measured) == len(rows):
            return []
        reason = why(done)
        if len(measured) == len(rows):
            self.problems.append(f"{column.name}, when {rows[-1].work} was measured: {reason}")
            return []
        behind = [row for row in rows if str(row.work) not in measured]
        if not begun:  # it is not this work's fault, and the others would fare no better
            for row in behind:
                row.cells[column.name].fail(reason)
            return []
        behind[0].cells[column.name].fail(reason)
        return behind[1:]

    def _plan(self, column: Column, rows: Sequence[Row], results: Path) -> dict[str, Any]:
        return {
            "everywhere": column.start == "every rank",
            "results": str(results),
            "orders": [self._order(column, row) for row in rows],
        }

    def _order(self, column: Column, row: Row) -> Order:
        work = row.work
        return {
            "name": str(work),
            "program": f"mpiprocessing.bench.works.{work.folder}.{column.programs}",
            "function": work.function,
            "arguments": dict(work.arguments),
            "parties": row.parties,
            "first": work.first,
            "seconds": work.seconds * self._effort.scale,
            "samples": self._effort.samples if work.seconds else 1,
        }


def _row(work: Work, columns: Sequence[Column], ranks: int) -> Row:
    here = work.ranks or ranks
    parties = work.parties or here
    row = Row(work, here, parties, {})
    for column in columns:
        if column.peer and column.name not in work.peers:
            continue
        cell = row.cells[column.name] = Cell()
        if column.name in work.without:
            cell.status, cell.reason = "none", work.without[column.name]
        elif parties > here:
            cell.status, cell.reason = "missing", f"it takes {parties} ranks: --ranks {parties}"
        elif column.version is None:
            cell.status = "missing"
            cell.reason = f"{column.package} is not installed: pip install 'mpiprocessing[peers]'"
    return row


def _open(row: Row, column: Column) -> bool:
    cell = row.cells.get(column.name)
    return cell is not None and cell.status in ("waiting", "measured")


def _lines(results: Path) -> list[dict[str, Any]]:
    """What a job wrote; a last line that was cut off is left out."""
    found = []
    for line in results.read_text(encoding="utf-8").splitlines() if results.exists() else []:
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found
