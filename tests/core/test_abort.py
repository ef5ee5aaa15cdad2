"""The end of a job by force: nothing of the program runs after it, whatever MPI does."""

from __future__ import annotations

import subprocess
import sys


def test_an_abort_that_returns_ends_the_rank_all_the_same() -> None:
    program = """
from mpiprocessing.core.abort import abort
print("before", end="")
try:
    abort(lambda status: print(" asked for", status, flush=True), 7)
finally:
    print("after")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (7, "before asked for 7\n", "")
