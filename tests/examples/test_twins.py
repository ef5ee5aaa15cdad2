"""Every twin prints what its pattern expects: on the standard library, on mpiprocessing, and with plain MPI.

Each twin is started once by the very command that the documentation gives, on 4 ranks; the other rank counts and
start methods play the whole catalogue in one job (every_twin.py).
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mpi_examples.catalogue import CATALOGUE, Pattern, find
from mpiprocessing.launch import mpiexec

TIMEOUT = 110.0  # of one that plays every pattern; pytest itself gives up after two minutes
EVERY = str(Path(__file__).with_name("every_twin.py"))
EACH = pytest.mark.parametrize("pattern", CATALOGUE, ids=str)
TOO_FEW = [(pattern, ranks) for pattern in CATALOGUE for ranks in range(1, pattern.mpi4py_min_ranks)]


def output(done: mpiexec.Completed) -> str:
    """What a job has printed, if it has ended well."""
    assert not done.timed_out, f"over {TIMEOUT} s: {done.command}\n{done.stdout}\n{done.stderr}"
    assert done.status == 0, f"status {done.status}: {done.command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def sections(text: str) -> dict[str, str]:
    """Cut what every_twin.py prints at its headings."""
    cut = [part.partition("\n") for part in text.split("=== ")[1:]]
    return {heading: body for heading, _, body in cut}


def expected(ranks: int, need: str) -> dict[str, str]:
    """What every_twin.py is to print on so many ranks."""
    return {str(pattern): pattern.expected for pattern in CATALOGUE if getattr(pattern, need) <= ranks}


# --- the standard library -----------------------------------------------------------------------------------


@EACH
def test_multiprocessing_on_the_standard_library(pattern: Pattern) -> None:
    command = [sys.executable, "-m", pattern.multiprocessing_module]
    assert output(mpiexec.run_group(command, timeout=TIMEOUT)) == pattern.expected


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_by_start_method(method: str) -> None:
    command = [sys.executable, EVERY, "multiprocessing", "99", method]
    printed = output(mpiexec.run_group(command, timeout=TIMEOUT))
    assert sections(printed) == expected(99, "min_ranks")


# --- mpiprocessing ------------------------------------------------------------------------------------------


@EACH
def test_multiprocessing_on_mpiprocessing(pattern: Pattern) -> None:
    program = ["-m", "mpiprocessing", "-m", pattern.multiprocessing_module]
    assert output(mpiexec.run(program, 4, timeout=TIMEOUT)) == pattern.expected


@pytest.mark.parametrize("ranks", [2, 3, 5])
def test_multiprocessing_on_mpiprocessing_by_ranks(ranks: int) -> None:
    program = ["-m", "mpiprocessing", EVERY, "multiprocessing", str(ranks)]
    printed = output(mpiexec.run(program, ranks, timeout=TIMEOUT))
    assert sections(printed) == expected(ranks, "min_ranks")


def test_mpiprocessing_on_one_rank_says_what_to_do() -> None:
    pattern = CATALOGUE[0]
    program = ["-m", "mpiprocessing", "-m", pattern.multiprocessing_module]
    done = mpiexec.run(program, 1, timeout=TIMEOUT)
    assert not done.timed_out
    assert done.status not in (0, None)
    assert "mpiexec -n" in done.stderr


# --- plain MPI ----------------------------------------------------------------------------------------------


@EACH
def test_mpi4py(pattern: Pattern) -> None:
    assert output(mpiexec.run(["-m", pattern.mpi4py_module], 4, timeout=TIMEOUT)) == pattern.expected


@pytest.mark.parametrize("ranks", [1, 2, 3, 5])
def test_mpi4py_by_ranks(ranks: int) -> None:
    # -m mpi4py: an exception on one rank ends the job at once instead of at the time limit.
    program = ["-m", "mpi4py", EVERY, "mpi4py", str(ranks)]
    printed = output(mpiexec.run(program, ranks, timeout=TIMEOUT))
    assert sections(printed) == expected(ranks, "mpi4py_min_ranks")


@pytest.mark.parametrize(("pattern", "ranks"), TOO_FEW, ids=str)
def test_mpi4py_on_too_few_ranks_says_what_to_do(pattern: Pattern, ranks: int) -> None:
    done = mpiexec.run(["-m", pattern.mpi4py_module], ranks, timeout=TIMEOUT)
    assert not done.timed_out
    assert done.status != 0
    assert done.stdout == ""
    need = pattern.mpi4py_min_ranks
    line = f"{pattern} needs {need} ranks or more: mpiexec -n {need} python -m {pattern.mpi4py_module}"
    assert done.stderr.count(line) == 1, done.stderr


def test_mpi4py_whose_check_fails_ends_with_a_status() -> None:
    # The assertion comes when no rank waits for another any more: the job fails, and does not hang.
    module = find("channels/pipe_chain").mpi4py_module
    failing = f"import {module} as twin; twin.ITEMS += twin.MPI.COMM_WORLD.rank; twin.main()"
    done = mpiexec.run(["-c", failing], 3, timeout=TIMEOUT)
    assert not done.timed_out
    assert done.status != 0
    assert "AssertionError" in done.stderr
