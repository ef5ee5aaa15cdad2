"""The report as a page: one file that needs no network, no other file, and no script to be read.

Theory of operation: verdicts and what is known of their surroundings become plain values, and page/page.html says
where each stands; page/page.css and page/page.js go into the page with it (standalone.py). The four pictures of a
column are all there; two switches, which are a matter of the style sheet, choose the one that is seen. The script
tells what an event is when a pointer or the keyboard goes to it. Where the pictures of a page would be megabytes,
only the first of each column is there as it is; the others are packed, and the script unpacks them when they are
asked for.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from markupsafe import Markup

from mpiprocessing.compare import diagram
from mpiprocessing.compare.aligned import Pair, align, lines_of
from mpiprocessing.compare.catalogue import Subject
from mpiprocessing.compare.environment import Environment
from mpiprocessing.compare.highlighted import highlight
from mpiprocessing.compare.layout import View
from mpiprocessing.compare.runner import Run
from mpiprocessing.compare.standalone import rendered
from mpiprocessing.compare.timeline import Lane, Timeline
from mpiprocessing.compare.verdict import Outcome, Result, Verdict
from mpiprocessing.compare.words import (
    LEGEND,
    bytes_text,
    ending_text,
    kinds_of,
    seconds_text,
    times_text,
    traffic_text,
)

__all__ = ["page"]

_FOLDER = Path(__file__).with_name("page")
_INLINE = (
    3_000_000  # letters of pictures that a page holds as they are; a browser has an object for every bar
)
_MOST_LINES = 400  # of what a program printed; the whole of it is in the JSON
_MOST_LETTERS = 2000  # of a line

_Values = dict[str, Any]  # what the template asks for by name


def page(verdicts: Sequence[Verdict], environment: Environment) -> str:
    """Write the report.

    Args:
        verdicts: what is known of each subject.
        environment: where they were run.

    Returns:
        The page.
    """
    patterns = [_pattern(verdict, f"pattern-{number}") for number, verdict in enumerate(verdicts, 1)]
    traces = [trace for pattern in patterns for trace in pattern["traces"]]
    _pack(traces)
    return rendered(
        _FOLDER,
        _part("page.css") + diagram.STYLE,
        _part("page.js"),
        title="multiprocessing and MPI, compared",
        ok=all(verdict.ok for verdict in verdicts),
        summary=_summary(verdicts),
        environment=str(environment),
        facts=_facts(environment),
        legend_of_figures=LEGEND,
        traced=bool(traces),
        columns=list(dict.fromkeys(column.name for v in verdicts for column in v.subject.columns)),
        patterns=patterns,
    )


def _part(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _summary(verdicts: Sequence[Verdict]) -> str:
    if len(verdicts) == 1:
        return "all columns agree" if verdicts[0].ok else verdicts[0].summary
    good = sum(verdict.ok for verdict in verdicts)
    return f"{good} of {len(verdicts)} patterns: all columns agree"


def _facts(environment: Environment) -> list[tuple[str, str]]:
    facts = {
        "MPI": environment.mpi,
        "ranks": str(environment.ranks),
        "host": environment.host,
        "system": environment.system,
        **dict(environment.versions),
        "date": environment.date,
    }
    return list(facts.items())


def _pattern(verdict: Verdict, name: str) -> _Values:
    subject = verdict.subject
    outcomes = [_outcome(outcome) for outcome in verdict.outcomes]
    return {
        "id": name,
        "name": subject.name,
        "title": subject.pattern.title if subject.pattern else "",
        "question": subject.pattern.question if subject.pattern else "",
        "ok": verdict.ok,
        "result": verdict.summary,
        "refusal": subject.refusal,
        "sources": _sources(subject),
        "texts": list(_texts(verdict)),
        "outcomes": outcomes,
        "by_column": {outcome["column"]: outcome for outcome in outcomes},
        "kinds": [kind for outcome in verdict.outcomes for kind in _kinds(outcome.run)],
        "remarks": list(_remarks(verdict)),
        "traces": list(_traces(verdict, name)),
        "legend": Markup(diagram.legend(prefix=f"{name}-legend", plain=True)),
    }


# --- figures ----------------------------------------------------------------------------------------------------


def _outcome(outcome: Outcome) -> _Values:
    run = outcome.run
    messages, size = traffic_text(run)
    traffic = run.figures.traffic if run.figures else None
    return {
        "column": run.column,
        "ok": outcome.ok,
        "result": outcome.result.value,
        "times": times_text(run),
        "traffic": messages if messages == size else f"{messages} msg {size}",
        "startup": _figure(seconds_text(run.startup_seconds), run.startup_seconds),
        "work": _figure(seconds_text(run.work_seconds), run.work_seconds),
        "messages": _figure(messages, traffic.messages if traffic else None),
        "bytes": _figure(size, traffic.bytes if traffic else None),
    }


def _figure(text: str, value: float | None) -> _Values:
    return {"text": text, "value": value}


def _kinds(run: Run) -> Iterator[_Values]:
    for name, traffic in kinds_of(run):
        yield {
            "column": run.column,
            "kind": name,
            "messages": _figure(str(traffic.messages), traffic.messages),
            "bytes": _figure(bytes_text(traffic.bytes), traffic.bytes),
        }


def _remarks(verdict: Verdict) -> Iterator[str]:
    for outcome in verdict.outcomes:
        figures = outcome.run.figures
        if figures is not None and figures.uncounted:
            yield f"{outcome.run.column} also used {', '.join(sorted(figures.uncounted))}: not counted in messages."


# --- sources ----------------------------------------------------------------------------------------------------


def _sources(subject: Subject) -> list[_Values]:
    pattern = subject.pattern
    if pattern is not None:
        left, right = pattern.multiprocessing_source, pattern.mpi4py_source
        rows = align(left, right)
        return [
            _source("with_multiprocessing.py", "multiprocessing and mpiprocessing", left, rows, "left"),
            _source("with_mpi4py.py", "mpi4py", right, rows, "right"),
        ]
    try:
        text = Path(subject.name).read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):  # a program may delete itself
        return []
    rows = [Pair(number, number, True) for number in range(len(lines_of(text)))]
    return [_source(Path(subject.name).name, "", text, rows, "left")]


def _source(file: str, runs: str, text: str, rows: Iterable[Pair], side: str) -> _Values:
    lines = highlight(text)
    shown = []
    for row in rows:
        number = row.left if side == "left" else row.right
        if number is None:
            shown.append({"kind": " none", "text": ""})
        else:
            shown.append({"kind": "" if row.same else " other", "text": lines[number]})
    return {"file": file, "runs": runs, "lines": shown}


# --- what was printed -------------------------------------------------------------------------------------------


def _texts(verdict: Verdict) -> Iterator[_Values]:
    """What the columns printed, once for those that printed the same, and what went wrong."""
    printed: dict[str, list[str]] = {}
    for outcome in verdict.outcomes:
        if outcome.ok or outcome.run.stdout:
            printed.setdefault(outcome.run.stdout, []).append(outcome.run.column)
    for output, columns in printed.items():
        yield _text(f"output of {', '.join(columns)}", output.splitlines() or ["(nothing)"])
    for outcome in verdict.outcomes:
        run, stderr = outcome.run, outcome.run.stderr.rstrip().splitlines()
        if outcome.result is Result.DIFFERENT:
            yield _text(f"{run.column} {ending_text(outcome)}", outcome.diff, diff=True)
        elif not outcome.ok:
            title = f"{run.column} {ending_text(outcome)}: its stderr"
            yield _text(title, stderr or ["(nothing on stderr)"], last=True)
            continue
        if stderr:  # a warning, perhaps
            yield _text(f"stderr of {run.column}", stderr, last=True)


def _text(title: str, lines: Sequence[str], *, diff: bool = False, last: bool = False) -> _Values:
    more = len(lines) - _MOST_LINES
    kept = [_line(line) for line in (lines[-_MOST_LINES:] if last else lines[:_MOST_LINES])]
    if more > 0:
        kept.insert(0 if last else len(kept), f"... {more} {'lines before' if last else 'more lines'}")
    return {"title": title, "lines": kept, "diff": diff}


def _line(text: str) -> str:
    more = len(text) - _MOST_LETTERS
    return text if more <= 0 else f"{text[:_MOST_LETTERS]} ... {more} more characters"


# --- pictures ---------------------------------------------------------------------------------------------------


def _traces(verdict: Verdict, name: str) -> Iterator[_Values]:
    for outcome in verdict.outcomes:
        column, timeline = outcome.run.column, outcome.run.timeline
        if timeline is not None:
            messages = sum(arrow.lane == "mpi" for arrow in timeline.arrows)
            yield {
                "column": column,
                "counts": f"{len(timeline.rows)} ranks, {messages} messages",
                "views": [
                    _view(timeline, column, lane, view, f"{name}-{column}")
                    for lane in get_args(Lane)
                    for view in get_args(View)
                ],
            }


def _view(timeline: Timeline, column: str, lane: Lane, view: View, name: str) -> _Values:
    prefix = f"{name}-{lane}-{view}"
    return {
        "lane": lane,
        "view": view,
        "label": f"Timeline of {column}, {lane}, {view}",
        "svg": Markup(diagram.svg(timeline, view=view, lane=lane, prefix=prefix, plain=True)),
        "packed": "",
    }


def _pack(traces: Sequence[_Values]) -> None:
    """Pack all pictures but the first of each column, if they are too much together."""
    if sum(len(view["svg"]) for trace in traces for view in trace["views"]) > _INLINE:
        for trace in traces:
            for view in trace["views"][1:]:
                view["packed"] = base64.b64encode(zlib.compress(view["svg"].encode(), 9)).decode()
