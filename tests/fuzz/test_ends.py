"""Processes that are ended at any moment, whatever they do, leave nothing on their ranks, and take nothing of others along."""

from __future__ import annotations

from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"


@pytest.mark.parametrize(
    ("name", "rounds"), [("ends.py", 15), ("shares.py", 12), ("alarms.py", 12), ("threads.py", 8)]
)
@pytest.mark.parametrize("seed", range(2))
def test_ranks_and_objects_are_as_good_as_new(launch, name, rounds, seed):
    done = launch(["-m", "mpiprocessing", str(PROGRAMS / name), str(seed), str(rounds)], ranks=5)
    assert (done.status, done.stdout) == (0, "fine\n"), done.stderr
    # fewer ranks than workers
    assert [line for line in done.stderr.splitlines() if "asked for" not in line] == []


WAYS = {
    "fail": 1,
    "exit": 3,
    "leave": 4,
    "leave in a thread": 5,
    "interrupt": 130,
    "interrupt from a thread": 130,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_main_program_that_ends_at_any_moment_ends_all_with_its_status(launch, way):
    seed = len(way)
    done = launch(["-m", "mpiprocessing", str(PROGRAMS / "falls.py"), str(seed), way], ranks=5)
    assert done.status == WAYS[way], done.stderr
