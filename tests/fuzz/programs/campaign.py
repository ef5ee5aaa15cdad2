"""Random programs for a while: batches of them, each in one job per column."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests.fuzz.programs import generator
from tests.fuzz.programs.duel import Duel, show

__all__ = ["run"]

BATCH = 25


def run(seconds: float, seed: int) -> tuple[str, bool]:
    """Play programs until the time is over.

    Args:
        seconds: how long to go on.
        seed: of the first program.

    Returns:
        What was done, in a line, and whether the libraries agreed.
    """
    until, failed = time.monotonic() + seconds, 0
    with tempfile.TemporaryDirectory(prefix="mpiprocessing-fuzz-") as folder:
        duel = Duel(Path(folder))
        while time.monotonic() < until:
            for difference in duel.play([generator.make(seed + number) for number in range(BATCH)]):
                failed += 1
                print(show(difference, brief=True), flush=True)
            seed += BATCH
            print(f"... {duel.programs} programs, next seed {seed}", flush=True)
    return (
        f"programs: {duel.programs} compared, {duel.steps} steps, {duel.jobs} jobs, {failed} differ, "
        f"{duel.undetermined} of which the standard library gave two answers",
        not failed,
    )
