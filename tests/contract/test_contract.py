"""The contract: one set of behaviours, played on the standard library and on mpiprocessing.

The standard library is the referee: a behaviour that fails in its column is a mistake of the test. The chosen
behaviours of a topic are played by `play.py` in one job per column. When a job dies or hangs, the behaviour
that was on gets its output and the stacks, and those behind it are played in a fresh job.
"""

from __future__ import annotations

import ast
import functools
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mpiprocessing.launch import mpiexec, processgroup

HERE = Path(__file__).parent
PLAYER = HERE / "play.py"
PREFIX = "check_"
COLUMNS = ("multiprocessing", "mpiprocessing")
RANKS = 5
MOST_JOBS = 5  # per column and topic: a library that breaks at every step is told early
LONGEST = 100.0  # seconds: pytest itself gives up after two minutes
THE_END = "the_job_ends_with_status_0"

Verdict = str  # what went wrong; empty if nothing did


def topics() -> list[str]:
    """List the modules of behaviours."""
    paths = sorted((HERE / "behaviours").glob("*.py"))
    return [path.stem for path in paths if path.stem not in ("__init__", "support")]


def behaviours_of(topic: str) -> list[str]:
    """List a topic's behaviours by reading its source: this process stays free of either library."""
    tree = ast.parse((HERE / "behaviours" / f"{topic}.py").read_text())
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [name.removeprefix(PREFIX) for name in functions if name.startswith(PREFIX)]


DIFFERS = {
    (
        "sharedctypes",
        "frombuffer_shares_the_memory",
    ): "the memory is another process's, so there is no buffer (docs/en/differences.md)",
    (
        "sharedctypes",
        "it_is_a_ctypes_object",
    ): "ctypes objects have memory of their own, ours has not (docs/en/differences.md)",
    (
        "sharedctypes",
        "a_pointer_type_is_taken",
    ): "what it points to is not there for another process (docs/en/differences.md)",
}
"""Behaviours in which we differ from the standard library, and say so."""


def marks(column: str, topic: str, name: str) -> list[pytest.MarkDecorator]:
    """Mark a documented difference: its test has to fail, else the sheet is out of date."""
    reason = DIFFERS.get((topic, name)) if column == "mpiprocessing" else None
    return [pytest.mark.xfail(reason=reason, strict=True)] if reason else []


CASES = [
    pytest.param(column, topic, name, id=f"{column}-{topic}-{name}", marks=marks(column, topic, name))
    for column in COLUMNS
    for topic in topics()
    for name in [*behaviours_of(topic), THE_END]
]


@pytest.mark.parametrize(("column", "topic", "behaviour"), CASES)
def test_behaviour(
    column: str, topic: str, behaviour: str, performances: Callable[[str, str], Performance]
) -> None:
    verdict = performances(column, topic).verdict(behaviour)
    if verdict:
        pytest.fail(verdict, pytrace=False)


@pytest.fixture(scope="session")
def performances(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], Performance]:
    """Give the performance of a topic by a column: of the behaviours that this run of pytest has chosen."""
    chosen: dict[tuple[str, str], list[str]] = {}
    for item in request.session.items:
        if isinstance(item, pytest.Function) and item.function is test_behaviour:
            params: dict[str, Any] = dict(item.callspec.params)
            chosen.setdefault((params["column"], params["topic"]), []).append(params["behaviour"])
    records = tmp_path_factory.mktemp("records")

    @functools.cache
    def performance(column: str, topic: str) -> Performance:
        names = [name for name in chosen[column, topic] if name != THE_END]
        return Performance(column, topic, names or behaviours_of(topic)[:1], records)

    return performance


@dataclass
class Record:
    """What one job wrote while it played."""

    library: str = ""
    verdicts: dict[str, Verdict] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Record:
        record = cls()
        for line in path.read_text().splitlines() if path.exists() else []:
            fields = json.loads(line)
            if fields["event"] == "playing":
                record.library = fields["library"].split(".")[0]
            elif fields["event"] == "finished":
                record.verdicts[fields["name"]] = fields["traceback"]
        return record


class Performance:
    """Behaviours of one topic on one library, played in as few jobs as it takes, and no sooner than asked for."""

    def __init__(self, column: str, topic: str, names: list[str], records: Path) -> None:
        self.column = column
        self.topic = topic
        self.waiting = names
        self.verdicts: dict[str, Verdict] = {}
        self._records = records
        self._jobs = 0

    def verdict(self, name: str) -> Verdict:
        """Say what was wrong with a behaviour, or with the end of the job that played the last one.

        A question costs one job at most, so that a time limit per test holds.
        """
        if name in self.waiting or (name == THE_END and self.waiting):
            self._play()
        return self.verdicts.get(name, f"not played: {self._jobs} jobs did not get so far")

    def _play(self) -> None:
        self._jobs += 1
        path = self._records / f"{self.column}-{self.topic}-{self._jobs}.jsonl"
        end = launch(self.column, path, self.topic, self.waiting)
        record = Record.read(path)
        ending = judge_end(end)
        if record.library not in ("", self.column):
            pytest.fail(
                f"the program met {record.library}, not {self.column}, under the name multiprocessing"
            )
        for name, trouble in record.verdicts.items():
            self.verdicts[name] = trouble and f"{trouble}{stderr_of(name, end.stderr)}"
        left = [name for name in self.waiting if name not in record.verdicts]
        if left:  # the first was started, or would have been next: the job did not survive it
            self.verdicts[left[0]] = f"{left[0]} was on when {ending or 'the job ended with status 0'}"
        self.verdicts[THE_END] = ending
        self.waiting = left[1:] if self._jobs < MOST_JOBS else []


def launch(column: str, record: Path, topic: str, names: list[str]) -> processgroup.Completed:
    """Run the player with a time limit, after which every process shows its stacks and ends."""
    limit = min(40 + len(names) / 2, LONGEST)
    arguments = [str(PLAYER), str(record), topic, *names]
    if column == "mpiprocessing":
        return mpiexec.run(["-m", "mpiprocessing", *arguments], ranks=RANKS, timeout=limit)
    spawn = {"CONTRACT_START_METHOD": "spawn"}
    return processgroup.run_group([sys.executable, *arguments], timeout=limit, env=spawn)


def stderr_of(name: str, stderr: str) -> str:
    """Cut out what the job wrote to stderr while a behaviour was on; a child's traceback is there."""
    _, _, rest = stderr.partition(f"=== {name}\n")
    section = rest.partition("=== ")[0].strip()
    return section and f"--- stderr meanwhile\n{section[-4000:]}"


def judge_end(end: processgroup.Completed) -> Verdict:
    """Say what was wrong with a job as a whole: its status, or a hang."""
    if end.status == 0:
        return ""
    how = f"hung ({end.seconds:.0f} s)" if end.timed_out else f"ended with status {end.status}"
    return f"the job {how}\n--- stdout\n{end.stdout[-4000:]}\n--- stderr\n{end.stderr[-16000:]}"
