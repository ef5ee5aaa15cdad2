"""Verdicts made by hand that have all there is to show: what agrees, differs, fails, hangs, and was not run."""

from __future__ import annotations

from mpi_examples.catalogue import find
from mpiprocessing.compare import catalogue
from mpiprocessing.compare.environment import Environment
from mpiprocessing.compare.verdict import Verdict, judge
from tests.compare.runs import run, subject
from tests.compare.timelines import HOSTILE, crowd, exchange, hostile

ENVIRONMENT = Environment(
    4,
    f"host{HOSTILE}",
    "Linux x86_64, 2 cores",
    "MPICH 4.3",
    (("Python", "3.11"), ("mpi4py", "4.1")),
    "2026-01-02 03:04",
)


def of_pattern(name: str = "queue", **changes: object) -> Verdict:
    """A pattern of the catalogue whose columns all print what they must; `changes` are made to the second run."""
    described = catalogue.of_pattern(find(name), 4)
    text = described.expected or ""
    runs = [
        run("multiprocessing", text),
        run("mpiprocessing", text, timeline=crowd(4, 6), **changes),
        run("mpi4py", text, timeline=exchange()),
    ]
    return judge(described, runs)


def all_kinds() -> list[Verdict]:
    """One of each kind."""
    early = {"figures": None, "work_seconds": None}
    stacks = "".join(f"frame {number}\n" for number in range(90))
    return [
        of_pattern(),
        judge(
            subject(name="differs", expected=HOSTILE),
            [run("multiprocessing", HOSTILE), run("mpi4py", f"{HOSTILE}<b>other</b>\n", timeline=hostile())],
        ),
        judge(
            subject(name="fails"),
            [run("mpiprocessing", "half", status=3, stderr=f"why\n{HOSTILE}\n", **early)],
        ),
        judge(
            subject(name="hangs"),
            [run("mpi4py", "", status=124, timed_out=True, stderr=stacks, seconds=60.0, **early)],
        ),
        judge(subject(name=f"refused{HOSTILE}", refusal="needs at least 8 ranks: -n 8"), []),
        judge(
            subject(name="crowded"),
            [run("mpiprocessing", "a\n", timeline=crowd(16, 8), stderr="a warning\n")],
        ),
    ]
