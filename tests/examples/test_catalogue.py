"""The catalogue is whole, and the two programs of each pattern line up."""

from __future__ import annotations

import ast
import re

import pytest

from mpi_examples.catalogue import CATALOGUE, ROOT, Pattern, UnknownPatternError, after, find
from mpi_examples.show import COLUMNS, parts

EACH = pytest.mark.parametrize("pattern", CATALOGUE, ids=str)


def sources(pattern: Pattern) -> tuple[str, str]:
    return pattern.multiprocessing_source, pattern.mpi4py_source


def functions(source: str) -> list[str]:
    cut = parts(source)
    return [name for name in cut if name not in ("docstring", "names", "start")]


def printed(source: str) -> list[str]:
    """Every call of print, as it is written."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    prints = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
    return [ast.unparse(call) for call in prints]


# --- the list -----------------------------------------------------------------------------------------------


def test_every_folder_is_in_the_catalogue() -> None:
    folders = {program.parent for program in ROOT.glob("**/with_*.py")}
    assert folders == {pattern.folder for pattern in CATALOGUE}


def test_a_family_stands_together() -> None:
    families = [pattern.family for pattern in CATALOGUE]
    order = list(dict.fromkeys(families))
    assert families == sorted(families, key=order.index)


def test_names_are_unique() -> None:
    assert len({pattern.name for pattern in CATALOGUE}) == len(CATALOGUE)


def test_next_leads_through_the_whole_list() -> None:
    here: Pattern | None = CATALOGUE[0]
    seen = []
    while here is not None:
        seen.append(here)
        here = after(here)
    assert tuple(seen) == CATALOGUE


@EACH
def test_found_by_short_and_by_full_name(pattern: Pattern) -> None:
    assert find(pattern.name) is pattern
    assert find(f"{pattern.family}/{pattern.name}") is pattern


def test_an_unknown_name_is_told_the_nearest_and_all() -> None:
    with pytest.raises(UnknownPatternError, match="did you mean channels/queue") as caught:
        find("quue")
    assert all(str(pattern) in str(caught.value) for pattern in CATALOGUE)


def test_a_family_is_told_its_patterns() -> None:
    with pytest.raises(
        UnknownPatternError, match=r"^'topology' is a family of patterns: topology/cartesian, topology/split$"
    ):
        find("topology")


def test_a_name_like_none_is_told_all() -> None:
    with pytest.raises(UnknownPatternError, match=r"^no pattern 'zzz'; there are processes/spawn"):
        find("zzz")


# --- the programs -------------------------------------------------------------------------------------------


@EACH
def test_same_functions_in_the_same_order(pattern: Pattern) -> None:
    left, right = map(functions, sources(pattern))
    assert left == right
    assert left[-2:] == ["main", "check"]


@EACH
def test_same_check(pattern: Pattern) -> None:
    left, right = (parts(source)["check"] for source in sources(pattern))
    assert left == right
    assert "assert " in left


@EACH
def test_same_lines_are_printed(pattern: Pattern) -> None:
    left, right = map(printed, sources(pattern))
    assert left == right != []


@EACH
def test_docstrings_answer_the_same_four_points(pattern: Pattern) -> None:
    for source in sources(pattern):
        docstring = ast.get_docstring(ast.parse(source), clean=False) or ""
        assert docstring.splitlines()[0] == pattern.question
        points = re.findall(r"^(\w[\w ]*):", docstring, re.MULTILINE)
        assert points == ["What travels", "Ranks", "Idea"]
        assert len(docstring.splitlines()) == 8  # so that the imports stand at the same height


@EACH
def test_two_fit_side_by_side(pattern: Pattern) -> None:
    for source in sources(pattern):
        assert max(map(len, source.splitlines())) <= COLUMNS
        assert len(source.splitlines()) <= 95


@EACH
def test_nothing_depends_on_luck(pattern: Pattern) -> None:
    for source in sources(pattern):
        assert not re.search(r"\b(sleep|input|getpid|random\.(randint|random))\(", source)


@EACH
def test_the_first_twin_knows_nothing_of_mpi(pattern: Pattern) -> None:
    imports = re.findall(r"^(?:import|from) (\w+)", pattern.multiprocessing_source, re.MULTILINE)
    assert "multiprocessing" in imports
    assert not {"mpi4py", "mpiprocessing", "mpi_examples"} & set(imports)


@EACH
def test_the_second_twin_is_plain_mpi(pattern: Pattern) -> None:
    imports = re.findall(r"^(?:import|from) (\w+)", pattern.mpi4py_source, re.MULTILINE)
    assert "mpi4py" in imports
    assert not {"multiprocessing", "mpiprocessing", "mpi_examples"} & set(imports)


@EACH
def test_expected_text_ends_its_last_line(pattern: Pattern) -> None:
    assert pattern.expected.endswith("\n")
