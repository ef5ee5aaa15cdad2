"""README.md is true: its programs run and print what it shows, its names, paths and links exist.

The other pages are read for links as well.
"""

from __future__ import annotations

import functools
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
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
PROGRAMS = dict(re.findall(r"<!-- file: (\S+) -->\n```python\n(.*?)```", README, re.DOTALL))
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
        assert (ROOT / path).exists(), f"{page.name} names {path}"


def test_excerpt_has_every_pattern() -> None:
    excerpt = re.search(r"<!-- an excerpt of: scripts/compare -->\n```text\n(.*?)```", README, re.DOTALL)
    assert excerpt
    assert re.findall(r"^(\w+/\w+)", excerpt[1], re.MULTILINE) == [str(pattern) for pattern in CATALOGUE]
    assert f"{len(CATALOGUE)} of {len(CATALOGUE)} patterns: all columns agree" in excerpt[1]


def test_extras_exist() -> None:
    extras = set(re.findall(r"'\.\[(\w+)\]'", README))
    declared = (
        (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("[project.optional-dependencies]")[1]
    )
    assert extras and all(re.search(rf"^{extra} = \[", declared, re.MULTILINE) for extra in extras)


@functools.cache
def there_and_not() -> tuple[set[str], set[str]]:
    rows = [
        line for line in section("What is there, and what is not yet").splitlines() if line.startswith("| `")
    ]
    there, absent = ("".join(row.split("|")[column] for row in rows) for column in (1, 2))
    return set(re.findall(r"`([\w.]+)`", there)), set(re.findall(r"`([\w.]+)`", absent))


def test_what_is_there_is_there() -> None:
    there, _ = there_and_not()
    methods = {"apply", "map", "starmap", "_async", "connection.wait"}
    assert all(hasattr(mpiprocessing, name) for name in there - methods)


def test_what_is_not_there_is_complete() -> None:
    _, absent = there_and_not()
    classes = {
        name for name in multiprocessing.__all__ if name[0].isupper() and not hasattr(mpiprocessing, name)
    }
    assert classes <= absent
    assert not any(hasattr(mpiprocessing, name) for name in absent)
    assert {"imap", "imap_unordered"} <= absent and not hasattr(Pool, "imap")
