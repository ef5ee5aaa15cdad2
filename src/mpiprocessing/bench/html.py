"""The report as a page: one file that needs no network, no other file and no script.

Theory of operation: the report becomes plain values, and page/page.html says where each stands; compare/standalone.py makes one
file of it, with every text escaped. Figures stand in tables, whole; pictures beside them show what is fast and what is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from mpiprocessing.bench.catalogue import FAMILIES
from mpiprocessing.bench.charts import sign
from mpiprocessing.bench.columns import BARE, OURS, PEERS, STDLIB
from mpiprocessing.bench.pictures import SERIES, Picture, pictures
from mpiprocessing.bench.runner import Row
from mpiprocessing.bench.surroundings import Surroundings
from mpiprocessing.bench.verdict import Judged, Report, best_peer, judge, ratio
from mpiprocessing.bench.words import amount_text, range_text, ratio_text, target_text, unit_text, value_text
from mpiprocessing.compare.standalone import rendered

__all__ = ["page"]

_FOLDER = Path(__file__).with_name("page")

_Values = dict[str, Any]  # what the template asks for by name


def page(report: Report, surroundings: Surroundings) -> str:
    """Write the report.

    Args:
        report: all that was measured.
        surroundings: where.

    Returns:
        The page.
    """
    reached = [judged.reached for _, judged in report.judged]
    return rendered(
        _FOLDER,
        (_FOLDER / "page.css").read_text(encoding="utf-8"),
        "",
        title="mpiprocessing, measured",
        environment=str(surroundings.environment),
        facts=surroundings.facts(),
        reached=reached.count(True),
        targets=[_target(row, judged) for row, judged in report.judged],
        failures=[
            {"work": work, "column": column, "reason": reason} for work, column, reason in report.failures
        ],
        problems=list(report.problems),
        families=[_family(report, family) for family in FAMILIES if _rows(report, family)],
        signs={name: Markup(sign(number)) for name, number in SERIES.items()},
        peers=any(name in PEERS for name in report.columns),
    )


def _rows(report: Report, family: str) -> list[Row]:
    return [row for row in report.rows if row.work.family == family]


def _target(row: Row, judged: Judged) -> _Values:
    return {
        "work": str(row.work),
        "title": row.work.title,
        "target": target_text(judged.target, row.work.kind),
        "value": value_text(judged, row.work.kind),
        "reached": judged.reached,
    }


def _family(report: Report, family: str) -> _Values:
    rows = _rows(report, family)
    columns = [name for name in report.columns if any(name in row.cells for row in rows)]
    peers = [name for name in columns if name in PEERS]
    return {
        "id": family,
        "title": FAMILIES[family],
        "columns": [name for name in columns if name not in PEERS],
        "peers": peers,
        "rows": [_row(row, columns) for row in rows],
        "pictures": [_picture(picture) for picture in pictures(report, family)],
    }


def _picture(picture: Picture) -> _Values:
    return {
        "title": picture.title,
        "svg": Markup(picture.svg),
        "series": picture.series,
        "signs": picture.signs,
    }


def _row(row: Row, columns: Sequence[str]) -> _Values:
    best = best_peer(row)
    return {
        "title": row.work.title,
        "unit": unit_text(row.work),
        "cells": [_cell(row, name) for name in columns if name not in PEERS],
        "peers": [_cell(row, name) for name in columns if name in PEERS],
        "ratios": [ratio_text(ratio(row, name)) for name in (STDLIB, BARE)],
        "best": f"{ratio_text(ratio(row, best))} ({best})" if best else "-",
        "targets": list(_targets(row)),
    }


def _cell(row: Row, column: str) -> _Values:
    cell = row.cells.get(column)
    spread = cell.spread if cell else None
    values: _Values = {"text": "-", "range": "", "about": "", "bad": False, "ours": column == OURS}
    if cell is not None and spread is None:
        values["about"] = cell.reason
        if cell.status != "none":
            values |= {"text": cell.status, "bad": True}
    elif cell is not None and spread is not None:
        values["text"] = amount_text(spread.median, row.work.kind)
        values["about"] = f"{len(cell.samples)} samples of {cell.count}"
        values["range"] = range_text(spread, row.work.kind) if len(cell.samples) > 1 else ""
    return values


def _targets(row: Row) -> Iterator[_Values]:
    for judged in judge(row):
        yield {"text": target_text(judged.target, row.work.kind), "reached": judged.reached}
