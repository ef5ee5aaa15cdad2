"""Where the tests run: which MPI, how many ranks; a launcher for tests that start MPI programs from outside.

The process that runs plain pytest never initialises MPI, so that it can start MPI programs. Under mpiexec
with --with-mpi the same conftest makes several pytest processes one: every phase of every test ends alike
on all ranks (else one rank would go on to the next test while the others wait for it in this one), and rank
0 alone reports, the failures of the others included.
"""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from mpiprocessing.launch import mpiexec

ROOT = Path(__file__).resolve().parent.parent

# How long an example takes says more about what else the machine does than about the code.
hypothesis.settings.register_profile("timeless", deadline=None)
hypothesis.settings.load_profile("timeless")

# A shell without job control starts what runs in the background with Ctrl-C ignored, and programs inherit that; the ones that
# are interrupted here must not.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def launch() -> Callable[..., mpiexec.Completed]:
    """`mpiexec.run(args, ranks)` in the root of the project, with a time limit below that of a test."""
    return functools.partial(mpiexec.run, timeout=40.0, cwd=ROOT)


def pytest_report_header(config: pytest.Config) -> str:
    comm = _world(config)
    if comm is not None:
        from mpi4py import MPI

        library = MPI.Get_library_version().rstrip("\0").splitlines()[0]
        return f"MPI: rank {comm.rank} of {comm.size}, {library}"
    try:
        launcher = mpiexec.find()
    except mpiexec.MpiexecError as error:
        return f"MPI: none, {error}"
    return f"MPI: {launcher.vendor} {launcher.version}, started from outside by {launcher.path}"


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    comm = _world(config)
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if comm is not None and comm.rank > 0 and reporter is not None:
        reporter._tw._file = open(os.devnull, "w")  # noqa: SIM115, open until the process ends


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    comm = _world(item.config)
    if comm is None or comm.size == 1:
        return report
    outcomes = comm.allgather((report.outcome, report.longreprtext if report.failed else ""))
    if len({outcome for outcome, _ in outcomes}) > 1 or (report.failed and comm.rank == 0):
        parts = [f"--- rank {rank}: {outcome}\n{text}" for rank, (outcome, text) in enumerate(outcomes)]
        report.outcome = "failed"
        report.longrepr = "\n".join(parts)
    return report


def _world(config: pytest.Config) -> Any:
    """A communicator of these tests' own if this is an SPMD run, else None."""
    if config.getoption("--with-mpi", False) or config.getoption("--only-mpi", False):
        return _own_world()
    return None


@functools.cache
def _own_world() -> Any:
    from mpi4py import MPI

    return MPI.COMM_WORLD.Dup()
