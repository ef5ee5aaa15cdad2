"""Recorded runs: what the columns of a pattern printed, sent and did, as the site shows it.

    docs/recorded/FAMILY/NAME.json

One file for each pattern, written by scripts/record. It has nothing in it that belongs to the machine: no paths, no
names of hosts, and of times only those of the timelines, rounded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mpi_examples.pattern import Pattern
from mpiprocessing.compare.figures import Traffic
from mpiprocessing.compare.timeline import Arrow, Moment, Row, Span, Timeline

__all__ = ["COLUMNS", "STEPS", "Column", "Program", "Record", "path_of", "read", "sources_of", "text_of"]

STEPS = 450  # of a timeline; as many as anybody looks at: a picture of them is some metres wide
COLUMNS = ("multiprocessing", "mpiprocessing", "mpi4py")


@dataclass(frozen=True)
class Column:
    """What one column did.

    Attributes:
        status: its exit status.
        output: what it printed.
        kinds: its messages by kind; None for the standard library, which passes none that we know of.
        uncounted: operations that were used and are not in `kinds`.
        timeline: what its ranks did, None where it was not traced.
    """

    status: int
    output: str
    kinds: Mapping[str, Traffic] | None = None
    uncounted: tuple[str, ...] = ()
    timeline: Timeline | None = None


@dataclass(frozen=True)
class Program:
    """What a program beside the twins did, one that goes wrong for the most part.

    Attributes:
        ranks: on how many ranks it ran.
        status: its exit status, -n if signal n ended it.
        output: what it printed.
        errors: what it wrote to standard error.
    """

    ranks: int
    status: int
    output: str
    errors: str


@dataclass(frozen=True)
class Record:
    """The recorded runs of a pattern.

    Attributes:
        pattern: its full name.
        ranks: how many mpiexec started for the two columns over MPI.
        versions: of what it was recorded with: "python", "mpi4py", "mpi".
        sources: of which programs, by the name of the file: the beginning of the SHA-256 of its text.
        columns: what each did, by its name.
        programs: those beside the twins, by the name of their file.
    """

    pattern: str
    ranks: int
    versions: Mapping[str, str]
    sources: Mapping[str, str]
    columns: Mapping[str, Column]
    programs: Mapping[str, Program] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the record as plain data."""
        return {
            "pattern": self.pattern,
            "ranks": self.ranks,
            "versions": dict(self.versions),
            "sources": dict(self.sources),
            "columns": {name: _column_to_json(column) for name, column in self.columns.items()},
            "programs": {name: vars(program) for name, program in self.programs.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Record:
        """Build a record from what `to_json` returned.

        Args:
            data: the parsed JSON object.

        Returns:
            The record.

        Raises:
            KeyError: an entry is missing.
        """
        return cls(
            pattern=data["pattern"],
            ranks=data["ranks"],
            versions=data["versions"],
            sources=data["sources"],
            columns={name: _column_from_json(column) for name, column in data["columns"].items()},
            programs={name: Program(**program) for name, program in data["programs"].items()},
        )


def sources_of(pattern: Pattern) -> dict[str, str]:
    """The programs of a pattern as a record names them: a record of others is out of date."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for path in sorted(pattern.folder.glob("*.py"))
        if path.name != "__init__.py"
    }


def path_of(root: Path, pattern: Pattern) -> Path:
    """Where the runs of a pattern are recorded."""
    return root / "docs" / "recorded" / pattern.family / f"{pattern.name}.json"


def read(root: Path, pattern: Pattern) -> Record:
    """Read the recorded runs of a pattern.

    Args:
        root: the project's folder.
        pattern: whose runs.

    Returns:
        The record.

    Raises:
        LookupError: there is none.
    """
    try:
        text = path_of(root, pattern).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise LookupError(f"{pattern} is not recorded: scripts/record {pattern}") from None
    return Record.from_json(json.loads(text))


def text_of(record: Record) -> str:
    """A record as the text of its file: objects are spread over lines, a span or an arrow stands on one."""
    return _spread(record.to_json(), 0) + "\n"


def _spread(value: Any, depth: int) -> str:
    pad = " " * (depth + 1)
    if isinstance(value, dict) and value and depth < 4:
        inside = [f"{pad}{_line(key)}: {_spread(item, depth + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(inside) + "\n" + " " * depth + "}"
    if isinstance(value, list | tuple) and value and isinstance(value[0], list):
        return "[\n" + ",\n".join(pad + _line(item) for item in value) + "\n" + " " * depth + "]"
    return _line(value)


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _column_to_json(column: Column) -> dict[str, Any]:
    kinds = column.kinds
    return {
        "status": column.status,
        "output": column.output,
        "kinds": None
        if kinds is None
        else {name: [t.messages, t.bytes] for name, t in sorted(kinds.items())},
        "uncounted": list(column.uncounted),
        "timeline": None if column.timeline is None else _timeline_to_json(column.timeline),
    }


def _column_from_json(data: Mapping[str, Any]) -> Column:
    kinds, timeline = data["kinds"], data["timeline"]
    return Column(
        status=data["status"],
        output=data["output"],
        kinds=None if kinds is None else {name: Traffic(*counts) for name, counts in kinds.items()},
        uncounted=tuple(data["uncounted"]),
        timeline=None if timeline is None else _timeline_from_json(timeline),
    )


def _timeline_to_json(timeline: Timeline) -> dict[str, Any]:
    """A timeline as lists, each with the values of a row, a span or an arrow in the order in which its class has them."""
    return {
        "rows": [[row.rank, row.name] for row in timeline.rows],
        "spans": [
            [s.rank, s.lane, s.state, s.name, *_two(s.begin), *_two(s.end), _pairs(s.detail), s.where]
            for s in timeline.spans
        ],
        "arrows": [
            [
                a.lane,
                a.name,
                a.source,
                a.dest,
                *_two(a.sent),
                *_two(a.received),
                a.size,
                _pairs(a.detail),
                a.lost,
            ]
            for a in timeline.arrows
        ],
        "seconds": timeline.seconds,
        "steps": timeline.steps,
    }


def _timeline_from_json(data: Mapping[str, Any]) -> Timeline:
    spans = [
        Span(rank, lane, state, name, Moment(*begin), Moment(*end), tuple(map(tuple, detail)), where)
        for rank, lane, state, name, begin, end, detail, where in map(_moments(4), data["spans"])
    ]
    arrows = [
        Arrow(
            lane, name, source, dest, Moment(*sent), Moment(*received), size, tuple(map(tuple, detail)), lost
        )
        for lane, name, source, dest, sent, received, size, detail, lost in map(_moments(4), data["arrows"])
    ]
    rows = tuple(Row(rank, name) for rank, name in data["rows"])
    return Timeline(rows, tuple(spans), tuple(arrows), data["seconds"], data["steps"])


def _two(moment: Moment) -> tuple[float, int]:
    return moment.seconds, moment.step


def _pairs(detail: tuple[tuple[str, str], ...]) -> list[list[str]]:
    return [list(pair) for pair in detail]


def _moments(place: int) -> Callable[[list[Any]], list[Any]]:
    """Puts the two moments that stand in a list from a place on, four numbers, back into pairs."""
    return lambda one: [*one[:place], one[place : place + 2], one[place + 2 : place + 4], *one[place + 4 :]]
