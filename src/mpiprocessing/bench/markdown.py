"""The report as tables for a document: what is pasted is what was measured, and no figure is typed by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mpiprocessing.bench.catalogue import FAMILIES
from mpiprocessing.bench.columns import BARE, OURS, PEERS, STDLIB
from mpiprocessing.bench.runner import Row
from mpiprocessing.bench.surroundings import Surroundings
from mpiprocessing.bench.verdict import Report, best_peer, judge, median, ratio
from mpiprocessing.bench.words import amount_text, judged_text, ratio_text

__all__ = ["NoPlaceError", "placed", "tables"]

_PLACE = "<!-- begin: figures of"
_HEADERS = ("work", STDLIB, OURS, BARE, "to multiprocessing", "to mpi4py", "targets")


def tables(report: Report, surroundings: Surroundings) -> str:
    """Write the report.

    Args:
        report: all that was measured.
        surroundings: where.

    Returns:
        A line that says where it was measured, and a table for each family. "to" stands before ratios.
    """
    facts = ", ".join(f"{name} {value}" for name, value in surroundings.facts() if name != "host")
    parts = [f"Measured in {report.seconds:.0f} s: {_text(facts)}."]
    for family, title in FAMILIES.items():
        rows = [row for row in report.rows if row.work.family == family]
        if rows:
            parts.append(f"**{title}**\n\n" + "\n".join(_table(rows)))
    missing = [f"- {_text(f'{column}, {work}: {reason}')}" for work, column, reason in report.failures]
    missing += [f"- {_text(problem)}" for problem in report.problems]
    return "\n\n".join([*parts, *(["\n".join(missing)] if missing else [])]) + "\n"


class NoPlaceError(ValueError):
    """A document has places for tables, but none for this MPI's; the text says what such a place looks like."""


def placed(document: str, text: str, surroundings: Surroundings) -> str:
    """Put tables where a document wants them.

    Args:
        document: with places for tables, one for each MPI, or without any.
        text: the tables.
        surroundings: where they were measured, with which MPI.

    Returns:
        The document with its place filled; the tables alone for one without places.

    Raises:
        NoPlaceError: it has places for other MPIs only.
    """
    begin, end = _place(surroundings)
    pattern = re.compile(f"({re.escape(begin)}\n).*?({re.escape(end)})", re.DOTALL)
    filled, count = pattern.subn(lambda match: f"{match[1]}{text}{match[2]}", document)
    if not count and _PLACE in document:
        raise NoPlaceError(f"it has no place for these figures: {begin} and {end}")
    return filled if count else text


def _place(surroundings: Surroundings) -> tuple[str, str]:
    """How the place begins and ends for the MPI of a run, whatever its version."""
    name = re.sub(r"[ \d.]+$", "", surroundings.environment.mpi)
    return f"{_PLACE} {name} (written by bench --markdown) -->", f"<!-- end: figures of {name} -->"


def _table(rows: Sequence[Row]) -> Iterator[str]:
    peers = any(name in row.cells for row in rows for name in PEERS)
    headers = [*_HEADERS[:-1], *(["best peer"] if peers else []), _HEADERS[-1]]
    yield _line(headers)
    yield _line(["---", *["---:"] * (len(headers) - 2), "---"])
    for row in rows:
        figures = [_figure(row, name) for name in (STDLIB, OURS, BARE)]
        ratios = [ratio_text(ratio(row, name)) for name in (STDLIB, BARE)]
        targets = "; ".join(judged_text(judged, row.work.kind) for judged in judge(row))
        yield _line([row.work.title, *figures, *ratios, *([_peer(row)] if peers else []), targets])


def _figure(row: Row, column: str) -> str:
    amount = median(row, column)
    if amount is not None:
        return amount_text(amount, row.work.kind)
    status = row.cells[column].status if column in row.cells else "none"
    return "-" if status == "none" else status


def _peer(row: Row) -> str:
    name = best_peer(row)
    return f"{_figure(row, name)} {name}, to it {ratio_text(ratio(row, name))}" if name else "-"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_text, cells))} |"


def _text(text: str) -> str:
    """Nothing that Markdown or HTML would take for its own."""
    plain = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{letter}" if letter in "|*_`[]" else letter for letter in plain)
