"""docs/en/differences.md against the standard library and against our classes: every public name has a verdict, a true one.

`survey.py` looks at both in processes of their own: at the standard library of this Python, and at what a program under
mpiprocessing finds by the same names. The sheet covers several Pythons; its rows say where a name is not in all of them.
What is the same has the same parameters here; that it does the same, the tests in tests/contract show.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import mpiprocessing

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from docgen import sheet  # noqa: E402  # found only now
from docgen.sheet import Row  # noqa: E402

PAGE = ROOT / "docs" / "en" / "differences.md"
ROWS = sheet.read(PAGE.read_text(encoding="utf-8"))
PYTHON = sys.version_info[:2]
OPTIONAL = {"ctx"}  # a parameter that may be left out here: there is one way to start processes
WRITE = "write a row there: | `name` | same, differs or absent | how, and why |"

Survey = dict[str, dict[str, dict[str, Any]]]


@functools.cache
def survey(*arguments: str) -> Survey:
    """What survey.py finds, plain or bound."""
    command = [sys.executable, str(Path(__file__).with_name("survey.py")), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found: Survey = json.loads(done.stdout)
    return found


def places() -> list[tuple[str, str]]:
    """Each submodule, and each class in it that has names of its own: ("queues", ""), ("queues", "Queue"), …"""
    whole = {row.name for row in ROWS if row.module == sheet.WHOLE}
    found = []
    for module, names in survey().items():
        if module not in whole:
            found += [(module, "")]
            found += [(module, name) for name, thing in names.items() if thing["members"]]
    return found


def rows_of(module: str, kind: str) -> dict[str, Row]:
    """The rows about a submodule's own names, or about those of a class in it."""
    if not kind:
        return {row.name: row for row in ROWS if row.module == module and not row.owners}
    return {row.name: row for row in ROWS if f"{module}:{kind}" in row.owners}


def things(column: Survey, module: str, kind: str) -> dict[str, Any]:
    """Name → what a column has under it; what refuses to be used is not there."""
    there = {name: thing for name, thing in column.get(module, {}).items() if not thing["refuses"]}
    if not kind:
        return there
    return there[kind]["members"] if kind in there else {}


def place(module: str, kind: str) -> str:
    return f"`{module or 'multiprocessing'}`" + (f", class `{kind}`" if kind else "")


PLACES = pytest.mark.parametrize(
    ("module", "kind"), [pytest.param(*one, id=".".join(filter(None, one)) or "module") for one in places()]
)


@PLACES
def test_every_public_name_has_a_verdict(module: str, kind: str) -> None:
    missing = things(survey(), module, kind).keys() - rows_of(module, kind).keys()
    assert not missing, (
        f"docs/en/differences.md says nothing of {sorted(missing)} in {place(module, kind)}: {WRITE}"
    )


@PLACES
def test_what_is_ours_alone_is_called_added(module: str, kind: str) -> None:
    ours, theirs = (things(column, module, kind) for column in (survey("bound"), survey()))
    rows = rows_of(module, kind)
    added = {
        name for name in ours.keys() - theirs.keys() if not (name in rows and not rows[name].has(PYTHON))
    }
    said = {name for name, row in rows.items() if row.verdict == "added"}
    assert added == said, (
        f"{place(module, kind)}: added are {sorted(added)}, the sheet says {sorted(said)}; "
        "a new public name gets a row with the verdict added, or an underscore"
    )


@PLACES
def test_every_row_is_true(module: str, kind: str) -> None:
    theirs, ours = things(survey(), module, kind), things(survey("bound"), module, kind)
    for name, row in rows_of(module, kind).items():
        if row.verdict == "added":
            continue
        assert (name in theirs) == row.has(PYTHON), (
            f"{row.label}: the standard library of Python {PYTHON[0]}.{PYTHON[1]} has it: {name in theirs}; "
            "drop the row, or say behind the name '(from 3.x)' or '(until 3.x)'"
        )
        if row.has(PYTHON):
            assert (name in ours) == (row.verdict != "absent"), (
                f"{row.label} is called {row.verdict}, and is {'' if name in ours else 'not '}there"
            )


