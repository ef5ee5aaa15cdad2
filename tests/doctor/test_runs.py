"""The doctor at work: alone, under mpiexec, in a step that offers no PMI, with a rank that does not answer; its watcher."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mpiprocessing.core.environment import drop_launchers
from mpiprocessing.doctor.examination import CHECKS
from mpiprocessing.launch import mpiexec

LIMIT = 50.0
DOCTOR = ["-m", "mpiprocessing", "doctor"]


def lone(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The doctor, started without mpiexec."""
    clean = dict(os.environ)
    drop_launchers(clean)
    return subprocess.run(
        [sys.executable, *DOCTOR, *arguments],
        env={**clean, "OMP_NUM_THREADS": "1", **environ},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


def levels(page: str) -> dict[str, str]:
    """The level of each check on a page."""
    found = {}
    for line in page.splitlines():
        for check in CHECKS:
            if line[6:].startswith(f"{check} ") and line[:4].strip() in ("OK", "WARN", "FAIL", "----"):
                found[check] = line[:4].strip()
    return found


def test_alone_it_starts_a_job_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "doctor.json"
    done = lone("--json", str(file), "--directory", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("mpiprocessing doctor")
    assert set(levels(done.stdout)) == set(CHECKS)
    assert len(done.stdout.splitlines()) < 66, "one page"
    content = json.loads(file.read_text())
    assert [one["check"] for one in content["checks"]] == list(CHECKS)
    facts = content["facts"]
    assert [one["rank"] for one in facts["ranks"]] == [0, 1]
    assert facts["mpiexec"]["path"] == mpiexec.find().path
    assert os.path.samefile(facts["ranks"][0]["library_file"], facts["ranks"][1]["library_file"])
    assert [one["error"] for one in facts["messages"]] == ["", "", ""]
    assert not [one for one in os.listdir(tmp_path) if "doctor-" in one], "the file for the others is gone"


def test_three_ranks_that_are_three_times_rank_0_of_1() -> None:
    """What `srun --mpi=none` does: the first tells, and every one fails."""
    step = {"SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "3", "SLURM_JOB_ID": "9"}
    with ThreadPoolExecutor() as threads:
        told = list(threads.map(lambda number: lone(**step, SLURM_PROCID=number), ("0", "2")))
    assert [one.returncode for one in told] == [1, 1]
    page, silence = (one.stdout for one in told)
    assert "3 ranks were asked for, and every one of them is rank 0 of 1: srun without PMI" in page
    assert levels(page)["world"] == "FAIL"
    assert levels(page)["1 kB"] == "----"
    assert "srun --mpi=pmi" in page
    assert silence == ""


def test_a_rank_that_does_not_answer_holds_up_nobody(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import sys\n"
        "from mpi4py import MPI\n"
        "world = MPI.COMM_WORLD\n"
        "if world.rank == 1:\n"
        "    import signal\n"
        "    while True: signal.pause()\n"
        "from mpiprocessing.doctor import starting\n"
        "from mpiprocessing.doctor.cli import main\n"
        "def start(level):  # the last step before rank 0 asks: the limit is for the answer alone\n"
        "    world.sendrecv(None, 2 - world.rank, source=2 - world.rank)\n"
        "    return MPI.Query_thread()\n"
        "MPI.Init_thread = start\n"
        "sys.exit(main(['--limit', '5']))\n"
    )
    done = mpiexec.run([str(program)], 3, timeout=LIMIT)
    assert not done.timed_out and done.status != 0
    assert "no answer from rank 1 in time" in done.stdout
    assert levels(done.stdout)["answers"] == "FAIL"
    assert levels(done.stdout)["1 kB"] == "OK" or levels(done.stdout)["1 kB"] == "WARN", (
        "the others were asked"
    )


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("os._exit(7)", "it died\n"),
        ("signal.pause()", "it hangs\n"),
        ("watcher.end()", ""),
    ],
)
def test_a_rank_that_is_lost_is_spoken_for(then: str, said: str) -> None:
    code = (
        "import os, signal\n"
        "from mpiprocessing.doctor.watcher import Watcher\n"
        "watcher = Watcher()\n"
        f"watcher.stage({0.2 if 'pause' in then else 60.0}, 'it died', 'it hangs')\n" + then
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert done.stdout == said
    assert done.returncode == {"os._exit(7)": 7, "signal.pause()": -9, "watcher.end()": 0}[then]


def test_help_and_a_wrong_option() -> None:
    assert "Without mpiexec it starts a small job" in lone("--help").stdout
    assert lone("--lagre").returncode == 2
