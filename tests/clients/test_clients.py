"""Programs of real libraries: run over MPI, each finds what its serial run finds, with the same seeds.

The programs stand in `programs/`; each makes both runs and prints whether they are equal. They know nothing of these tests.
A library that cannot be had for this Python leaves its program out.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mpiprocessing.launch.mpiexec import Completed

PROGRAMS = Path(__file__).parent / "programs"
SAID = {
    "joblib_parallel": [
        "an exception: no number 3",
        "another: object of type 'builtin_function_or_method' has no len()",
        "calls within calls: [0, 0, 1, 5, 14]",
        "a lambda: [200, 201, 202]",
        "written by the workers: [ 0.  4.  8. 12. 16. 20.]",
        "without a word, joblib's default: [0, 1, 4, 9, 16]",
    ],
    "schwimmbad_pools": [
        "MPIPool 3 workers, as in the serial run: True",
        "MultiPool 3 workers, as in the serial run: True",
        "[((0, 4), 14), ((4, 7), 77), ((7, 10), 194)]",
    ],
    "futures_executor": ["an exception: no number 7"],
}
"""Program → what else it prints."""

LIBRARIES = {
    "deap_onemax": ("deap",),
    "dynesty_sampler": ("dynesty",),
    "emcee_sampler": ("emcee",),
    "futures_executor": (),
    "joblib_parallel": ("joblib", "threadpoolctl"),
    "lmfit_fit": ("lmfit", "emcee"),
    "nautilus_sampler": ("nautilus",),
    "schwimmbad_pools": ("schwimmbad", "emcee"),
    "scipy_workers": ("scipy",),
    "sklearn_search": ("sklearn",),
    "tqdm_progress": ("tqdm",),
}
"""Program → what it imports."""


@pytest.fixture
def run(launch: Callable[..., Completed]) -> Callable[..., Completed]:
    """`run(name, ranks=4, env=None)`: run one of the programs, which must end well."""

    def run(name: str, ranks: int = 4, env: dict[str, str] | None = None) -> Completed:
        for library in LIBRARIES[name]:
            pytest.importorskip(library, reason=f"{library} has no wheel for this Python")
        done = launch(["-m", "mpiprocessing", str(PROGRAMS / f"{name}.py")], ranks=ranks, env=env)
        assert not done.timed_out, f"the job hung\n{done.stdout}\n{done.stderr}"
        assert done.status == 0, done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


@pytest.mark.parametrize("name", LIBRARIES)
def test_equals_its_serial_run_and_works_on_other_ranks(run, tmp_path, name):
    figures = tmp_path / "figures.json"
    done = run(name, env={"MPIPROCESSING_STATISTICS": str(figures)})
    compared = [
        line for line in done.stdout.splitlines() if "as in the serial run" in line or ": True" in line
    ]
    assert compared
    assert all(line.endswith(": True") for line in compared), done.stdout
    assert set(SAID.get(name, ())) <= set(done.stdout.splitlines()), done.stdout
    kinds = json.loads(figures.read_text(encoding="utf-8"))["kinds"]
    assert kinds["ProcessStart"]["messages"] >= 2
    assert sum(count["messages"] for count in kinds.values()) > 40


def test_every_program_has_its_libraries_and_stands_in_the_table():
    names = sorted(path.stem for path in PROGRAMS.glob("*.py"))
    assert names == sorted(LIBRARIES)
    table = (PROGRAMS.parents[2] / "docs" / "en" / "clients.md").read_text(encoding="utf-8")
    assert all(f"](../../tests/clients/programs/{name}.py)" in table for name in names)
