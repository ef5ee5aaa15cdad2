"""The verdict: did every column end well and print the same.

Theory of operation: the referee is the pattern's expected.txt; where there is none, the first column that
ended well, which is the standard library if it did. Every other column is held against it line by line.
Pure: nothing here runs or prints.
"""

from __future__ import annotations

import difflib
import enum
from collections.abc import Sequence
from dataclasses import dataclass

from mpiprocessing.compare.catalogue import Subject
from mpiprocessing.compare.runner import Run

__all__ = ["Outcome", "Result", "Verdict", "judge"]


class Result(enum.Enum):
    """How a column compares to the referee."""

    EQUAL = "equal"
    REORDERED = "equal, other order"
    DIFFERENT = "differs"
    FAILED = "failed"
    TIMED_OUT = "time limit"


_GOOD = (Result.EQUAL, Result.REORDERED)


@dataclass(frozen=True)
class Outcome:
    """A run and what it is worth.

    Attributes:
        run: how the column ended.
        result: how it compares to the referee.
        diff: the lines of a unified diff from the referee to this column, where they differ.
    """

    run: Run
    result: Result
    diff: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it ended with status 0, in time, and printed what it must."""
        return self.result in _GOOD


@dataclass(frozen=True)
class Verdict:
    """What is known of a subject after its runs.

    Attributes:
        subject: what was compared.
        outcomes: one for each column; none if the subject was refused.
    """

    subject: Subject
    outcomes: tuple[Outcome, ...]

    @property
    def ok(self) -> bool:
        """Whether all columns ran, ended well and agree."""
        return bool(self.outcomes) and all(outcome.ok for outcome in self.outcomes)

    @property
    def summary(self) -> str:
        """One or two words for the table: the worst result of all columns."""
        if not self.outcomes:
            return "not run"
        return max((outcome.result for outcome in self.outcomes), key=list(Result).index).value


def judge(subject: Subject, runs: Sequence[Run]) -> Verdict:
    """Hold the runs of a subject against each other.

    Args:
        subject: what was run.
        runs: its runs, in the order of its columns.

    Returns:
        The verdict.
    """
    name, lines = _referee(subject, runs)
    return Verdict(subject, tuple(_outcome(run, name, lines, subject.ordered) for run in runs))


def _referee(subject: Subject, runs: Sequence[Run]) -> tuple[str, list[str]]:
    if subject.expected is not None:
        return "expected.txt", subject.expected.splitlines()
    good = next((run for run in runs if run.status == 0 and not run.timed_out), None)
    return ("nothing", []) if good is None else (good.column, good.stdout.splitlines())


def _outcome(run: Run, name: str, expected: list[str], ordered: bool) -> Outcome:
    if run.timed_out:
        return Outcome(run, Result.TIMED_OUT)
    if run.status != 0:
        return Outcome(run, Result.FAILED)
    printed = run.stdout.splitlines()
    if printed == expected:
        return Outcome(run, Result.EQUAL)
    if not ordered and sorted(printed) == sorted(expected):
        return Outcome(run, Result.REORDERED)
    diff = difflib.unified_diff(expected, printed, fromfile=name, tofile=run.column, lineterm="")
    return Outcome(run, Result.DIFFERENT, tuple(diff))
