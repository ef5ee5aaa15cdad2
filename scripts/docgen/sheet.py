"""docs/en/differences.md read as what it is, a table of names with verdicts; and its totals.

    ## `queues`                      the submodule; "## The module: `multiprocessing`" is the module itself
    | `Queue`, `SimpleQueue` | …     its own names
    ### `Queue`                      a class of it; a class of another submodule is written `context.Process`
    | `put` (from 3.14) | …          names of the class, with the Pythons that have them where not all do

Several classes in one heading share the table: their names are counted once. Sections whose heading is no name in backticks
are text, except the two that name things in full: "Whole submodules" and "Private names".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["OLDEST", "PRIVATE", "VERDICTS", "WHOLE", "Row", "read", "totals"]

VERDICTS = ("same", "differs", "absent", "added")
WHOLE, PRIVATE = "Whole submodules", "Private names"
OLDEST = (3, 10)
_TOP = "The module: `multiprocessing`"
_NAME = re.compile(r"`([\w.]+)`(?: \((from|until) (3\.\d+)\))?")


class Row(NamedTuple):
    """What the sheet says of one name."""

    module: str  # "" is multiprocessing itself
    owners: tuple[str, ...]  # the classes that have the name, as module:Class; empty for a name of the module
    name: str
    verdict: str
    reason: str
    since: tuple[int, int] = OLDEST
    until: tuple[int, int] = (3, 99)
    section: str = ""

    @property
    def label(self) -> str:
        """The name as a reader would look for it."""
        return f"`{self.name}` in section {self.section!r}"

    def has(self, version: tuple[int, int]) -> bool:
        """Whether a Python is said to have it."""
        return self.since <= version <= self.until


def read(page: str) -> list[Row]:
    """All rows of the sheet, one for each name."""
    rows: list[Row] = []
    module: str | None = None
    owners: tuple[str, ...] = ()
    heading = ""
    for line in page.splitlines():
        if match := re.match(r"(##+) (.+)$", line):
            heading = match[2]
            if match[1] == "##":
                module, owners = _module(heading), ()
            else:
                owners = _classes(module, heading)
        elif module is not None and line.startswith("| `"):
            rows += _rows(module, owners, heading, line)
    return rows


def totals(root: Path) -> str:
    """How many names have which verdict, module by module."""
    counts: dict[str, Counter[str]] = {}
    for row in read((root / "docs" / "en" / "differences.md").read_text(encoding="utf-8")):
        if row.module != PRIVATE:
            counts.setdefault(row.module or "multiprocessing", Counter())[row.verdict] += 1
    lines = ["| of | " + " | ".join(VERDICTS) + " |", "| --- |" + " --- |" * len(VERDICTS)]
    total = sum(counts.values(), Counter())
    lines.append(f"| **all** | {' | '.join(f'**{total[verdict]}**' for verdict in VERDICTS)} |")
    for module, count in counts.items():
        title = "whole submodules" if module == WHOLE else f"`{module}`"
        lines.append(f"| {title} | {' | '.join(str(count[verdict]) for verdict in VERDICTS)} |")
    return "\n".join(lines)


def _module(heading: str) -> str | None:
    """The submodule a section is about; None for text."""
    if heading == _TOP:
        return ""
    if heading in (WHOLE, PRIVATE):
        return heading
    match = re.fullmatch(r"`([\w.]+)`", heading)
    return match[1] if match else None


def _classes(module: str | None, heading: str) -> tuple[str, ...]:
    names = re.findall(r"`([\w.]+)`", heading)
    return tuple(_owner(module, name) for name in names)


def _owner(module: str | None, name: str) -> str:
    place, _, kind = name.rpartition(".")
    place = place or module or ""
    return f"{place if place != 'multiprocessing' else ''}:{kind}"


def _rows(module: str, owners: tuple[str, ...], heading: str, line: str) -> Iterator[Row]:
    names, verdict, *rest = [cell.strip() for cell in line.strip().strip("|").split("|")]
    for name, word, number in _NAME.findall(names):
        version = tuple(int(part) for part in number.split(".")) if number else OLDEST
        row = Row(module, owners, name, verdict, "|".join(rest), section=heading)
        yield row._replace(**{"since" if word == "from" else "until": version}) if word else row
