"""Programs of the kind the standard library's documentation shows run unchanged: the same output, the same status.

Each is a file in `documented/` that knows nothing of MPI. It runs once on the standard library and once on mpiprocessing; where
its children print as they please, its first line says so, and the lines are compared in any order.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mpiprocessing.launch.mpiexec import Completed
from mpiprocessing.launch.processgroup import run_group

PROGRAMS = sorted((Path(__file__).parent / "documented").glob("*.py"))
RANKS = 5
IN_ANY_ORDER = "# lines in any order"


def lines(program: Path, output: str) -> list[str]:
    """What a program printed, as it is to be compared."""
    found = output.splitlines()
    return sorted(found) if program.read_text().startswith(IN_ANY_ORDER) else found


def on_the_standard_library(program: Path) -> Completed:
    """Run it as it is; where a process's output goes must not decide how the child writes it."""
    done = run_group(
        [sys.executable, str(program)], timeout=40.0, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    assert not done.timed_out, f"{program.name} hung on the standard library\n{done.stdout}\n{done.stderr}"
    return done


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_prints_the_same_and_ends_the_same(program: Path, launch: Callable[..., Completed]) -> None:
    wanted = on_the_standard_library(program)
    found = launch(["-m", "mpiprocessing", str(program)], ranks=RANKS)
    assert not found.timed_out, f"{program.name} hung\n{found.stdout}\n{found.stderr}"
    assert lines(program, found.stdout) == lines(program, wanted.stdout), found.stderr
    assert found.status == wanted.status, found.stderr
    assert wanted.stdout, "a program that prints nothing shows nothing"


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_is_a_program_of_the_standard_library(program: Path) -> None:
    text = program.read_text()
    assert "mpi4py" not in text and "mpiprocessing" not in text
    assert '__name__ == "__main__"' in text
