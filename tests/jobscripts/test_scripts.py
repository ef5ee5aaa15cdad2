"""Job scripts: what stands in them, that shells find nothing wrong with them, and what they do with a program's end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mpiprocessing.jobscripts import cli
from mpiprocessing.jobscripts.launchers import Choice, choose
from mpiprocessing.jobscripts.rendering import render
from mpiprocessing.jobscripts.request import Request, RequestError, parse, read_request, wall_time
from mpiprocessing.launch.mpiexec import Mpiexec, MpiexecError

ROOT = Path(__file__).resolve().parents[2]
MPICH = Mpiexec("/opt/mpi/bin/mpiexec", "mpich", "5.0.2")
OPEN_MPI = Mpiexec("/opt/mpi/bin/mpiexec", "openmpi", "5.0.11")
BY_MPIEXEC = Choice("mpiexec", "", ("that one;", "for a reason."))

LINES = [
    "slurm prog.py",
    "slurm --nodes 2 --ranks 8 --cores-per-rank 4 --time 36h --checkpoint 'run 1.ckpt' prog.py --x 'a b' '$HOME'",
    "slurm --launcher srun --queue gpu --account me --memory 16G -m package.module",
    "pbs --nodes 2 --ranks-per-node 4 --checkpoint run.ckpt prog.py",
    "pbs --warn 0 --memory 16gb prog.py",
    "lsf --ranks 8 --checkpoint run.ckpt prog.py",
    "lsf --fault-tolerant --nodes 3 prog.py",
]


def request(line: str) -> Request:
    import shlex

    return read_request(parse(shlex.split(line)))


def script(line: str) -> str:
    asked = request(line)
    return render(
        asked, choose(asked, lambda python: OPEN_MPI, list), f"python -m mpiprocessing script {line}"
    )


@pytest.mark.parametrize("line", LINES)
def test_shellcheck_finds_nothing(line: str, tmp_path: Path) -> None:
    program = Path(sys.executable).parent / "shellcheck"
    if not program.exists():
        pytest.skip("shellcheck is not installed here")
    file = tmp_path / "job.sh"
    file.write_text(script(line), encoding="utf-8")
    # SC2016: the program's arguments are quoted as they were given.
    done = subprocess.run(
        [program, "-e", "SC2016", file], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout


def test_what_a_script_for_slurm_says() -> None:
    text = script(LINES[1])
    for line in (
        "#SBATCH --nodes=2",
        "#SBATCH --ntasks-per-node=4",
        "#SBATCH --cpus-per-task=4",
        "#SBATCH --time=36:00:00",
        "#SBATCH --signal=B:USR1@180",
        "#SBATCH --requeue",
        "#SBATCH --open-mode=append",
        f"python={sys.executable}",
        "export CHECKPOINT='run 1.ckpt'",
        """"${launcher[@]}" -m mpiprocessing prog.py --x 'a b' '$HOME' &""",
    ):
        assert line in text.splitlines(), text


def test_without_a_checkpoint_nothing_begins_anew() -> None:
    text = script("slurm prog.py")
    assert "#SBATCH --no-requeue" in text and "scontrol" not in text
    assert "#PBS -r n" in script("pbs prog.py")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("slurm", "no program"),
        ("slurm --ranks 7 --nodes 2 prog.py", "7 ranks do not fill 2 nodes: ask for 8"),
        ("slurm --time 2 --warn 180 prog.py", "less than half would be left"),
        ("slurm --checkpoint a --warn 0 prog.py", "needs --warn"),
        ("slurm --checkpoint a --warn -1 prog.py", "needs --warn"),
        ("pbs --launcher srun prog.py", "srun is Slurm's"),
        ("slurm --launcher srun --fault-tolerant prog.py", "srun ends the job"),
    ],
)
def test_what_makes_no_sense_is_refused(line: str, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RequestError, match=re.escape(why)):
        request(line)
    assert cli.main(line.split()) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.startswith("python -m mpiprocessing script: ")


@pytest.mark.parametrize(
    "words",
    [["--checkpoint", "a\nb", "prog.py"], ["-o", "a\nb", "prog.py"], ["prog.py", "a\nb"]],
    ids="|".join,
)
def test_no_argument_ends_the_comment_that_shows_it(words: list[str]) -> None:
    with pytest.raises(RequestError, match="more than one line"):
        read_request(parse(["slurm", *words]))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 5400), ("90s", 90), ("1:30:00", 5400), ("1-12:00:00", 129600), ("36h", 129600)],
)
def test_wall_times(text: str, seconds: int) -> None:
    assert wall_time(text) == seconds


@pytest.mark.parametrize(
    ("line", "launcher", "spoken", "expected"),
    [
        ("slurm prog.py", MPICH, [], ("mpiexec", "")),
        ("slurm --launcher srun prog.py", MPICH, ["pmi2", "pmix"], ("srun", "pmi2")),
        ("slurm --launcher srun prog.py", OPEN_MPI, ["pmi2", "pmix_v4"], ("srun", "pmix")),
        ("slurm prog.py", Mpiexec("/usr/bin/srun", "slurm", "22"), ["pmix"], ("srun", "pmix")),
        ("pbs prog.py", OPEN_MPI, [], ("mpiexec", "")),
    ],
)
def test_the_launcher_that_fits(
    line: str, launcher: Mpiexec, spoken: list[str], expected: tuple[str, str]
) -> None:
    choice = choose(request(line), lambda python: launcher, lambda: spoken)
    assert (choice.kind, choice.pmi) == expected and choice.reasons


def test_srun_that_does_not_speak_with_this_mpi_is_refused() -> None:
    with pytest.raises(RequestError, match=re.escape("needs srun --mpi=pmi2, and srun speaks pmix")):
        choose(request("slurm --launcher srun prog.py"), lambda python: MPICH, lambda: ["pmix"])


def test_no_mpiexec_is_said() -> None:
    def none(python: str) -> Mpiexec:
        raise MpiexecError("there is none")

    with pytest.raises(RequestError, match="there is none"):
        choose(request("pbs prog.py"), none, list)
    assert choose(request("slurm prog.py"), none, lambda: ["pmix"]).kind == "srun"


def fake_job(tmp_path: Path, body: str, **env: str) -> tuple[subprocess.Popen[str], Path]:
    """Run a script for Slurm where a program of the shell's stands in for Python, and another for scontrol."""
    asked = Request(
        scheduler="slurm", program=("prog.py",), checkpoint="kept", python=str(tmp_path / "python")
    )
    (tmp_path / "python").write_text(f"#!/bin/bash\n{body}\n")
    (tmp_path / "scontrol").write_text(f'#!/bin/bash\necho "$@" >{tmp_path}/requeued\nexit 1\n')
    (tmp_path / "job.sh").write_text(render(asked, BY_MPIEXEC, "test"))
    for name in ("python", "scontrol"):
        (tmp_path / name).chmod(0o755)
    added = {"SLURM_NTASKS": "2", "SLURM_JOB_ID": "7", "PATH": f"{tmp_path}:{os.environ['PATH']}", **env}
    job = subprocess.Popen(
        ["bash", tmp_path / "job.sh"],
        env={**os.environ, **added},
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    return job, tmp_path / "requeued"


@pytest.mark.parametrize(("status", "again"), [(0, False), (3, False), (75, True), (138, False)])
def test_a_job_ends_as_its_program(tmp_path: Path, status: int, again: bool) -> None:
    job, requeued = fake_job(tmp_path, f"exit {status}")
    out, _ = job.communicate(timeout=30)
    assert job.returncode == status
    assert f"ended with status {status}" in out
    assert requeued.exists() is again


def test_a_job_is_not_started_again_for_ever(tmp_path: Path) -> None:
    job, requeued = fake_job(tmp_path, "exit 75", SLURM_RESTART_COUNT="100")
    job.communicate(timeout=30)
    assert job.returncode == 75 and not requeued.exists()


def test_the_program_is_told_and_waited_for(tmp_path: Path) -> None:
    body = "trap 'kill $!; echo told; exit 75' USR1; sleep 60 >/dev/null & echo ready; wait"
    job, requeued = fake_job(tmp_path, body)
    assert job.stdout is not None and job.stdout.readline() == "ready\n"
    job.send_signal(10)  # SIGUSR1
    out, _ = job.communicate(timeout=30)
    assert "told" in out and job.returncode == 75
    assert requeued.read_text() == "requeue 7\n"


def test_an_argument_that_is_no_text_stays_as_it_is(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = tmp_path / "job.sh"
    for _ in range(2):  # the second time the file is there, and the same
        assert cli.main(["slurm", "-o", str(file), "prog.py", os.fsdecode(b"caf\xe9.dat")]) == 0
        assert b"-m mpiprocessing prog.py 'caf\xe9.dat'" in file.read_bytes() == capsysbinary.readouterr().out


def test_a_file_that_differs_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "job.sh"
    words = ["slurm", "-o", str(file), "prog.py"]
    assert cli.main(words) == 0 and file.read_text() == capsys.readouterr().out
    assert cli.main(words) == 0
    file.write_text("mine")
    assert cli.main(words) == 2 and file.read_text() == "mine"


def test_nothing_is_submitted_where_there_is_no_scheduler(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("shutil.which", lambda *words, **options: None)
    assert cli.main(["slurm", "--submit", "prog.py"]) == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("scheduler", ["slurm", "pbs", "lsf"])
def test_the_examples_are_up_to_date(scheduler: str) -> None:
    """`scripts/jobs/…`: made by the command in their second line, with another interpreter and mpiexec."""
    text = (ROOT / "scripts" / "jobs" / f"{scheduler}.sh").read_text(encoding="utf-8")
    line = text.splitlines()[1].partition(" script ")[2]
    asked = request(line)
    asked = Request(**{**vars(asked), "python": "/path/of/your/environment/bin/python"})
    launcher = Mpiexec("/path/of/your/environment/bin/mpiexec", "mpich", "5.0.2")
    assert text == render(
        asked, choose(asked, lambda python: launcher), f"python -m mpiprocessing script {line}"
    )
