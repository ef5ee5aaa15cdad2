"""Processes that are ended at any moment, whatever they do, leave nothing on their ranks."""

from __future__ import annotations

from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "programs" / "ends.py"


@pytest.mark.parametrize("seed", range(2))
def test_ranks_are_as_good_as_new(launch, seed):
    done = launch(["-m", "mpiprocessing", str(PROGRAM), str(seed), "15"], ranks=5)
    assert (done.status, done.stdout) == (0, "fine\n"), done.stderr
    assert [
        line for line in done.stderr.splitlines() if "asked for" not in line
    ] == []  # fewer ranks than workers
