"""What a newcomer types first: it must explain itself, and not need more than it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mpiprocessing.launch import mpiexec

ROOT = Path(__file__).resolve().parents[2]


def script(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", *words],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


SCRIPTS = (
    *("scripts/test-cluster", "scripts/jobs/slurm.sh", "scripts/jobs/pbs.sh", "scripts/jobs/lsf.sh"),
    *("scripts/setup", "scripts/compare", "scripts/test", "scripts/site", "scripts/record", ".ci/run"),
)


@pytest.mark.parametrize("name", SCRIPTS)
def test_is_executable_and_parses(name: str) -> None:
    assert os.access(ROOT / name, os.X_OK)
    assert script("-n", name).returncode == 0


def test_setup_knows_two_mpis() -> None:
    done = script("scripts/setup", "lam")
    assert (done.returncode, done.stderr) == (2, "scripts/setup: unknown MPI 'lam': mpich or openmpi\n")


def test_setup_refuses_what_is_no_python() -> None:
    done = script("scripts/setup", "mpich", PYTHON="/no/such/python")
    assert done.returncode == 1
    assert "/no/such/python is no Python 3.10 or newer with venv: set PYTHON" in done.stderr


@pytest.mark.parametrize("mpi", ["mpich", "openmpi"])
def test_env_file_starts_mpi_by_hand(mpi: str) -> None:
    launcher = mpiexec.find()
    if launcher.vendor != mpi:
        pytest.skip(f"{launcher.vendor} is installed here")
    line = '. "$0" && exec "$1" -n 4 "$2" -c "from mpi4py import MPI; print(MPI.COMM_WORLD.size)"'
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("OMPI_", "PRTE_"))}
    done = subprocess.run(
        ["sh", "-c", line, f"scripts/env/{mpi}.env", launcher.path, sys.executable],
        cwd=ROOT,
        env=bare,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "4\n" * 4), done.stderr
