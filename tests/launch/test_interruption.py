"""The first Ctrl-C is the program's, the second one the launcher's; real runs."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from mpiprocessing.launch import interruption
from mpiprocessing.launch.interruption import Interruption
from tests.helpers import is_running

LIMIT = 50.0
LAUNCHER = [sys.executable, "-m", "mpiprocessing.launch.mpiexec"]
WORDS = ["-n", "3", "--timeout", "40"]

CHILDREN = """
import multiprocessing, sys, time
def sleeper(): time.sleep(1000)
if __name__ == "__main__":
    child = multiprocessing.Process(target=sleeper)
    child.start()
    try:
        print("begun", flush=True)
        child.join()
    except KeyboardInterrupt:
        print("caught")
        child.terminate()
        child.join()
        {}
    finally:
        print("finally")
"""

PLAIN = """
import os, sys, time
from mpi4py import MPI
MPI.COMM_WORLD.Barrier()
try:
    os.write(1, b"begun\\n")
    time.sleep(1000)
except KeyboardInterrupt:
    os.write(1, b"caught\\n")
    {}
"""

STUBBORN = """
import os, signal
from mpi4py import MPI
signal.signal(signal.SIGINT, lambda number, frame: os.write(1, b"again\\n"))
MPI.COMM_WORLD.Barrier()
os.write(1, b"begun %d\\n" % os.getpid())
while True: signal.pause()
"""


ONE_DIES = """
import os, signal, sys, time
from mpi4py import MPI
MPI.COMM_WORLD.Barrier()
try:
    os.write(1, b"begun\\n")
    time.sleep(1000)
except KeyboardInterrupt:
    if MPI.COMM_WORLD.rank == 1:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.raise_signal(signal.SIGINT)
    time.sleep(1000)
"""


@contextlib.contextmanager
def launched(*words: str) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*words], stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True
    ) as launcher:
        try:
            yield launcher
        finally:
            launcher.terminate()


def lines(launcher: subprocess.Popen[str], count: int) -> list[str]:
    assert launcher.stdout is not None
    return [launcher.stdout.readline() for _ in range(count)]


@pytest.mark.parametrize(
    ("then", "status"), [("", 0), ("sys.exit(7)", 7), ("raise", 130)], ids=["caught", "exit", "raised"]
)
def test_a_program_says_its_last_words(then: str, status: int) -> None:
    with launched(*LAUNCHER, *WORDS, "-m", "mpiprocessing", "-c", CHILDREN.format(then)) as launcher:
        assert lines(launcher, 1) == ["begun\n"]
        launcher.send_signal(signal.SIGINT)
        stdout, stderr = launcher.communicate(timeout=LIMIT)
    assert (launcher.returncode, stdout) == (status, "caught\nfinally\n"), stderr
    assert ("\nKeyboardInterrupt" in stderr) == (status == 130)
    assert "has died" not in stderr


@pytest.mark.parametrize(("then", "status"), [("", 0), ("raise", 130)], ids=["caught", "raised"])
def test_every_rank_of_a_plain_program_is_interrupted(then: str, status: int) -> None:
    with launched(*LAUNCHER, *WORDS, "-c", PLAIN.format(then)) as launcher:
        assert lines(launcher, 3) == ["begun\n"] * 3
        launcher.send_signal(signal.SIGINT)
        stdout, stderr = launcher.communicate(timeout=LIMIT)
    assert launcher.returncode == status, stderr
    if not status:  # else the MPI ends all as soon as the first has died
        assert stdout == "caught\n" * 3


def test_of_several_ranks_one_may_die_of_it() -> None:
    """The MPI kills the others; MPICH's mpiexec joins both signals to one that never came."""
    with launched(*LAUNCHER, *WORDS, "-c", ONE_DIES) as launcher:
        assert lines(launcher, 3) == ["begun\n"] * 3
        launcher.send_signal(signal.SIGINT)
        stdout, stderr = launcher.communicate(timeout=LIMIT)
    assert launcher.returncode == 130, stderr
    assert ("no rank has crashed" in stderr) == ("signal 11" in stdout)


def test_a_command_that_the_program_has_started_is_interrupted_too() -> None:
    code = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', sys.argv[1]], check=True)"
    inner = "import time\ntry: print('begun', flush=True); time.sleep(1000)\nexcept KeyboardInterrupt: print('caught')"
    with launched(*LAUNCHER, *WORDS, "-m", "mpiprocessing", "-c", code, inner) as launcher:
        assert lines(launcher, 1) == ["begun\n"]
        launcher.send_signal(signal.SIGINT)
        stdout, stderr = launcher.communicate(timeout=LIMIT)
    assert (launcher.returncode, stdout) == (130, "caught\n"), stderr


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_second_ends_everything(number: signal.Signals, status: int) -> None:
    with launched(*LAUNCHER, *WORDS, "-c", STUBBORN) as launcher:
        pids = [int(line.split()[1]) for line in lines(launcher, 3)]
        launcher.send_signal(signal.SIGINT)
        assert lines(launcher, 3) == ["again\n"] * 3
        launcher.send_signal(number)
        launcher.communicate(timeout=LIMIT)
    assert launcher.returncode == status
    assert not any(map(is_running, pids))


def test_without_a_terminal_the_time_is_limited() -> None:
    code = (
        "import sys; from mpiprocessing.launch import interruption, mpiexec\n"
        "interruption.GRACE = 0.5\n"
        "sys.exit(mpiexec.main(sys.argv[1:]))"
    )
    with launched(sys.executable, "-c", code, *WORDS, "-c", STUBBORN) as launcher:
        pids = [int(line.split()[1]) for line in lines(launcher, 3)]
        launcher.send_signal(signal.SIGINT)
        _, stderr = launcher.communicate(timeout=LIMIT)
    assert launcher.returncode == 130
    assert "interrupted 0.5 s ago, the job had not ended: it was ended" in stderr
    assert not any(map(is_running, pids))


# ---- in this process ----


def test_before_there_is_a_rank_it_ends_the_launcher() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interruption(True, False).awaited(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_where_it_is_ignored_it_stays_so() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interruption(True, False).awaited():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_mpiexec_that_passes_it_on_is_sent_the_first_one_only() -> None:
    sent: list[int] = []
    one = Interruption(False, True)
    one.begins(0, sent.append)
    with one.awaited():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert sent == [signal.SIGINT]


@pytest.mark.parametrize("terminal", [True, False])
def test_at_a_terminal_the_time_is_not_limited(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "isatty", lambda fd: terminal)
    said: list[str] = []
    one = Interruption(True, False)
    one.check(said.append)
    one.began = time.monotonic() - 2 * interruption.GRACE
    with contextlib.nullcontext() if terminal else pytest.raises(KeyboardInterrupt):
        one.check(said.append)
        one.check(said.append)
    assert len(said) == 1 and said[0].startswith("mpiprocessing: interrupted")
