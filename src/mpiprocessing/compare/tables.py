"""The tables of the comparison, as things that rich can draw.

Theory of operation: what programs print and what they are called is shown as Text, never as a string that
rich would search for markup. One table has a row for each column of one subject; the other has a row for
each subject, with two lines in a cell (start-up + work, then messages and bytes), so that it fits into 80
columns.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from mpiprocessing.compare.figures import Traffic
from mpiprocessing.compare.runner import Run
from mpiprocessing.compare.verdict import Outcome, Verdict
from mpiprocessing.compare.visible import visible

__all__ = ["bytes_text", "catalogue_table", "columns_table", "kinds_table", "printable"]

_UNKNOWN = "?"


def printable(text: str) -> Text:
    """Make a program's output safe to show: no markup, and control characters as their pictures.

    Args:
        text: what a program printed.

    Returns:
        The same characters, an escape sequence being visible instead of obeyed.
    """
    return Text(visible(text))


def bytes_text(count: int) -> str:
    """Write a number of bytes in the unit that keeps it short.

    Args:
        count: how many.

    Returns:
        "812 B", "1.6 kB", "24 MB".
    """
    value, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while value >= 999.5 and len(units) > 1:
        value, units = value / 1000, units[1:]
    digits = 1 if units[0] != "B" and value < 9.95 else 0
    return f"{value:.{digits}f} {units[0]}"


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
        messages, size = _traffic(run)
        seconds = _seconds(run.startup_seconds), _seconds(run.work_seconds)
        table.add_row(Text(run.column), _result(outcome), *map(Text, (*seconds, messages, size)))
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
        kinds = outcome.run.figures.kinds if outcome.run.figures else {}
        for name, traffic in sorted(kinds.items(), key=_most_first):
            row = outcome.run.column, name, str(traffic.messages), bytes_text(traffic.bytes)
            table.add_row(*map(Text, row))
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
    table = _table("pattern", "result")
    table.show_lines = True
    table.columns[0].no_wrap = True
    for name in names:
        table.add_column(Text(name), justify="right", no_wrap=True)
    for verdict in verdicts:
        cells = {outcome.run.column: _cell(outcome) for outcome in verdict.outcomes}
        summary = Text(verdict.summary, style="green" if verdict.ok else "red")
        row = (cells.get(name, Text("-")) for name in names)
        table.add_row(Text(verdict.subject.name), summary, *row)
    return table


def _table(*headers: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for header in headers:
        table.add_column(Text(header), overflow="fold")
    return table


def _cell(outcome: Outcome) -> Text:
    run = outcome.run
    if run.startup_seconds is None or run.work_seconds is None:
        times = _seconds(run.seconds)
    else:
        times = f"{run.startup_seconds:.2f} + {run.work_seconds:.2f} s"
    messages, size = _traffic(run)
    second = messages if messages in ("-", _UNKNOWN) else f"{messages} msg {size}"
    return Text(f"{times}\n{second}", style="" if outcome.ok else "red")


def _result(outcome: Outcome) -> Text:
    return Text(outcome.result.value, style="green" if outcome.ok else "red")


def _traffic(run: Run) -> tuple[str, str]:
    if run.figures is None:
        # The standard library shares memory and pipes of one machine; any other column should have counted.
        return ("-", "-") if run.column == "multiprocessing" else (_UNKNOWN, _UNKNOWN)
    traffic = run.figures.traffic
    return str(traffic.messages), bytes_text(traffic.bytes)


def _seconds(seconds: float | None) -> str:
    return _UNKNOWN if seconds is None else f"{seconds:.2f} s"


def _most_first(item: tuple[str, Traffic]) -> tuple[int, str]:
    return -item[1].messages, item[0]
