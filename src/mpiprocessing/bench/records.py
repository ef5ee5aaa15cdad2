"""What was measured, as JSON. The keys are documented in docs/en/benchmark.md, and stay as they are."""

from __future__ import annotations

from typing import Any

from mpiprocessing.bench.columns import BARE, STDLIB
from mpiprocessing.bench.runner import Cell, Row
from mpiprocessing.bench.surroundings import Surroundings
from mpiprocessing.bench.verdict import Report, best_peer, judge, ratio
from mpiprocessing.bench.words import target_text

__all__ = ["FORMAT", "record"]

FORMAT = 1
"""Of the keys: another number where one has changed its meaning."""


def record(report: Report, surroundings: Surroundings) -> dict[str, Any]:
    """Make the object that is written.

    Args:
        report: all that was measured.
        surroundings: where.

    Returns:
        Plain values.
    """
    reached = [judged.reached for _, judged in report.judged]
    return {
        "format": FORMAT,
        "environment": _environment(surroundings),
        "seconds": report.seconds,
        "columns": list(report.columns),
        "targets": {"all": len(reached), "reached": reached.count(True), "missed": reached.count(False)},
        "failures": [
            {"work": work, "column": column, "reason": reason} for work, column, reason in report.failures
        ],
        "problems": list(report.problems),
        "works": [_work(row) for row in report.rows],
    }


def _environment(surroundings: Surroundings) -> dict[str, Any]:
    environment = surroundings.environment
    return {
        "ranks": environment.ranks,
        "host": environment.host,
        "system": environment.system,
        "cpu": surroundings.cpu,
        "mpi": environment.mpi,
        "versions": dict((*environment.versions, *surroundings.peers)),
        "start_method": surroundings.start_method,
        "load": {"before": surroundings.load_before, "after": surroundings.load_after},
        "date": environment.date,
    }


def _work(row: Row) -> dict[str, Any]:
    work, best = row.work, best_peer(row)
    return {
        "name": str(work),
        "family": work.family,
        "title": work.title,
        "unit": work.unit,
        "kind": work.kind,
        "ranks": row.ranks,
        "processes": row.parties,
        "curve": {"name": work.curve, "x": work.x} if work.curve else None,
        "results": {name: _result(cell) for name, cell in row.cells.items()},
        "ratios": {
            STDLIB: ratio(row, STDLIB),
            BARE: ratio(row, BARE),
            "best peer": {"name": best, "ratio": ratio(row, best)} if best else None,
        },
        "targets": [
            {
                "text": target_text(judged.target, work.kind),
                "against": judged.target.against or None,
                "most": judged.target.most,
                "value": judged.value,
                "reached": judged.reached,
            }
            for judged in judge(row)
        ],
    }


def _result(cell: Cell) -> dict[str, Any]:
    spread = cell.spread
    if spread is None:
        return {"status": cell.status, "reason": cell.reason}
    return {
        "status": cell.status,
        "median": spread.median,
        "quartiles": [spread.low, spread.high],
        "least": spread.least,
        "most": spread.most,
        "samples": cell.samples,
        "count": cell.count,
    }
