"""The experiment of pools/gil: it runs, and reads its own figures rightly. Nothing is asserted about times."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from mpi_examples.pools.gil.experiment import _verdicts
from mpi_examples.pools.gil.figures import Figures, crossover
from mpiprocessing.launch import mpiexec

EXPERIMENT = "mpi_examples.pools.gil.experiment"
TIMEOUT = 60.0
SIZES = [100, 1_000, 10_000]


def figures(*ratios: float, startup: float = 0.0) -> Figures:
    """Two processes that are so many times as fast as one, which takes a millisecond."""
    one, two = [1e-3 for _ in ratios], [1e-3 / ratio for ratio in ratios]
    seconds = {"one process": [one] * 3, "2 processes": [two] * 3}
    return Figures(
        "here", 2, SIZES[: len(ratios)], seconds, {"one process": [0.0] * 3, "2 processes": [startup] * 3}
    )


def test_quick_measures_all_four_ways(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    command = [sys.executable, "-m", EXPERIMENT, "--quick", "--json", str(file)]
    done = mpiexec.run_group(command, timeout=TIMEOUT)
    assert (done.timed_out, done.status) == (False, 0), done.stderr
    measured = json.loads(file.read_text(encoding="utf-8"))
    ways = ["one process", "2 threads", "2 processes", "2 ranks"]
    assert list(measured["seconds"]) == list(measured["startup"]) == ways
    for way in ways:
        assert [len(row) for row in measured["seconds"][way]] == [len(measured["operations"])] * 2
        assert len(measured["startup"][way]) == 2
        assert way in done.stdout
    for size in measured["operations"]:
        assert f"{size:,}" in done.stdout


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_plot_is_a_picture(tmp_path: Path, suffix: str) -> None:
    plot = pytest.importorskip("mpi_examples.pools.gil.plot", reason="no matplotlib").plot
    ways = {way: [[1e-5, 1e-4, 1e-3]] for way in ("one process", "2 threads", "2 processes", "2 ranks")}
    startup = {way: [0.0 if way == "one process" else 0.5] for way in ways}
    file = tmp_path / f"plot{suffix}"
    plot(Figures("here", 2, SIZES, ways, startup), file)
    begin = {".svg": b"<?xml", ".png": b"\x89PNG"}[suffix]
    assert file.read_bytes().startswith(begin)


def test_without_matplotlib_it_says_what_to_install_before_it_measures() -> None:
    program = (
        "import sys; sys.modules['matplotlib'] = None; from mpi_examples.pools.gil.experiment import main; "
        "main(['--plot', 'figure.svg'])"
    )
    done = mpiexec.run_group([sys.executable, "-c", program], timeout=TIMEOUT)
    assert done.status == 2
    assert done.stdout == ""
    assert "--plot needs matplotlib" in done.stderr
    assert "pip install" in done.stderr


@pytest.mark.parametrize("words", [["--plot", "figure.txt"], ["--processes", "1"]])
def test_what_cannot_be_done_is_said_before_it_measures(words: list[str]) -> None:
    done = mpiexec.run_group([sys.executable, "-m", EXPERIMENT, *words], timeout=TIMEOUT)
    assert (done.status, done.stdout) == (2, "")
    assert words[0] in done.stderr


@pytest.mark.parametrize(
    ("ratios", "expected"),
    [
        ([0.5, 2.0, 4.0], pytest.approx(316, abs=1)),  # half way, on a logarithmic scale
        ([2.0, 2.0, 2.0], 100),  # everywhere
        ([0.1, 0.5, 1.0], None),  # as fast is not faster
        ([2.0, 0.5, 2.0], pytest.approx(3162, abs=1)),  # what counts is from where on it stays so
    ],
)
def test_the_crossover_is_where_the_ratio_stays_above_one(ratios: list[float], expected: float) -> None:
    assert crossover(SIZES, ratios) == expected


def test_medians_leave_out_a_run_that_was_disturbed() -> None:
    seconds = {"one process": [[1.0], [50.0], [2.0]]}
    assert Figures("here", 2, [100], seconds, {"one process": [0.0] * 3}).median("one process") == [2.0]


def test_the_verdict_tells_workers_that_wait_from_those_that_are_started_for_it() -> None:
    (line,) = _verdicts(figures(0.5, 2.0, 4.0))
    assert line.startswith("from about 320 operations on, 2 processes are faster than one process")
    assert "from about 320 on if they are started" in line
    (line,) = _verdicts(figures(0.5, 2.0, 4.0, startup=1.0))
    assert "not within these sizes if they are started" in line
    (line,) = _verdicts(figures(0.1, 0.2, 0.3))
    assert line == "2 processes are not faster than one process, not even with 10,000 operations"
