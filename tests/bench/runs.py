"""Results made by hand, for the tests of the benchmark that start nothing."""

from __future__ import annotations

from typing import Any

from mpiprocessing.bench.catalogue import Work, works
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


def whole() -> Report:
    """A report of all works in all columns, with figures that are made up, failures, and texts that must be escaped."""
    found = [_made_up(number, one) for number, one in enumerate(works(4))]
    found[0].cells["mpi4py"] = Cell(
        "failed", 'ended with status 1: ValueError: <script>alert("1")</script> | `x` \x1b[31m'
    )
    found[-1].cells["loky"] = Cell("missing", "loky is not installed")
    return Report(found, NAMES, ["mpipool, when pools/imap was measured: ended by <b>SIGSEGV</b>"], 123.0)


def _made_up(number: int, one: Work) -> Row:
    base = {"seconds": (one.x or 10.0 + 7 * (number % 5)) ** 0.8 * 1e-6, "bytes": 3e7, "share": 0.01}[
        one.kind
    ]
    factors = dict(
        zip(NAMES, (1.0, 0.3 + number % 7 / 5, 0.25, 9.0, 8.0, 3.0, 2.0, 5.0, 4.0, 3.5), strict=True)
    )
    cells = {}
    for column in COLUMNS:
        if column.name in one.without:
            cells[column.name] = Cell("none", one.without[column.name])
        elif not column.peer or column.name in one.peers:
            amount = base * factors[column.name]
            cells[column.name] = measured(0.9 * amount, amount, 1.3 * amount)
    return Row(one, one.ranks or 4, one.parties or 4, cells)
