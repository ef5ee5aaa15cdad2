"""What the launcher reads is rank 0's stdin; real runs, from files, pipes and a terminal."""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from mpiprocessing.launch.localranks import is_launcher

LIMIT = 50.0
LAUNCHER = [sys.executable, "-m", "mpiprocessing.launch.mpiexec", "-n", "2", "--timeout", "40"]
OURS = ["-m", "mpiprocessing", "-c"]
PLAIN_LINES = "from mpi4py import MPI\nif MPI.COMM_WORLD.rank == 0: print([input(), input()])"


def launch(words: list[str], **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [*LAUNCHER, *words], stdout=subprocess.PIPE, text=True, timeout=LIMIT, check=False, **options
    )


@pytest.mark.parametrize("words", [[*OURS, "print([input(), input()])"], ["-c", PLAIN_LINES]])
def test_rank_0_reads_the_lines(words: list[str]) -> None:
    done = launch(words, input="3\n1 2 3\n")
    assert (done.returncode, done.stdout) == (0, "['3', '1 2 3']\n")


def test_lines_until_the_end_of_file() -> None:
    done = launch(
        [*OURS, "import sys\nfor line in sys.stdin: print(line, end='')\nprint('end')"], input="a\nb\n"
    )
    assert (done.returncode, done.stdout) == (0, "a\nb\nend\n")


