"""The report in the terminal: sources side by side, output, tables, and what went wrong.

Theory of operation: everything is printed through one rich console whose markup is off, and everything a
program printed goes through `printable` first. On a terminal too narrow for two sources next to each other
they are stacked. Colours and frames are rich's choice by the kind of the terminal; the text is complete
without them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from mpi_examples.show import render_pattern
from mpiprocessing.compare.tables import catalogue_table, columns_table, kinds_table
from mpiprocessing.compare.terminal import printable
from mpiprocessing.compare.verdict import Outcome, Result, Verdict
from mpiprocessing.compare.words import LEGEND, ending_text

__all__ = ["show_catalogue", "show_one"]

_LONGEST_OUTPUT = 100  # lines; the whole of it is in the JSON
_LAST_LINES = 20
_STACKS = (
    150  # lines of stderr after the time limit: the stacks of all threads of all ranks tell who waits where
)


def show_one(console: Console, verdict: Verdict, place: str) -> None:
    """Show one subject in full.

    Args:
        console: where.
        verdict: what is known of it.
        place: on what it was run, for the caption.
    """
    subject = verdict.subject
    if subject.pattern is not None:
        console.print(render_pattern(subject.pattern, console.width))
    if verdict.outcomes:
        _show_output(console, verdict)
        console.print(columns_table(verdict), "")
    if (kinds := kinds_table(verdict)) is not None:
        console.print(kinds, "")
    _show_remarks(console, [verdict], place)


def show_catalogue(console: Console, verdicts: Sequence[Verdict], place: str) -> None:
    """Show several subjects in one table, and what went wrong below it.

    Args:
        console: where.
        verdicts: what is known of them.
        place: on what they were run, for the caption.
    """
    console.print(catalogue_table(verdicts), "")
    _show_remarks(console, verdicts, place)
    good = sum(verdict.ok for verdict in verdicts)
    style = "green" if good == len(verdicts) else "red"
    console.print(Text(f"{good} of {len(verdicts)} patterns: all columns agree", style=style))


def _show_output(console: Console, verdict: Verdict) -> None:
    """Show what the columns printed, once for those that printed the same, and their warnings."""
    shown: dict[str, list[str]] = {}
    for outcome in verdict.outcomes:
        if outcome.ok or outcome.run.stdout:
            shown.setdefault(outcome.run.stdout, []).append(outcome.run.column)
    for output, columns in shown.items():
        title = Text(f"output of {', '.join(columns)}")
        console.print(Panel(_first_lines(output.splitlines()), title=title, title_align="left"))
    for outcome in verdict.outcomes:
        if outcome.ok and outcome.run.stderr.strip():  # a warning, perhaps: the others' stderr follows below
            title = Text(f"stderr of {outcome.run.column}")
            console.print(Panel(_last_lines(outcome.run.stderr), title=title, title_align="left"))


def _show_remarks(console: Console, verdicts: Sequence[Verdict], place: str) -> None:
    for verdict in verdicts:
        if verdict.subject.refusal:
            text = f"{verdict.subject.name} was not run: it {verdict.subject.refusal}"
            console.print(printable(text, "red"))
        for outcome in verdict.outcomes:
            if not outcome.ok:
                _show_problem(console, verdict.subject.name, outcome)
            _show_uncounted(console, verdict.subject.name, outcome)
    console.print(printable(f"{place}. {LEGEND}", "dim"))


def _show_problem(console: Console, name: str, outcome: Outcome) -> None:
    run = outcome.run
    text = printable(f"{name}: {run.column} {ending_text(outcome)}", "red")
    console.print(text)  # not a title: those are cut, not wrapped
    if outcome.result is Result.DIFFERENT:
        body = _first_lines(outcome.diff)
    else:
        body = _last_lines(run.stderr, _STACKS if run.timed_out else _LAST_LINES)
    console.print(Panel(body))


def _show_uncounted(console: Console, name: str, outcome: Outcome) -> None:
    figures = outcome.run.figures
    if figures is not None and figures.uncounted:
        names = ", ".join(sorted(figures.uncounted))
        console.print(printable(f"{name}: {outcome.run.column} also used {names}: not counted in messages."))


def _first_lines(lines: Iterable[str]) -> Text:
    kept = list(lines)
    more = len(kept) - _LONGEST_OUTPUT
    tail = [f"... {more} more lines"] if more > 0 else []
    return printable("\n".join(kept[:_LONGEST_OUTPUT] + tail))


def _last_lines(text: str, most: int = _LAST_LINES) -> Text:
    lines = text.rstrip().splitlines()
    head = [f"... {len(lines) - most} lines before"] if len(lines) > most else []
    return printable("\n".join(head + lines[-most:]) or "(nothing on stderr)")
