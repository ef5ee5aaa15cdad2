"""Results made by hand, for the tests of the benchmark that start nothing."""

from __future__ import annotations

from typing import Any

from mpiprocessing.bench.catalogue import Work
from mpiprocessing.bench.columns import COLUMNS, OURS, STDLIB
from mpiprocessing.bench.runner import Cell, Row
from mpiprocessing.bench.surroundings import Surroundings
from mpiprocessing.bench.verdict import Report
from mpiprocessing.compare.environment import Environment

NAMES = [column.name for column in COLUMNS]
SURROUNDINGS = Surroundings(
    environment=Environment(
        4, "node-1", "Linux x86_64, 2 cores", "MPICH 5.0.2", (("Python", "3.11.7"),), "2026-01-01"
    ),
    cpu="a CPU",
    start_method="fork",
    peers=(("loky", "3.5"),),
    load_before=0.1,
    load_after=2.5,
)


def work(**changes: Any) -> Work:
    """A work without targets."""
    return Work(
        **{
            "name": "tuple",
            "family": "pipes",
            "title": "small tuple",
            "unit": "one way",
            "function": "f",
            **changes,
        }
    )


def measured(*samples: float) -> Cell:
    """A cell with figures."""
    return Cell("measured", samples=list(samples), count=10)


def row(what: Work | None = None, ours: Cell | None = None, **others: Cell) -> Row:
    """A row: mpiprocessing 2 µs and the standard library 8 µs, unless something else is said."""
    cells = {STDLIB: measured(8e-6), OURS: ours or measured(2e-6), **others}
    return Row(what or work(), 4, 2, cells)


def report(*rows: Row, problems: tuple[str, ...] = ()) -> Report:
    """All of it."""
    return Report(rows, NAMES, problems, 12.0)
