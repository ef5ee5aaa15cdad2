"""Programs that are written for one test and run as a job, seen as the shell sees them."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mpiprocessing.launch.mpiexec import Completed

Play = Callable[..., Completed]


@pytest.fixture
def play(launch: Callable[..., Completed], tmp_path: Path) -> Play:
    """`play(source, *arguments, ranks=3, env=None)`: run a multiprocessing program and return how the job ended.

    The program is a file of its own, `prog.py` in the test's directory. A job that hangs fails the test.
    """

    def run(source: str, *arguments: str, ranks: int = 3, env: Mapping[str, str] | None = None) -> Completed:
        program = tmp_path / "prog.py"
        program.write_text(textwrap.dedent(source), encoding="utf-8")
        done = launch(["-m", "mpiprocessing", str(program), *arguments], ranks=ranks, env=env)
        assert not done.timed_out, f"the job hung\n{done.stdout}\n{done.stderr}"
        return done

    return run


@dataclass
class Counted:
    """How a job ended and how many messages of each kind it took."""

    done: Completed
    figures: dict[str, Any]

    def messages(self, *kinds: str) -> int:
        """How many messages of these kinds were sent, or of all whose names begin with `Kind*`."""
        total = 0
        for name, traffic in self.figures["kinds"].items():
            if any(name == kind or (kind.endswith("*") and name.startswith(kind[:-1])) for kind in kinds):
                total += traffic["messages"]
        return total


@pytest.fixture
def count(play: Play, tmp_path: Path) -> Callable[..., Counted]:
    """Like `play`, for a program that must end well; also returns the job's message counts."""

    def run(source: str, *arguments: str, ranks: int = 3) -> Counted:
        path = tmp_path / "figures.json"
        done = play(source, *arguments, ranks=ranks, env={"MPIPROCESSING_STATISTICS": str(path)})
        assert done.status == 0, done.stderr
        return Counted(done, json.loads(path.read_text(encoding="utf-8")))

    return run
