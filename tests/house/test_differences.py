"""docs/differences.md against the standard library and against our classes: every public name has a verdict, a true one.

The sheet is read once; the standard library is walked as it is in this Python, so a name that a later one adds is found
there. What `binding` does to it is looked at in a process of its own.
"""

from __future__ import annotations

import inspect
import json
import multiprocessing
import re
import subprocess
import sys
from multiprocessing import connection, context, pool, queues, synchronize
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import mpiprocessing
import mpiprocessing.connection
import mpiprocessing.context
import mpiprocessing.pool
import mpiprocessing.queues
import mpiprocessing.synchronize

ROOT = Path(__file__).resolve().parents[2]
SHEET = (ROOT / "docs" / "differences.md").read_text(encoding="utf-8")
VERDICTS = {"same", "differs", "absent", "added"}


class Pair(NamedTuple):
    """A section of the sheet, and what it compares."""

    stdlib: Any
    ours: Any


PAIRS = {
    "`Process`": Pair(multiprocessing.Process, mpiprocessing.Process),
    "`Queue`": Pair(queues.Queue, mpiprocessing.queues.Queue),
    "`Connection`": Pair(connection.Connection, mpiprocessing.connection.Connection),
    "`Lock`": Pair(
        synchronize.Lock(ctx=multiprocessing.get_context("spawn")), mpiprocessing.synchronize.Lock
    ),
    "`Barrier`": Pair(synchronize.Barrier, mpiprocessing.synchronize.Barrier),
    "`Pool`": Pair(pool.Pool, mpiprocessing.pool.Pool),
    "`AsyncResult`": Pair(pool.AsyncResult, mpiprocessing.pool.AsyncResult),
}
MODULE = "The module: `multiprocessing.__all__`"
CONTEXTS = "Contexts"


def section(heading: str) -> str:
    return SHEET.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def table(heading: str) -> list[list[str]]:
    lines = [line for line in section(heading).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def verdicts(heading: str) -> dict[str, str]:
    rows = table(heading)
    assert len({row[0] for row in rows}) == len(rows), "a name stands there twice"
    return {row[0].strip("`"): row[1] for row in rows}


def reason(heading: str, name: str) -> str:
    return next(row[2] for row in table(heading) if row[0] == f"`{name}`")


def public(thing: Any) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")}


def parameters(thing: Any, name: str) -> list[str] | None:
    """The names of a method's parameters, without self; None for what is no method."""
    try:
        names = list(inspect.signature(getattr(thing, name)).parameters)
    except (TypeError, ValueError):
        return None
    return [name for name in names if name != "self"]


EVERY_NAME = [(heading, name) for heading in [MODULE, *PAIRS] for name in verdicts(heading)]


def has(heading: str, name: str) -> tuple[bool, bool]:
    """Whether the standard library has it, and whether we do."""
    if heading == MODULE:
        kept = name in ("reducer",)
        return name in multiprocessing.__all__, kept or hasattr(mpiprocessing, name)
    pair = PAIRS[heading]
    return name in public(pair.stdlib), hasattr(pair.ours, name)


@pytest.mark.parametrize("heading", [MODULE, *PAIRS])
def test_every_public_name_has_a_verdict(heading: str) -> None:
    names = set(multiprocessing.__all__) if heading == MODULE else set().union(*map(public, PAIRS[heading]))
    missing = names - verdicts(heading).keys()
    assert not missing, f"docs/differences.md, section {heading}, says nothing of {sorted(missing)}"


@pytest.mark.parametrize(("heading", "name"), EVERY_NAME)
def test_verdict_is_true(heading: str, name: str) -> None:
    verdict = verdicts(heading)[name]
    stdlib, ours = has(heading, name)
    assert verdict in VERDICTS
    assert ours == (verdict != "absent"), f"{name} is called {verdict}"
    if not stdlib and verdict != "added":
        assert re.search(r"new in Python 3\.\d+", reason(heading, name)), (
            f"{name} is not in the standard library"
        )
    assert not (stdlib and verdict == "added")
    assert verdict == "same" or reason(heading, name), f"{name}: the sheet must say in what, and why"


@pytest.mark.parametrize(("heading", "name"), EVERY_NAME)
def test_what_is_the_same_has_the_same_parameters(heading: str, name: str) -> None:
    if verdicts(heading)[name] != "same":
        return
    pair = Pair(multiprocessing, mpiprocessing) if heading == MODULE else PAIRS[heading]
    if not inspect.isclass(getattr(pair.ours, name)):
        assert parameters(pair.ours, name) == parameters(pair.stdlib, name)


def test_contexts_have_what_the_module_has() -> None:
    module, only = verdicts(MODULE), verdicts(CONTEXTS)
    for name in public(context.BaseContext) | {"Process"}:
        verdict = only.get(name) or module[name]
        found = getattr(mpiprocessing.context._default, name, None)
        assert (found is not None and not hasattr(found, "refuses")) == (verdict != "absent"), name


def test_everything_we_export_is_in_the_sheet() -> None:
    assert set(mpiprocessing.__all__) - verdicts(MODULE).keys() == {"init"}


_SHOW = """
import importlib, json, multiprocessing
from mpiprocessing import binding
binding.bind()
found = {"": {}}
def owner(value):
    return "refused" if getattr(value, "refuses", False) is True else str(getattr(value, "__module__", ""))
for name in multiprocessing.__all__:
    found[""][name] = owner(getattr(multiprocessing, name))
for name in ("connection", "context", "managers", "pool", "process", "queues", "sharedctypes", "synchronize"):
    module = importlib.import_module(f"multiprocessing.{name}")
    found[name] = {key: owner(value) for key, value in vars(module).items() if key[:1] != "_"}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def bound() -> dict[str, dict[str, str]]:
    """Where the names of `multiprocessing` and of its submodules come from once they are bound."""
    done = subprocess.run(
        [sys.executable, "-c", _SHOW], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, str]] = json.loads(done.stdout)
    return found


def test_absent_names_refuse_and_others_do_not(bound: dict[str, dict[str, str]]) -> None:
    refusing = {name for name, owner in bound[""].items() if owner == "refused"}
    absent = {name for name, verdict in verdicts(MODULE).items() if verdict == "absent"}
    assert refusing == absent & set(multiprocessing.__all__)


def test_submodules_are_bound_as_the_sheet_says(bound: dict[str, dict[str, str]]) -> None:
    for names, ours, refused, rest in table("Submodules"):
        for name in re.findall(r"`(\w+)`", names):
            if name not in bound:
                assert not ours
                assert not refused
                continue
            refusing = {key for key, owner in bound[name].items() if owner == "refused"}
            assert refusing == set(re.findall(r"`(\w+)`", refused)), name
            found = {key for key, module in bound[name].items() if module.startswith("mpiprocessing")}
            found -= {"get_context"}  # imported there from the package
            assert found == set(re.findall(r"`(\w+)`", ours)), name
            exported = set(getattr(sys.modules.get(f"multiprocessing.{name}"), "__all__", ()))
            assert exported <= found | refusing | set(re.findall(r"`(\w+)`", rest)), (
                f"{name}: what of {exported - found}?"
            )
