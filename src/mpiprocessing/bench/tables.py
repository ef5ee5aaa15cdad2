"""The report in the terminal: a table for each family, then the targets, what went wrong, and where it was measured.

Theory of operation: names and reasons are shown as Text, never as a string that rich would search for markup. In a cell stand
the median and, below it, where the middle half of the samples lies; behind the columns the ratios within the run, with their
targets. Peers have a table of their own below, so that the first one fits into 80 letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mpiprocessing.bench.catalogue import FAMILIES, Work
from mpiprocessing.bench.columns import BARE, OURS, PEERS, STDLIB
from mpiprocessing.bench.runner import Row
from mpiprocessing.bench.surroundings import Surroundings
from mpiprocessing.bench.verdict import Judged, Report, best_peer, judge, ratio
from mpiprocessing.bench.words import amount_text, judged_text, range_text, ratio_text, target_text, unit_text
from mpiprocessing.compare.terminal import printable

__all__ = ["LEGEND", "show", "show_works"]

LEGEND = (
    "Medians, below them the middle half of the samples; less is better. The ratios are mpiprocessing's median to that of "
    "the other column in this run: below 1, mpiprocessing needs less. Targets stand below what they are held to."
)
"""How the tables are to be read."""

_STYLES = {True: "green", False: "red", None: "dim"}


def show(console: Console, report: Report, surroundings: Surroundings) -> None:
    """Show what was measured.

    Args:
        console: where.
        report: all of it.
        surroundings: where it was measured.
    """
    for family, title in FAMILIES.items():
        rows = [row for row in report.rows if row.work.family == family]
        if not rows:
            continue
        console.print(Text(title, style="bold"))
        console.print(_figures(rows), "")
        if (peers := _peers(rows, report.columns)) is not None:
            console.print(peers, "")
    _show_reasons(console, report)
    console.print(Text(LEGEND, style="dim"))
    console.print(
        printable("; ".join(f"{name}: {value}" for name, value in surroundings.facts())), style="dim"
    )
    reached = [judged.reached for _, judged in report.judged]
    style = "green" if all(reached) else "red"
    console.print(
        Text(f"{reached.count(True)} of {len(reached)} targets reached, {report.seconds:.0f} s", style=style)
    )


def show_works(console: Console, works: Sequence[Work]) -> None:
    """List works with their units and targets.

    Args:
        console: where.
        works: which.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for header in ("work", "what is done", "targets"):
        table.add_column(Text(header), overflow="fold", no_wrap=header == "work")
    for work in works:
        targets = "\n".join(target_text(target, work.kind) for target in work.targets)
        table.add_row(Text(str(work)), Text(f"{work.title}, {unit_text(work)}"), Text(targets))
    console.print(table)


def _figures(rows: Sequence[Row]) -> Table:
    table = _table("work")
    for header in ("multi-\nprocessing", "mpi-\nprocessing", "mpi4py", "ours/\nstdlib", "ours/\nmpi4py"):
        table.add_column(Text(header), justify="right", no_wrap=True)
    for row in rows:
        judged = {one.target.against: one for one in judge(row) if not one.target.beyond}
        figures = [_cell(row, name) for name in (STDLIB, OURS, BARE)]
        figures[1] = _lines(figures[1], *_fixed(row))
        ratios = [_ratio(row, name, judged.get(name)) for name in (STDLIB, BARE)]
        table.add_row(_title(row), *figures, *ratios)
    return table


def _peers(rows: Sequence[Row], columns: Sequence[str]) -> Table | None:
    names = [name for name in columns if name in PEERS and any(name in row.cells for row in rows)]
    if not names:
        return None
    table = _table("work")
    for name in names:
        table.add_column(Text(name), justify="right", no_wrap=True)
    table.add_column(Text("ours/\nbest peer"), justify="right", no_wrap=True)
    for row in rows:
        if any(name in row.cells for name in names):
            best = best_peer(row)
            judged = {one.target.against: one for one in judge(row)}
            cells = [_lines(_cell(row, name), *_judged(row, judged.get(name))) for name in names]
            table.add_row(_title(row), *cells, Text(ratio_text(ratio(row, best)) if best else "-"))
    return table


def _table(*headers: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for header in headers:
        table.add_column(Text(header), overflow="fold", min_width=18)
    return table


def _lines(*parts: Text) -> Text:
    return Text("\n").join(part for part in parts if part)


def _title(row: Row) -> Text:
    return _lines(Text(row.work.title), Text(unit_text(row.work), style="dim"))


def _cell(row: Row, column: str) -> Text:
    cell = row.cells.get(column)
    spread = cell.spread if cell else None
    if cell is None or spread is None:
        status = cell.status if cell else "none"
        return Text("-", style="dim") if status == "none" else Text(status, style="red")
    text = Text(amount_text(spread.median, row.work.kind))
    if len(cell.samples) == 1:
        return text
    return _lines(text, Text(range_text(spread, row.work.kind), style="dim"))


def _ratio(row: Row, column: str, judged: Judged | None) -> Text:
    return _lines(Text(ratio_text(ratio(row, column))), *_judged(row, judged))


def _judged(row: Row, judged: Judged | None) -> list[Text]:
    """The mark and the limit of a target that is written below the column it is against."""
    if judged is None:
        return []
    return [Text(judged_text(judged, row.work.kind, named=False), style=_STYLES[judged.reached])]


def _fixed(row: Row) -> list[Text]:
    """The targets that are amounts."""
    found = [one for one in judge(row) if one.target.beyond or not one.target.against]
    return [Text(judged_text(one, row.work.kind), style=_STYLES[one.reached]) for one in found]


def _show_reasons(console: Console, report: Report) -> None:
    for name, reason, where in _reasons(report):
        console.print(printable(f"{name}: {reason} ({where})"), style="red")
    for problem in report.problems:
        console.print(printable(problem), style="red")


def _reasons(report: Report) -> Iterator[tuple[str, str, str]]:
    """Each reason once for a column, with the works that it keeps from being measured."""
    found: dict[tuple[str, str], list[str]] = {}
    for work, column, reason in report.failures:
        found.setdefault((column, reason), []).append(work)
    for (column, reason), works in found.items():
        more = f" and {len(works) - 3} more" if len(works) > 3 else ""
        yield column, reason, ", ".join(works[:3]) + more
