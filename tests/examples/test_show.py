"""What `python -m mpi_examples` prints."""

from __future__ import annotations

import re

import pytest
from rich.console import Console

from mpi_examples.__main__ import main
from mpi_examples.catalogue import CATALOGUE, Pattern
from mpi_examples.show import how_to_run, parts, render_pattern

EACH = pytest.mark.parametrize("pattern", CATALOGUE, ids=str)


def rendered(pattern: Pattern, width: int) -> list[str]:
    console = Console(width=width, force_terminal=False)
    with console.capture() as capture:
        console.print(render_pattern(pattern, width))
    return [line.rstrip() for line in capture.get().splitlines()]


def written(source: str) -> list[str]:
    return [line for line in source.splitlines() if line.strip()]


@EACH
def test_parts_are_the_whole_program(pattern: Pattern) -> None:
    for source in (pattern.multiprocessing_source, pattern.mpi4py_source):
        assert written("\n".join(parts(source).values())) == written(source)


@EACH
def test_side_by_side_has_every_line_of_both(pattern: Pattern) -> None:
    lines = rendered(pattern, 150)
    for source, side in ((pattern.multiprocessing_source, 0), (pattern.mpi4py_source, 1)):
        shown = {line.split("│")[side].strip() for line in lines if "│" in line}
        assert {line.strip() for line in written(source)} <= shown


@EACH
def test_the_same_function_stands_at_the_same_height(pattern: Pattern) -> None:
    rows = [line.split("│") for line in rendered(pattern, 150) if "│" in line]
    heads = [(left.strip(), right.strip()) for left, right in rows if left.startswith((" def ", " class "))]
    assert heads
    for left, right in heads:
        assert re.split(r"[(:]", left)[0] == re.split(r"[(:]", right)[0]


@pytest.mark.parametrize("width", [142, 80])
def test_a_narrow_terminal_gets_one_above_the_other(width: int) -> None:
    pattern = CATALOGUE[0]
    lines = rendered(pattern, width)
    program = written(pattern.multiprocessing_source)
    start = lines.index(program[0])
    assert [line for line in lines[start:] if line][: len(program)] == program


@EACH
def test_commands_name_all_three_columns(pattern: Pattern) -> None:
    text = how_to_run(pattern)
    assert f"\n  python -m {pattern.multiprocessing_module}\n" in text
    assert f" mpiprocessing -m {pattern.multiprocessing_module}\n" in text
    assert pattern.mpi4py_module in text
    assert all(f".{program}\n" in text for program in pattern.broken)
    assert ("watch -m" in text) == bool(pattern.broken)


def test_without_a_verb_it_lists_the_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    printed = capsys.readouterr().out
    assert [str(pattern) in printed for pattern in CATALOGUE] == [True] * len(CATALOGUE)


def test_show_prints_sources_and_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "queue"]) == 0
    printed = capsys.readouterr().out
    assert "class Producer" in printed
    assert "Run it:" in printed


def test_show_of_an_unknown_pattern_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "quue"]) == 2
    assert "did you mean channels/queue?" in capsys.readouterr().err
