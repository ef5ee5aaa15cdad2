"""What a launcher says of itself, from the variables of each; texts of errors and the lines that mend them."""

from __future__ import annotations

import pytest

from mpiprocessing.doctor.errortexts import explain, last_words
from mpiprocessing.doctor.local import disk_of, settings
from mpiprocessing.doctor.seen import Launched, launched

STEP = {"SLURM_STEP_ID": "0", "SLURM_PROCID": "2", "SLURM_STEP_NUM_TASKS": "4"}


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"HOME": "/", "OMPI_ALLOW_RUN_AS_ROOT": "1", "PMIX_MCA_x": "1"}, Launched()),
        ({"PMI_RANK": "1", "PMI_SIZE": "3", "PMI_FD": "5"}, Launched("PMI", 1, 3)),
        (
            {"PMIX_RANK": "1", "OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2"},
            Launched("PMIx", 1, 2),
        ),
        ({"PALS_RANKID": "0", "PALS_SIZE": "8"}, Launched("PALS", 0, 8)),
        (STEP, Launched("srun", 2, 4, True)),
        ({**STEP, "PMI_RANK": "2", "PMI_SIZE": "4"}, Launched("PMI", 2, 4, True)),
        ({**STEP, "PMIX_RANK": "2"}, Launched("PMIx", 2, 4, True)),
        # a shell that Slurm has given to somebody, and a job script
        ({"SLURM_STEP_ID": "0", "SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1"}, Launched()),
        ({"SLURM_JOB_ID": "3", "SLURM_NTASKS": "4", "SLURM_PROCID": "0"}, Launched()),
    ],
)
def test_what_a_launcher_says(environ: dict[str, str], said: Launched) -> None:
    assert launched(environ) == said


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("mpiexec has detected an attempt to run as root.", "OMPI_ALLOW_RUN_AS_ROOT=1"),
        ("There are not enough slots available in the system to satisfy the 9", "OVERSUBSCRIBE"),
        ("unsupported PMI version PMIx", "--mpi=pmi2"),
        ("srun: error: Invalid MPI type 'pmix', --mpi=list for acceptable types", "srun --mpi=list"),
        ("/usr/bin/python3: No module named mpiprocessing", "full path"),
        ("Permission denied (publickey,password).", "ssh HOST hostname"),
        ("slurmstepd: error: Detected 1 oom_kill event in StepId=3.0", "more"),
        ("PMIX ERROR: PMIX_ERR_SYS_LIMITS_PIPES in file", "ulimit -n"),
        ("libmpi.so.40: cannot open shared object file: No such file or directory", "module load"),
        ("all is well", ""),
    ],
)
def test_the_line_for_a_text(said: str, line: str) -> None:
    assert line in explain(said)
    assert bool(explain(said)) == bool(line)


def test_the_last_words_are_those_that_are_known() -> None:
    text = "-----\nThere are not enough slots available\nEither request fewer\nand so on\nand on\n-----\n"
    assert last_words(text) == "There are not enough slots available"
    assert last_words("a\nb\n\nc\nd\n---\n") == "b / c / d"
    assert last_words("") == ""


def test_no_secret_is_in_a_ticket() -> None:
    shown = settings(
        {"PBS_JOBCOOKIE": "x", "SLURM_JWT": "x", "UCX_TLS": "tcp", "AWS_SECRET": "x", "HOME": "/"}
    )
    assert shown == {"UCX_TLS": "tcp"}


def test_the_file_system_of_a_path(tmp_path: object) -> None:
    assert disk_of("/", "/no/such/file") == ""
    assert disk_of("/proc/self") == "proc"
