"""README.md is true: its programs run and print what it shows, its names, paths and links exist.

The other pages are read for links as well.
"""

from __future__ import annotations

import importlib
import multiprocessing
import re
from pathlib import Path

import pytest

import mpiprocessing
from mpi_examples.catalogue import CATALOGUE
from mpiprocessing.launch import mpiexec
from mpiprocessing.pool import Pool

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs" / "en").glob("*.md")])
PROGRAMS = dict(re.findall(r"<!-- file: (\S+) -->\n```python\n(.*?)```", README, re.DOTALL))
SUBMODULES = ("dummy", "shared_memory", "util", "managers", "connection", "pool")
COMMANDS = {"prog.py": ["-m", "mpiprocessing", "prog.py"], "spmd.py": ["spmd.py"]}


def section(heading: str) -> str:
    return README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def shown_output(command: str) -> str:
    """What README prints below a command."""
    block = next(
        block for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL) if f"$ {command}" in block
    )
    after = block.split(f"$ {command}", 1)[1].split("\n", 1)[1]
    return after.split("$ ", 1)[0]


def anchors(page: Path) -> set[str]:
    """The headings of a page, as links name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program_prints_what_is_shown(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(PROGRAMS[name], encoding="utf-8")
    done = mpiexec.run(COMMANDS[name], 4, timeout=40.0, cwd=tmp_path)
    assert done.status == 0, done.stderr
    assert done.stdout == shown_output("mpiexec -n 4 python " + " ".join(COMMANDS[name]))


def test_every_program_is_run() -> None:
    assert COMMANDS.keys() == PROGRAMS.keys()
    assert README.count("```python") == len(PROGRAMS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(found), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for path in re.findall(r"`((?:scripts|tests|docs|mpi_examples|src)/[\w./-]*)`?", text):
        assert "NAME" in path or (ROOT / path).exists(), f"{page.name} names {path}"


def test_excerpt_is_of_this_catalogue() -> None:
    excerpt = re.search(r"<!-- an excerpt of: scripts/compare -->\n```text\n(.*?)```", README, re.DOTALL)
    assert excerpt
    names = [str(pattern) for pattern in CATALOGUE]
    shown = re.findall(r"^(\w+/\w+)", excerpt[1], re.MULTILINE)
    assert shown and shown == [name for name in names if name in shown]
    assert f"{len(CATALOGUE)} of {len(CATALOGUE)} patterns: all columns agree" in excerpt[1]


def test_extras_exist() -> None:
    extras = set(re.findall(r"'\.\[(\w+)\]'", README))
    declared = (
        (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("[project.optional-dependencies]")[1]
    )
    assert extras and all(re.search(rf"^{extra} = \[", declared, re.MULTILINE) for extra in extras)


def named_as_there() -> set[str]:
    """The names in the first column of the table of what is there."""
    rows = [line for line in section("What is there").splitlines() if line.startswith("| ")]
    return set(re.findall(r"`([\w.]+)`", "".join(row.split("|")[1] for row in rows)))


def test_what_is_there_is_there() -> None:
    submodules = [importlib.import_module(f"multiprocessing.{name}") for name in SUBMODULES]
    for name in named_as_there() - {"connection.wait", *SUBMODULES}:
        assert any(hasattr(place, name) for place in (mpiprocessing, Pool, *submodules)), name


def test_what_is_there_is_complete() -> None:
    classes = {name for name in multiprocessing.__all__ if name[0].isupper() and not name.endswith("Error")}
    assert classes - {"BufferTooShort"} <= named_as_there()
    assert all(hasattr(mpiprocessing, name) for name in classes)
