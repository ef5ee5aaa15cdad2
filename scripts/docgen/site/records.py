"""Recorded runs: what the columns of a pattern printed, sent and did, as the site shows it.

    docs/recorded/FAMILY/NAME.json

One file for each pattern, written by scripts/record. It has nothing in it that belongs to the machine: no paths, no
names of hosts, and of times only those of the timelines, rounded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mpi_examples.pattern import Pattern
from mpiprocessing.compare.figures import Traffic
from mpiprocessing.compare.timeline import Timeline

__all__ = ["COLUMNS", "Column", "Program", "Record", "path_of", "read", "text_of"]

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
        columns: what each did, by its name.
        programs: those beside the twins, by the name of their file.
    """

    pattern: str
    ranks: int
    versions: Mapping[str, str]
    columns: Mapping[str, Column]
    programs: Mapping[str, Program] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the record as plain data."""
        return {
            "pattern": self.pattern,
            "ranks": self.ranks,
            "versions": dict(self.versions),
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
            columns={name: _column_from_json(column) for name, column in data["columns"].items()},
            programs={name: Program(**program) for name, program in data["programs"].items()},
        )


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
    if isinstance(value, list | tuple) and value and isinstance(value[0], dict):
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
        "timeline": None if column.timeline is None else column.timeline.to_json(),
    }


def _column_from_json(data: Mapping[str, Any]) -> Column:
    kinds, timeline = data["kinds"], data["timeline"]
    return Column(
        status=data["status"],
        output=data["output"],
        kinds=None if kinds is None else {name: Traffic(*counts) for name, counts in kinds.items()},
        uncounted=tuple(data["uncounted"]),
        timeline=None if timeline is None else Timeline.from_json(timeline),
    )
