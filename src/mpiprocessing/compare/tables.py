"""The tables of the comparison, as things that rich can draw.

Theory of operation: what programs are called, and what they call their messages, is shown by `printable`,
never as a string that rich would search for markup. One table has a row for each column of one subject; the other has a row for
each subject, with two lines in a cell (its name, then the result; start-up + work, then messages and bytes), so
that it fits into 80 columns.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from mpiprocessing.compare.terminal import printable
from mpiprocessing.compare.verdict import Outcome, Verdict
from mpiprocessing.compare.words import bytes_text, kinds_of, seconds_text, times_text, traffic_text

__all__ = ["catalogue_table", "columns_table", "kinds_table"]


def columns_table(verdict: Verdict) -> Table:
    """Draw one subject: a row for each column.

    Args:
        verdict: what is known of it.

    Returns:
        The table.
    """
    table = _table("column", "result")
    for header in ("start-up", "work", "messages", "bytes"):
        table.add_column(Text(header), justify="right", no_wrap=True)
    for outcome in verdict.outcomes:
        run = outcome.run
        seconds = seconds_text(run.startup_seconds), seconds_text(run.work_seconds)
        table.add_row(Text(run.column), _result(outcome), *map(Text, (*seconds, *traffic_text(run))))
    return table


def kinds_table(verdict: Verdict) -> Table | None:
    """Draw the messages of one subject by operation.

    Args:
        verdict: what is known of it.

    Returns:
        The table, None if no column counted any.
    """
    table = _table("column", "operation")
    for header in ("messages", "bytes"):
        table.add_column(Text(header), justify="right", no_wrap=True)
    for outcome in verdict.outcomes:
        for name, traffic in kinds_of(outcome.run):
            row = outcome.run.column, name, str(traffic.messages), bytes_text(traffic.bytes)
            table.add_row(*map(printable, row))
        table.add_section()
    return table if table.row_count else None


def catalogue_table(verdicts: Sequence[Verdict]) -> Table:
    """Draw several subjects: a row for each, a cell for each of their columns.

    Args:
        verdicts: what is known of them.

    Returns:
        The table.
    """
    names = list(dict.fromkeys(column.name for v in verdicts for column in v.subject.columns))
    table = _table("pattern")
    table.show_lines = True
    table.columns[0].no_wrap = True
    for name in names:
        table.add_column(Text(name), justify="right", no_wrap=True)
    for verdict in verdicts:
        cells = {outcome.run.column: _cell(outcome) for outcome in verdict.outcomes}
        result = Text(verdict.summary, style="green" if verdict.ok else "red")
        row = (cells.get(name, Text("-")) for name in names)
        table.add_row(printable(f"{verdict.subject.name}\n") + result, *row)
    return table


def _table(*headers: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for header in headers:
        table.add_column(Text(header), overflow="fold")
    return table


def _cell(outcome: Outcome) -> Text:
    run = outcome.run
    messages, size = traffic_text(run)
    second = messages if messages == size else f"{messages} msg {size}"
    return Text(f"{times_text(run)}\n{second}", style="" if outcome.ok else "red")


def _result(outcome: Outcome) -> Text:
    return Text(outcome.result.value, style="green" if outcome.ok else "red")
