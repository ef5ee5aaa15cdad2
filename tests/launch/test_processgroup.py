"""One command, all it prints, and nothing left of it."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mpiprocessing.launch.processgroup import TIMED_OUT, Completed, run_group
from tests.helpers import is_running

LIMIT = 30.0
FOREVER = "import signal\nwhile True: signal.pause()"


def python(code: str, *, timeout: float = LIMIT, **options: object) -> Completed:
    return run_group([sys.executable, "-c", code], timeout=timeout, **options)  # type: ignore[arg-type]


def python_with(code: str, argument: str) -> Completed:
    return run_group([sys.executable, "-c", code, argument], timeout=LIMIT)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("pass", 0),
        ("raise SystemExit(7)", 7),
        ("1/0", 1),
        ("import os; os.kill(os.getpid(), 9)", -9),
        ("raise SystemExit(124)", 124),
    ],
)
def test_status_is_the_commands(code: str, status: int) -> None:
    done = python(code)
    assert (done.status, done.timed_out) == (status, False)
    assert done.command == [sys.executable, "-c", code]
    assert 0 < done.seconds < LIMIT


def test_stdout_and_stderr_are_kept_apart() -> None:
    done = python("import sys; print('one'); print('two', file=sys.stderr)")
    assert (done.stdout, done.stderr) == ("one\n", "two\n")


def test_large_outputs_on_both_pipes_do_not_block() -> None:
    done = python("import sys\nfor f in (sys.stderr, sys.stdout): f.write('x' * 10_000_000)")
    assert (len(done.stdout), len(done.stderr), done.status) == (10_000_000, 10_000_000, 0)


def test_input_is_read_to_its_end() -> None:
    assert python("import sys; print(len(sys.stdin.read()))", input="x" * 1_000_000).stdout == "1000000\n"


def test_input_that_nobody_reads_is_no_error() -> None:
    assert python("import os; os.close(0)", input="x" * 1_000_000).status == 0


def test_without_input_stdin_is_at_its_end() -> None:
    assert python("import sys; print(repr(sys.stdin.read()))").stdout == "''\n"


def test_env_is_added_and_cwd_is_used(tmp_path: os.PathLike[str]) -> None:
    done = python(
        "import os; print(os.environ['HUE'], 'PATH' in os.environ, os.getcwd())",
        env={"HUE": "red"},
        cwd=tmp_path,
    )
    assert done.stdout.split() == ["red", "True", os.path.realpath(tmp_path)]


def test_show_prints_a_command_that_a_shell_understands(capfd: pytest.CaptureFixture[str]) -> None:
    python("print('it is')", env={"NOTE": "two words"}, show=True)
    shown = capfd.readouterr().err
    assert shown.startswith("$ ")
    assert shlex.split(shown) == [
        "$",
        "PYTHONFAULTHANDLER=1",
        "NOTE=two words",
        sys.executable,
        "-c",
        "print('it is')",
    ]


def test_tee_copies_the_output(capfd: pytest.CaptureFixture[str]) -> None:
    done = python("import sys; print('out'); print('err', file=sys.stderr)", tee=True)
    assert (done.stdout, done.stderr) == tuple(capfd.readouterr()) == ("out\n", "err\n")


def test_a_program_that_does_not_exist_is_the_callers_error() -> None:
    with pytest.raises(FileNotFoundError, match="no-such-program"):
        run_group(["no-such-program"], timeout=LIMIT)


def test_time_limit_writes_the_stack_of_every_thread(limit_begins: Callable[[int], None]) -> None:
    code = (
        "import threading\ndef other(): print(flush=True); threading.Event().wait()\n"
        "threading.Thread(target=other).start()\n" + FOREVER
    )
    limit_begins(1)
    done = python(code, timeout=1.0)
    assert (done.status, done.timed_out) == (TIMED_OUT, True)
    assert "in other" in done.stderr
    assert done.stderr.count("most recent call first") == 2


def test_time_limit_kills_what_ignores_sigabrt(limit_begins: Callable[[int], None]) -> None:
    code = (
        "import os, signal; signal.signal(signal.SIGABRT, signal.SIG_IGN); print(os.getpid(), flush=True)\n"
        + FOREVER
    )
    limit_begins(1)
    done = python(code, timeout=1.0)
    assert done.status == TIMED_OUT
    assert not is_running(int(done.stdout))


ORPHAN = f"""
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {FOREVER!r}], start_new_session=SESSION)
print(child.pid, flush=True)
"""


@pytest.mark.parametrize("new_session", [False, True])
def test_orphans_do_not_survive_a_command_that_ends(new_session: bool) -> None:
    done = python(ORPHAN.replace("SESSION", str(new_session)))
    assert done.status == 0
    assert not is_running(int(done.stdout))


def test_a_run_within_a_run_does_not_survive_the_outer_one(limit_begins: Callable[[int], None]) -> None:
    inner = f"import os; print(os.getpid(), flush=True)\n{FOREVER}"
    code = (
        "import sys; from mpiprocessing.launch.processgroup import run_group\n"
        f"run_group([sys.executable, '-c', {inner!r}], timeout=1000, tee=True)"
    )
    limit_begins(1)
    done = python(code, timeout=1.0)
    assert done.status == TIMED_OUT
    assert not is_running(int(done.stdout))


@pytest.fixture
def caller() -> Callable[[str], subprocess.Popen[str]]:
    def start(code: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    return start


def test_nothing_survives_a_caller_that_is_interrupted(
    caller: Callable[[str], subprocess.Popen[str]],
) -> None:
    child = f"import os; print(os.getpid(), flush=True)\n{FOREVER}"
    code = (
        "import sys; from mpiprocessing.launch.processgroup import run_group\n"
        f"run_group([sys.executable, '-c', {child!r}], timeout=1000, tee=True)"
    )
    with caller(code) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=LIMIT)
    assert "KeyboardInterrupt" in stderr
    assert not is_running(pid)


@pytest.mark.parametrize("end", [SystemExit(143), KeyboardInterrupt()], ids=["SIGTERM", "Ctrl-C"])
def test_nothing_survives_a_caller_that_is_interrupted_while_it_starts_the_command(
    monkeypatch: pytest.MonkeyPatch, end: BaseException
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Interrupted(subprocess.Popen[bytes]):
        """The signal comes when the command runs already, and nobody else knows of it yet."""

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            started.append(self)
            raise end

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with pytest.raises(type(end)):
        run_group([sys.executable, "-c", "import time; time.sleep(60)"], timeout=60)
    assert started[0].wait(0) == -signal.SIGKILL


@pytest.mark.parametrize(
    ("code", "status"), [("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 9)", 137)]
)
def test_the_same_from_the_shell(code: str, status: int) -> None:
    words = [sys.executable, "-m", "mpiprocessing.launch.processgroup", "30", sys.executable, "-c", code]
    assert subprocess.run(words, timeout=LIMIT, check=False).returncode == status


def test_the_shell_hears_of_the_time_limit() -> None:
    words = [sys.executable, "-m", "mpiprocessing.launch.processgroup", "2", sys.executable, "-c", FOREVER]
    done = subprocess.run(words, timeout=LIMIT, check=False, capture_output=True, text=True)
    assert done.returncode == TIMED_OUT
    assert "ended after 2 s, the time limit" in done.stderr
    assert "most recent call first" in done.stderr


LAUNCHER = """#!{python}
import subprocess, sys, time
rank = subprocess.run([sys.executable, "-c", {rank!r}], stdout=subprocess.PIPE, text=True)
print(end=rank.stdout, flush=True)
while {lives_on}:
    time.sleep(1)
