"""The floors of docs/en/house.md against the imports of the code: down only, nothing hidden, no circle, one door to MPI."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "mpiprocessing"
HOUSE = (ROOT / "docs" / "en" / "house.md").read_text(encoding="utf-8")


class Import(NamedTuple):
    """`module` imports `what`, inside `function` (empty at the top of the file)."""

    module: str
    what: str
    function: str
    for_types: bool


# ---- the code -------------------------------------------------------------------------------------------------------


def name_of(path: Path) -> str:
    """A module as docs/en/house.md calls it: `core/node`, a package by its folder, the roof `__init__`."""
    name = path.relative_to(SOURCE).with_suffix("").as_posix()
    return name.removesuffix("/__init__")


MODULES = {name_of(path): path for path in sorted(SOURCE.rglob("*.py"))}


def house_name(dotted: str) -> str:
    """An imported module as docs/en/house.md calls it; modules that are not ours keep their own name, in full."""
    if dotted == "mpiprocessing":
        return "__init__"
    if dotted.startswith("mpiprocessing."):
        return dotted.removeprefix("mpiprocessing.").replace(".", "/")
    return f"another {dotted}" if dotted in MODULES else dotted


def targets(node: ast.AST) -> Iterator[str]:
    """What an import statement, or a call of `import_module` with a readable argument, imports."""
    if isinstance(node, ast.Import):
        yield from (house_name(alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0 and node.module, "imports are absolute"
        for alias in node.names:
            name = house_name(f"{node.module}.{alias.name}")
            yield name if name in MODULES else house_name(node.module)
    elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
        name = ast.unparse(node.args[0]).strip("f'").replace("{_LIBRARY}", "mpiprocessing")
        yield house_name(re.sub(r"\{.*?\}", "*", name))


def imports(module: str) -> Iterator[Import]:
    """All imports of a module, wherever they stand."""

    def walk(node: ast.AST, function: str, for_types: bool) -> Iterator[Import]:
        for what in targets(node):
            yield Import(module, what, function, for_types)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            function = function or node.name
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for_types = True
        for child in ast.iter_child_nodes(node):
            yield from walk(child, function, for_types)

    yield from walk(ast.parse(MODULES[module].read_text(encoding="utf-8")), "", False)


IMPORTS = [one for module in MODULES for one in imports(module)]
OURS = [one for one in IMPORTS if one.what in MODULES and not one.for_types]


# ---- the page -------------------------------------------------------------------------------------------------------


def rows(heading: str) -> list[list[str]]:
    """The rows of the table below a heading, its header left out."""
    section = HOUSE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def floors(heading: str) -> dict[str, int]:
    return {module: int(row[0]) for row in rows(heading) for module in re.findall(r"`(.+?)`", row[2])}


def named_uses(heading: str) -> set[tuple[str, str]]:
    return {(a, b) for row in rows(heading) for a, b in re.findall(r"`(\S+?)` → `(\S+?)`", row[3])}


FLOORS = floors("The floors")
ANNEXES = [
    floors("The comparison"),
    floors("The watch"),
    floors("The benchmark"),
    floors("The doctor"),
    floors("The job scripts"),
]  # each stands beside the house, the others beside the first
SAME_FLOOR = named_uses("The floors")
FROM_OUTSIDE = {
    use
    for annex in ("The comparison", "The watch", "The benchmark", "The doctor", "The job scripts")
    for use in named_uses(annex)
}
EXCEPTIONS = {tuple(cell.strip("`") for cell in row[:3]) for row in rows("Exceptions")}


# ---- do they agree? -------------------------------------------------------------------------------------------------


def test_every_module_has_one_place() -> None:
    places = [module for table in (FLOORS, *ANNEXES) for module in table]
    assert sorted(places) == sorted(MODULES), "docs/en/house.md, 'The floors', must name every module once"


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module: str) -> None:
    table = next((table for table in (FLOORS, *ANNEXES) if module in table), None)
    assert table is not None, f"{module} has no place in docs/en/house.md, 'The floors'"
    for one in OURS:
        if one.module != module or one.function:
            continue
        if table is not FLOORS and one.what not in table:
            assert (module, one.what) in FROM_OUTSIDE, f"{module} may not import {one.what} from elsewhere"
        elif (module, one.what) not in SAME_FLOOR:
            assert one.what in table, f"{module}, in the house, imports {one.what}, beside it"
            assert table[one.what] < table[module], (
                f"{module} (floor {table[module]}) imports {one.what} (floor {table[one.what]})"
            )


def test_named_uses_are_true() -> None:
    at_top = {(one.module, one.what) for one in IMPORTS if not one.function}
    assert at_top >= SAME_FLOOR | FROM_OUTSIDE
    assert all(FLOORS[a] == FLOORS[b] for a, b in SAME_FLOOR)


def test_examples_are_used_only_where_named() -> None:
    used = {(one.module, one.what) for one in IMPORTS if one.what.startswith("mpi_examples")}
    assert used == {use for use in FROM_OUTSIDE if use[1].startswith("mpi_examples")}


def test_nothing_is_imported_inside_a_function_but_the_exceptions() -> None:
    hidden = {(one.module, one.function, one.what) for one in IMPORTS if one.function}
    assert hidden == EXCEPTIONS


def test_no_circle_not_even_with_hidden_imports() -> None:
    graph: dict[str, set[str]] = {module: set() for module in MODULES}
    for one in OURS:
        graph[one.module].add(one.what)
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_one_door_to_mpi() -> None:
    users = {one.module for one in IMPORTS if one.what.split(".")[0] == "mpi4py" and not one.for_types}
    beside = ("compare/counting/", "watch/", "bench/works/", "doctor/starting")
    assert {user for user in users if not user.startswith(beside)} == {"core/door"}


def test_homes_know_no_mpi_no_thread_and_no_clock() -> None:
    pure = {"core/messages", "core/outbox", "core/node", *(m for m in MODULES if m.startswith("core/homes"))}
    pure |= {f"watch/{name}" for name in ("waits", "matching", "situation", "judge", "reasons", "report")}
    street = {"mpi4py", "threading", "time", "socket", "asyncio", "select", "signal", "queue"}
    found = {
        (one.module, one.what) for one in IMPORTS if one.module in pure and one.what.split(".")[0] in street
    }
    assert not found


def test_no_rank_stops_when_a_program_replaces_the_clock_or_sleep() -> None:
    # As tests do: who has taken `sleep` by name when it was imported has the real one.
    found = {
        (module, call)
        for module in FLOORS
        if module not in ("monitor/cli", "launch/processgroup")  # in processes of their own
        for call in re.findall(
            r"(?<![.`])\btime\.(?:sleep|monotonic|perf_counter)\w*",
            MODULES[module].read_text(encoding="utf-8"),
        )
    }
    assert not found


def test_the_doctors_checks_know_no_mpi_no_file_and_no_clock() -> None:
    street = {"mpi4py", "os", "pathlib", "time", "socket", "subprocess", "psutil", "shutil"}
    found = {
        (one.module, one.what)
        for one in IMPORTS
        if one.module.startswith("doctor/checks") and one.what.split(".")[0] in street
    }
    assert not found


def test_importing_the_library_starts_no_mpi() -> None:
    at_top = {
        one.what.split(".")[0]
        for one in IMPORTS
        if not one.function and not one.for_types and one.module in FLOORS
    }
    assert "mpi4py" not in at_top
