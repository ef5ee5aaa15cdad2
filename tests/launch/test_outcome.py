"""What the launcher adds to what an mpiexec says of a rank that died."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from mpiprocessing.core.blackbox import BlackBox, crash_signal
from mpiprocessing.launch.outcome import Outcome
from mpiprocessing.launch.processgroup import Completed

HERE = os.uname().nodename

PRTERUN = """
--------------------------------------------------------------------------
prterun noticed that process rank 2 with PID {pid} on node {host} exited on
signal 9 (Killed).
--------------------------------------------------------------------------
"""


HYDRA = """
=   BAD TERMINATION OF ONE OF YOUR APPLICATION PROCESSES
=   PID 7 RUNNING AT {host}
=   EXIT CODE: 2
YOUR APPLICATION TERMINATED WITH THE EXIT STRING: Segmentation fault (signal 11)
"""


def ended(status: int, stderr: str = "", timed_out: bool = False) -> Completed:
    return Completed(["mpiexec"], status, "", stderr, 1.0, timed_out)


@pytest.fixture
def box(tmp_path):
    with open(tmp_path / "box", "wb") as file:
        BlackBox.make(file.fileno(), 4)
    return BlackBox(str(tmp_path / "box"))


@pytest.fixture
def words(box, tmp_path):
    return Outcome(str(tmp_path / "box"), 4, "openmpi")


def test_who_died_is_found_by_the_process_id(box, words):
    box.sign(2)
    box.begins(2, "Process-7")
    done = words.add(ended(137, PRTERUN.format(pid=os.getpid(), host=HERE)))
    assert (
        f"rank 2 on {HERE} has died (signal 9, SIGKILL), and with it Process-7: the job was ended"
        in done.stderr
    )
    assert "--fault-tolerant" in done.stderr
    assert done.status == 137


def test_of_a_program_that_is_not_ours_nothing_is_said(words):
    text = PRTERUN.format(pid=os.getpid(), host=HERE)
    assert words.add(ended(137, text)).stderr == text


def test_a_status_of_0_is_believed_once_rank_0_has_declared_it(box, words):
    assert words.add(ended(0)) == ended(0)  # a program that is not ours
    box.declare(None)
    done = words.add(ended(0))
    assert done.status == 1 and "before rank 0 had said how" in done.stderr
    box.declare(0)
    assert words.add(ended(0)) == ended(0)


def test_where_ranks_may_die_the_status_is_what_rank_0_has_declared(box, words):
    words = Outcome(words.path, 4, "openmpi", tolerant=True)
    assert words.add(ended(137)).status == 137
    box.declare(0)
    assert words.add(ended(3)).status == 0
    box.declare(5)
    assert words.add(ended(3)).status == 5


def test_how_the_ranks_of_a_job_that_has_failed_were_killed_is_no_news(box, words):
    """MPICH's mpiexec reports one of them now and then, in place of the status of the rank that ended the job."""
    box.sign(2)
    text = PRTERUN.format(pid=os.getpid(), host=HERE)
    assert "has died" in words.add(ended(137, text)).stderr
    box.declare(130)
    done = words.add(ended(137, text))
    assert (done.status, done.stderr) == (130, text)


def test_what_a_name_leaves_is_overwritten_by_a_shorter_one(box):
    box.begins(1, "a" * 500)
    assert box.name_on(1) == "a" * 127
    box.begins(1, "b")
    assert box.name_on(1) == "b"
    assert box.name_on(0) == box.name_on(2) == ""


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("Fatal Python error: Segmentation fault\n\nThread", 11),
        ("something else\nFatal Python error: Aborted", 6),
        ("Fatal Python error: Cannot recover from stack overflow.", None),
        ("", None),
    ],
)
def test_the_signal_of_a_crash(text, signal):
    assert crash_signal(text) == signal


def test_a_rank_that_has_no_place_notes_nothing(box):
    box.begins(7, "of another job")
    assert box.name_on(7) == ""


@pytest.mark.parametrize(("declared", "status"), [(0, 0), (3, 3), (None, 1)])
def test_of_an_mpiexec_that_outlived_its_ranks_only_rank_0_knows_the_status(box, words, declared, status):
    box.declare(declared)
    done = words.add(replace(ended(-9), deserted=True))
    assert done.status == status
    assert "all ranks had ended, and their mpiexec had not" in done.stderr
    assert ("rank 0 had not said" in done.stderr) == (declared is None)


def test_signals_that_mpich_has_joined_are_no_crash(words):
    """2 of the rank that Ctrl-C has ended and 9 of the others."""
    done = replace(ended(11, HYDRA.format(host=HERE)), interrupted=True)
    told = words.add(done)
    assert told.status == 130 and "no rank has crashed" in told.stderr
    crash = replace(done, stderr=done.stderr + "Fatal Python error: Segmentation fault\n")
    assert words.add(crash) == crash
    assert words.add(replace(done, interrupted=False)).status == 11