def test_without_anything_to_read() -> None:
    done = launch([*OURS, "input()"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert "EOFError" in done.stderr


def test_a_closed_stdin_is_at_its_end() -> None:
    code = [*OURS, "import sys; print(repr(sys.stdin.read()))"]
    words = ["sh", "-c", 'exec "$@" <&-', "sh", *LAUNCHER, *code]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, timeout=LIMIT, check=False)
    assert (done.returncode, done.stdout) == (0, "''\n")


@pytest.mark.parametrize("kind", ["file", "pipe"])
def test_much_that_is_read_late(kind: str, tmp_path: Path) -> None:
    code = [
        *OURS,
        "import multiprocessing, sys; multiprocessing.Event().is_set(); print(len(sys.stdin.read()))",
    ]
    text = "x" * 3_000_000
    if kind == "pipe":
        done = launch(code, input=text)
    else:
        file = tmp_path / "much"
        file.write_text(text)
        with file.open() as stdin:
            done = launch(code, stdin=stdin)
    assert (done.returncode, done.stdout) == (0, "3000000\n")


@pytest.mark.parametrize("reads", [True, False])
def test_much_for_a_plain_program(reads: bool) -> None:
    # Through the mpiexec: MPICH's would end the job where it is given more than is read.
    code = (
        "from mpi4py import MPI\n"
        f"if MPI.COMM_WORLD.rank == 0: print(sum(len(input()) for _ in range({1000 if reads else 0})))\n"
        "MPI.COMM_WORLD.Barrier()"
    )
    done = launch(["-c", code], input=("x" * 999 + "\n") * 1000)
    assert (done.returncode, done.stdout) == (0, "999000\n" if reads else "0\n")


def test_nothing_is_given_to_a_rank_0_that_does_not_wait_for_it() -> None:
    """MPICH's daemon ends the job where it has something for a rank 0 that has just ended."""
    code = (
        "import time\nfrom mpi4py import MPI\n"
        "if MPI.COMM_WORLD.rank == 0: print('begun', flush=True); time.sleep(1)\n"  # the time to do it wrong
        "MPI.COMM_WORLD.Barrier()"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([*LAUNCHER, "-c", code], stdin=pipe, stdout=pipe, text=True) as launcher:
        assert launcher.stdin is not None and launcher.stdout is not None
        launcher.stdin.write("not read\n")
        launcher.stdin.flush()
        assert launcher.stdout.readline() == "begun\n"
        until = time.monotonic() + 0.9
        while time.monotonic() < until and _unread(launcher.stdin.fileno()):
            time.sleep(0.01)
        left = _unread(launcher.stdin.fileno())
        launcher.communicate(timeout=LIMIT)
    assert (launcher.returncode, left) == (0, len("not read\n"))


def test_a_rank_0_that_polls_is_given_all() -> None:
    code = (
        "import os, select\nfrom mpi4py import MPI\n"
        "left = 40_000 if MPI.COMM_WORLD.rank == 0 else 0\n"
        "while left and select.select([0], [], []): left -= len(os.read(0, 1 << 20))\n"
        "MPI.COMM_WORLD.Barrier()"
    )
    assert launch(["-c", code], input="x" * 40_000).returncode == 0


def test_what_is_on_its_way_is_waited_for() -> None:
    """MPICH's daemon gives up where it has far more for rank 0 than that reads: here it stands still for a while."""
    code = (
        "from mpi4py import MPI\n"
        "if MPI.COMM_WORLD.rank == 0: print('begun', flush=True); print(sum(len(input()) for _ in range(1000)))\n"
        "MPI.COMM_WORLD.Barrier()"
    )
    text = ("x" * 199 + "\n") * 1000
    pipe = subprocess.PIPE
    with subprocess.Popen([*LAUNCHER, "-c", code], stdin=pipe, stdout=pipe, text=True) as launcher:
        assert launcher.stdin is not None and launcher.stdout is not None
        assert launcher.stdout.readline() == "begun\n"
        daemons = [one for one in psutil.Process(launcher.pid).children(recursive=True) if is_launcher(one)]
        fcntl.fcntl(launcher.stdin, fcntl.F_SETPIPE_SZ, 1 << 18)
        daemons[-1].suspend()
        try:
            launcher.stdin.write(text)
            launcher.stdin.flush()
            until = time.monotonic() + 1  # the time to do it wrong
            while time.monotonic() < until and _unread(launcher.stdin.fileno()) > 100_000:
                time.sleep(0.01)
            left = _unread(launcher.stdin.fileno())
        finally:
            daemons[-1].resume()
        stdout, _ = launcher.communicate(timeout=LIMIT)
    assert (launcher.returncode, stdout) == (0, "199000\n")
    assert left > 100_000


def _unread(pipe: int) -> int:
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


def test_a_child_process_reads_nothing_of_it() -> None:
    code = (
        "import multiprocessing, sys\n"
        "def f(): print('child', repr(sys.stdin.read()), flush=True)\n"
        "if __name__ == '__main__':\n"
        "    child = multiprocessing.Process(target=f); child.start(); child.join(); print(input())"
    )
    done = launch([*OURS, code], input="a line\n")
    assert (done.returncode, done.stdout) == (0, "child ''\na line\n")


def test_a_command_that_rank_0_starts_reads_it() -> None:
    done = launch([*OURS, "import subprocess; subprocess.run(['cat'])"], input="a line\n")
    assert (done.returncode, done.stdout) == (0, "a line\n")


def test_a_program_that_never_reads_ends_though_stdin_stays_open() -> None:
    reader, writer = os.pipe()
    try:
        with os.fdopen(reader) as stdin:
            done = launch([*OURS, "print('done')"], stdin=stdin)
    finally:
        os.close(writer)
    assert (done.returncode, done.stdout) == (0, "done\n")


def test_what_is_not_read_of_a_file_is_left_for_the_shell(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    file.write_text("first\nsecond\nthird\n")
    script = 'read line; echo "$line"; "$@"; cat'
    words = ["sh", "-c", script, "sh", *LAUNCHER, *OURS, "print('done')"]
    with file.open() as stdin:
        done = subprocess.run(
            words, stdin=stdin, stdout=subprocess.PIPE, text=True, timeout=LIMIT, check=False
        )
    assert done.stdout == "first\ndone\nsecond\nthird\n"


FOREGROUND = """
import errno, os
from mpiprocessing.launch import forwarding

refusals, read = [errno.EIO], os.read

def refuse_once(fd, size):
    if refusals:
        raise OSError(refusals.pop(), "it is in the background")
    return read(fd, size)

os.read, forwarding._is_in_background = refuse_once, lambda: False
reader, writer = os.pipe()
forwarding.Forwarding("", False)._copy(writer, os.getpid())
os.close(writer)
print(read(reader, 100))
"""


def test_who_comes_to_the_foreground_just_when_a_read_was_refused_reads_on() -> None:
    words = [sys.executable, "-c", FOREGROUND]
    done = subprocess.run(
        words, input="a line\n", stdout=subprocess.PIPE, text=True, timeout=LIMIT, check=False
    )
    assert (done.returncode, done.stdout) == (0, "b'a line\\n'\n")


# ---- a terminal ----


@contextlib.contextmanager
def in_terminal(*words: str) -> Iterator[Terminal]:
    terminal = Terminal([*words])
    try:
        yield terminal
    finally:
        terminal.close()


class Terminal:
    """A program in the foreground of a terminal of its own."""

    def __init__(self, words: list[str]) -> None:
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            os.execv(words[0], words)
        self.screen = b""

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def wait_for(self, text: bytes) -> None:
        """Read what is printed until this has come."""
        while text not in self.screen:
            part = self._read()
            assert part, self.screen
            self.screen += part

    def _read(self) -> bytes:
        assert select.select([self._master], [], [], LIMIT)[0], self.screen
        try:
            return os.read(self._master, 1 << 16)
        except OSError:  # Linux says so where all have closed it
            return b""

    def end(self) -> int:
        """Read all, and return the status."""
        while part := self._read():
            self.screen += part
        pid, self.pid = self.pid, 0
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def close(self) -> None:
        """Hang up: the kernel sends SIGHUP, and SIGCONT to what is stopped."""
        os.close(self._master)
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


def test_what_is_typed_until_the_end_of_file() -> None:
    code = "import sys\nprint('be' + 'gun', flush=True)\nprint(input(), repr(sys.stdin.read()))"
    with in_terminal(*LAUNCHER, *OURS, code) as terminal:
        terminal.wait_for(b"begun")
        terminal.type(b"one\n")
        terminal.type(b"two\n")
        terminal.type(b"\x04")
        assert terminal.end() == 0, terminal.screen
    assert b"one 'two\\n'" in terminal.screen


def test_ctrl_c_in_a_terminal_is_the_programs() -> None:
    code = "try: print('be' + 'gun', flush=True); input()\nexcept KeyboardInterrupt: print('cau' + 'ght')"
    with in_terminal(*LAUNCHER, *OURS, code) as terminal:
        terminal.wait_for(b"begun")
        terminal.type(b"\x03")
        assert terminal.end() == 0, terminal.screen
    assert b"caught" in terminal.screen


SHELL = """
import os, signal, subprocess, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # as shells do
job = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, preexec_fn=os.setpgrp, text=True)
print(job.stdout.readline().strip(), flush=True)
print("shell:", input(), flush=True)
print("now in the fore" + "ground", end="", flush=True)
os.tcsetpgrp(0, job.pid)
print(job.stdout.read())
_, status = os.waitpid(job.pid, os.WUNTRACED)
os.tcsetpgrp(0, os.getpgrp())
print("stopped" if os.WIFSTOPPED(status) else f"status {os.waitstatus_to_exitcode(status)}", flush=True)
"""


def test_a_job_in_the_background_takes_nothing_from_the_shell() -> None:
    code = "print('be' + 'gun', flush=True); print('job:', input())"
    with in_terminal(sys.executable, "-c", SHELL, *LAUNCHER, *OURS, code) as terminal:
        terminal.type(b"for the shell\n")
        terminal.wait_for(b"now in the foreground")
        terminal.type(b"for the job\n")
        assert terminal.end() == 0, terminal.screen
    for line in (b"shell: for the shell", b"job: for the job", b"status 0"):
        assert line in terminal.screen


def test_a_job_in_the_background_that_never_reads_is_not_stopped() -> None:
    with in_terminal(sys.executable, "-c", SHELL, *LAUNCHER, *OURS, "print('begun', flush=True)") as terminal:
        terminal.type(b"for the shell\n")
        assert terminal.end() == 0, terminal.screen
    assert b"status 0" in terminal.screen