"""

RANK = """
import os, time
while not os.path.exists({seen!r}):
    time.sleep(0.01)
print("all of it " * {words}, end="")
"""

RUN = """
import pathlib, sys
from mpiprocessing.launch import processgroup

shown = []

class Streams(processgroup.Streams):
    def __init__(self, *args):
        super().__init__(*args)
        shown.append(self._out)

def has_company(process, seen=pathlib.Path(sys.argv[1] + "-seen"), look=processgroup._has_company):
    if look(process):
        seen.touch()
        return True
    # On a busy machine the launcher may take longer than that to pass on what its rank has left.
    return seen.exists() and not shown[0]

processgroup.DESERTED, processgroup._has_company, processgroup.Streams = 0.2, has_company, Streams
done = processgroup.run_group([sys.argv[1]], timeout=20, tee=True, all_here=True)
sys.exit(f"{done.status} {done.timed_out} {done.deserted}")
"""


@pytest.fixture
def mpiexec(tmp_path: Path) -> Callable[..., str]:
    """A launcher whose only rank prints so many words and ends, once it has been seen.

    It passes on what the rank has printed when that has ended; then it may live on.
    """

    def write(words: int, lives_on: bool) -> str:
        file = tmp_path / "mpiexec"
        rank = RANK.format(words=words, seen=f"{file}-seen")
        file.write_text(LAUNCHER.format(python=sys.executable, rank=rank, lives_on=lives_on))
        file.chmod(0o700)
        return str(file)

    return write


def test_a_launcher_is_not_waited_for_when_all_its_ranks_have_ended(mpiexec: Callable[..., str]) -> None:
    done = python_with(RUN, mpiexec(1, lives_on=True))
    assert (done.stdout, done.stderr) == ("all of it ", "-9 False True\n")


def test_whoever_reads_slowly_reads_all_of_it(mpiexec: Callable[..., str]) -> None:
    words = 200_000  # more than all the pipes between hold
    command = [sys.executable, "-c", RUN, mpiexec(words, lives_on=False)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as reader:
        time.sleep(1.5)  # time for the launcher to be ended, were it taken for a deserted one
        stdout, stderr = reader.communicate(timeout=LIMIT)
    assert stdout == "all of it " * words
    assert stderr == "0 False False\n"


def test_a_launcher_without_ranks_yet_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "mpiexec"
    file.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(1)\n")
    file.chmod(0o700)
    assert python_with(RUN, str(file)).stderr == "0 False False\n"
