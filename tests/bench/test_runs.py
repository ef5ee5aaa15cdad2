"""Works that are really run, at the smallest size, in all columns that are here; and jobs that fail."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from mpiprocessing.bench import runner, startup
from mpiprocessing.bench.catalogue import FAMILIES, Work, works
from mpiprocessing.bench.columns import BARE, COLUMNS, OURS, STDLIB, Column
from mpiprocessing.bench.runner import Cell, Effort, Runner
from mpiprocessing.bench.works.sampling import sampled
from mpiprocessing.launch.mpiexec import Completed
from tests.bench.runs import work
from tests.helpers import commands_running

RANKS = 4
SMALLEST = Effort(repeat=1, samples=1, scale=0.0, together=True)
BASE = [column for column in COLUMNS if not column.peer]
HERE = [column for column in COLUMNS if column.version is not None]


PARTS = [(column, tuple(FAMILIES)) for column in HERE if column.peer]
PARTS += [
    (column, part)
    for column in BASE
    for part in (("pipes", "queues"), ("gates", "managers"), ("pools", "life"))
]
PARTS += [(column, ("startup", "idleness", "oversubscription")) for column in BASE]


def smallest(one: Work) -> Work:
    """As little of a work as there can be: the fewest operations, on as many ranks as the others have."""
    shorter = {name: 0.01 for name in one.arguments if name in ("seconds", "silence")}
    first = min(one.first, 2 * RANKS)
    return replace(one, first=first, ranks=None, arguments={**one.arguments, **shorter})


@pytest.mark.parametrize(
    ("column", "families"), PARTS, ids=lambda part: part.name if isinstance(part, Column) else "-".join(part)
)
def test_every_work_runs_in_every_column(column, families, monkeypatch):
    monkeypatch.setattr(startup, "AGAIN", 1)
    chosen = [smallest(one) for one in works(RANKS) if one.quick and one.family in families]
    measuring = Runner(chosen, [column], RANKS, SMALLEST)
    for visit in measuring.visits():
        measuring.pay(visit)
    assert measuring.problems == []
    cells = {str(row.work): row.cells[column.name] for row in measuring.rows if column.name in row.cells}
    assert {
        name: cell.reason for name, cell in cells.items() if cell.status not in ("measured", "none")
    } == {}
    measured = {name: cell.samples for name, cell in cells.items() if cell.status == "measured"}
    assert all(len(samples) == 1 for samples in measured.values())
    assert all(samples[0] >= 0 for name, samples in measured.items() if name != "startup/import")
    assert measured


# --- jobs that do not do what they should ------------------------------------------------------------------------


class Jobs:
    """Stands in for the launcher: each job plays as far as it is told, and ends as it is told."""

    def __init__(self, *jobs: tuple[list[str], int, str], begin: bool = True) -> None:
        self._jobs = list(jobs)
        self._begin = begin
        self.asked: list[list[str]] = []

    def __call__(self, args, column, ranks, limit, show):
        with open(args[1], encoding="utf-8") as file:
            plan = json.load(file)
        names = [order["name"] for order in plan["orders"]]
        self.asked.append(names)
        done, status, stderr = self._jobs.pop(0)
        with open(plan["results"], "w", encoding="utf-8") as file:
            for name in names if self._begin else []:
                file.write(json.dumps({"begun": name}) + "\n")
                if name not in done:
                    break
                file.write(json.dumps({"name": name, "count": 7, "samples": [1e-6]}) + "\n")
            file.write('{"name": "cut o')
        return Completed([], status, "", stderr, 3.0, status == 124)


def paid(monkeypatch, jobs, repeat=1, columns=BASE[:1], names=("a", "b", "c")):
    monkeypatch.setattr(runner, "launch", jobs)
    measuring = Runner([work(name=name) for name in names], columns, 4, Effort(repeat))
    for visit in measuring.visits():
        measuring.pay(visit)
    return measuring, [row.cells[columns[0].name] for row in measuring.rows]


ALL = ["pipes/a", "pipes/b", "pipes/c"]


def test_what_fails_says_why_and_the_rest_is_measured(monkeypatch):
    jobs = Jobs((["pipes/a"], 1, "Traceback\nValueError: no\n[mpiexec] ended"), (ALL, 0, ""))
    _, cells = paid(monkeypatch, jobs)
    assert jobs.asked == [ALL, ["pipes/c"]]
    assert [cell.status for cell in cells] == ["measured", "failed", "measured"]
    assert cells[1].reason == "ended with status 1: ValueError: no"


def test_what_has_failed_is_not_tried_again(monkeypatch):
    jobs = Jobs((["pipes/a"], 124, ""), (ALL, 0, ""), (ALL, 0, ""))
    _, cells = paid(monkeypatch, jobs, repeat=2)
    assert jobs.asked == [ALL, ["pipes/c"], ["pipes/a", "pipes/c"]]
    assert cells[1].reason == "ended at the time limit, after 3 s"
    assert [len(cell.samples) for cell in cells] == [2, 0, 2]


def test_a_work_that_fails_later_has_no_result(monkeypatch):
    jobs = Jobs((ALL, 0, ""), (["pipes/a"], -11, ""), (ALL, 0, ""))
    _, cells = paid(monkeypatch, jobs, repeat=2)
    assert [cell.status for cell in cells] == ["measured", "failed", "measured"]
    assert cells[1].spread is None
    assert cells[1].reason == "ended by SIGSEGV"


def test_a_job_that_does_not_begin_fails_all_its_works_at_once(monkeypatch):
    jobs = Jobs(([], 1, "ImportError: no module"), begin=False)
    _, cells = paid(monkeypatch, jobs)
    assert [cell.reason for cell in cells] == ["ended with status 1: ImportError: no module"] * 3


def test_a_job_that_ends_badly_after_all_is_a_problem(monkeypatch):
    measuring, cells = paid(monkeypatch, Jobs((ALL, 3, "")))
    assert [cell.status for cell in cells] == ["measured"] * 3
    assert measuring.problems == ["multiprocessing, when pipes/c was measured: ended with status 3"]


def test_columns_take_turns_and_the_first_one_changes(monkeypatch):
    monkeypatch.setattr(runner, "launch", Jobs())
    measuring = Runner([work(), work(name="x", family="life")], BASE, 4, Effort(2))
    order = [(visit.family, visit.column.name) for visit in measuring.visits()]
    assert order[:6] == [(family, name) for family in ("pipes", "life") for name in (STDLIB, OURS, BARE)]
    assert order[6:9] == [("pipes", OURS), ("pipes", BARE), ("pipes", STDLIB)]


def test_what_is_not_there_is_said_and_not_run(monkeypatch):
    monkeypatch.setattr(runner, "launch", Jobs())
    peer = runner.Column("other", "with_other", "python", (), "a-package-nobody-has", peer=True)
    works = [
        work(name="a", peers=("other",), parties=5),
        work(name="b", peers=("other",), without={STDLIB: "why not"}),
        work(name="c"),
    ]
    measuring = Runner(works, [BASE[0], peer], 4, Effort(1))
    assert [visit.rows[0].work.name for visit in measuring.visits()] == ["c"]
    first, second, third = (row.cells for row in measuring.rows)
    assert first[STDLIB] == Cell("missing", "it takes 5 ranks: --ranks 5")
    assert second[STDLIB] == Cell("none", "why not")
    assert (
        second["other"].reason == "a-package-nobody-has is not installed: pip install 'mpiprocessing[peers]'"
    )
    assert third.keys() == {STDLIB}


def test_a_program_that_does_nothing_may_fail_as_well(monkeypatch):
    monkeypatch.setattr(startup, "launch", lambda *args: Completed([], 2, "", "OSError: no\n", 0.1, False))
    measuring = Runner([one for one in works(4) if str(one) == "startup/job"], BASE, 4, Effort(1))
    for visit in measuring.visits():
        measuring.pay(visit)
    assert {cell.reason for cell in measuring.rows[0].cells.values()} == {"ended with status 2: OSError: no"}


# --- how often an operation is done -------------------------------------------------------------------------------


def order(**changes):
    made = {"name": "w", "program": "p", "function": "f", "arguments": {}, "parties": 2}
    return {**made, "first": 10, "seconds": 1.0, "samples": 3, **changes}


def test_an_operation_is_repeated_until_it_takes_long_enough():
    calls = []

    def call(count):
        calls.append(count)
        return count * 1e-3

    count, samples = sampled(call, order())
    assert calls == [10, 120, 1000, 1000, 1000, 1000]
    assert count == 1000
    assert samples == pytest.approx([1e-3] * 3)


def test_an_operation_that_takes_no_time_is_repeated_as_well():
    counts = iter([0.0, 0.0, 0.6, 0.6])
    count, samples = sampled(lambda count: next(counts), order(samples=1))
    assert count == 1440
    assert samples == [0.6 / 1440]


def test_a_work_without_a_trial_is_done_as_it_is():
    assert sampled(lambda count: 5.0, order(first=1, seconds=0.0)) == (1, [5.0] * 3)


def test_families_are_measured_in_their_order():
    found = list(dict.fromkeys(one.family for one in works(4)))
    assert found == list(FAMILIES)


def test_nothing_is_left_when_it_is_told_to_end():
    command = [sys.executable, "-m", "mpiprocessing", "bench", "idleness/first-message", "--show-commands"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "play.py" in line:
                break
        plan = line.split()[-1]
        while not any(plan in words for words in commands_running()):
            assert process.poll() is None
        process.terminate()
        process.stderr.read()
    assert process.returncode == 128 + signal.SIGTERM
    assert not any(plan in words for words in commands_running())