@PLACES
def test_what_is_the_same_has_the_same_parameters(module: str, kind: str) -> None:
    theirs, ours = things(survey(), module, kind), things(survey("bound"), module, kind)
    for name, row in rows_of(module, kind).items():
        by_syntax = name.startswith("__")  # nobody names the parameters of these
        if row.verdict == "same" and name in theirs and name in ours and not by_syntax:
            wanted, found = parameters(theirs[name]), parameters(ours[name])
            assert wanted is None or found is None or agree(wanted, found), (
                f"{row.label} is called the same, and its parameters differ: {found}, "
                f"in the standard library {wanted}; mend the class, or write 'differs' and in what"
            )


def parameters(thing: Any) -> list[list[str]] | None:
    """The parameters of a name of a module, or of a class; None where there are none to see."""
    found: list[list[str]] | None = thing["parameters"] if isinstance(thing, dict) else thing
    return found


def agree(wanted: list[list[str]], found: list[list[str]]) -> bool:
    """Whether both have the same names, kinds and defaults; `{}` as a default is an old way to write None."""
    wanted, found = (
        [
            [name, kind, "" if name in OPTIONAL else default.replace("{}", "None")]
            for name, kind, default in side
        ]
        for side in (wanted, found)
    )
    return wanted == found


def test_every_row_is_about_something() -> None:
    modules = {*survey(), sheet.WHOLE, sheet.PRIVATE}
    for row in ROWS:
        assert row.module in modules, f"{row.label}: there is no such submodule"
        for module, kind in (owner.split(":") for owner in row.owners):
            assert kind in rows_of(module, ""), f"{row.label}: {place(module, '')} has no row for {kind}"
            here = survey()[module].get(kind)
            assert here is None or here["members"], f"{row.label}: {kind} has no public names of its own"


def test_rows_are_complete() -> None:
    for row in ROWS:
        assert row.verdict in sheet.VERDICTS, f"{row.label}: {row.verdict!r} is no verdict"
        assert row.verdict == "same" or row.reason, f"{row.label}: say in what it differs, and why"


def test_no_name_stands_there_twice() -> None:
    seen = set()
    for row in ROWS:
        for owner in row.owners or (row.module,):
            assert (owner, row.name) not in seen, f"{row.label} stands there twice"
            seen.add((owner, row.name))


def test_whole_submodules_are_the_standard_librarys_own() -> None:
    bound, plain = survey("bound"), survey()
    for row in ROWS:
        if row.module == sheet.WHOLE and row.name in plain and row.verdict == "same":
            assert bound[row.name] == plain[row.name], f"`{row.name}` is called the standard library's own"


def test_what_the_package_exports_is_in_the_sheet() -> None:
    missing = set(mpiprocessing.__all__) - {row.name for row in ROWS if row.module in ("", sheet.PRIVATE)}
    text = PAGE.read_text(encoding="utf-8")
    missing = {name for name in missing if f"`mpiprocessing.{name}`" not in text}
    assert not missing, f"docs/en/differences.md says nothing of {sorted(missing)}: {WRITE}"


@pytest.mark.parametrize("name", [row.name for row in ROWS if row.module == sheet.PRIVATE])
def test_private_names_that_programs_use(name: str) -> None:
    module, kind, attribute = name.split(".")
    row = next(row for row in ROWS if row.module == sheet.PRIVATE and row.name == name)
    for package in ("multiprocessing", "mpiprocessing"):
        place = "managed.proxies" if package == "mpiprocessing" and kind.endswith("Proxy") else module
        found = getattr(importlib.import_module(f"{package}.{place}"), kind)
        there = hasattr(found, attribute) or any(
            f"self.{attribute}" in inspect.getsource(base) for base in found.__mro__[:-1]
        )
        assert there == (package == "multiprocessing" or row.verdict != "absent"), f"{package}: {row.label}"
