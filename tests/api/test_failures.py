"""Every way to fail, as a table: what the shell is told, and what the user reads.

The referee is the standard library: where a way to fail means something there (an exit code, an exception ignored at the exit)
it means the same here. What `test_exit_status.py` has is not repeated.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mpiprocessing.launch import mpiexec

HOST = socket.gethostname()

# --- the main program -------------------------------------------------------------------------------------------

MAIN = """
import atexit, multiprocessing as mp, multiprocessing.util, os, signal, sys, threading, time

class Loud:
    def __del__(self):
        raise LookupError("while collected")

def start():
    child = mp.Process(target=abs, args=(-1,))
    child.start()
    child.join()

def block():
    queue = mp.Queue()
    threading.Thread(target=queue.get).start()  # no daemon
    deadline = time.monotonic() + 20
    while len(threading.enumerate()) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    return queue

def deep():
    deep()

def fail(*exception):
    raise ArithmeticError("in the hook")

if __name__ == "__main__":
    start()
    {body}
"""

ENDED_BY = {signal.SIGTERM: (15, 143), signal.SIGHUP: (1, 129), signal.SIGABRT: (6, 134)}
"""The statuses of MPICH's launcher and of Open MPI's, when a signal has ended rank 0."""

WAYS: dict[str, tuple[str, int | tuple[int, ...], list[str]]] = {
    "the largest status": ("sys.exit(255)", 255, []),
    "what the system leaves of 256": ("sys.exit(256)", 0, []),
    "what the system leaves of -1": ("sys.exit(-1)", 255, []),
    "a status that is no long": ("sys.exit(2**70)", 255, []),
    "a hook for exceptions": (
        "sys.excepthook = lambda kind, *rest: print('HOOK', kind.__name__, file=sys.stderr); raise KeyError",
        1,
        ["HOOK KeyError"],
    ),
    "a hook that exits": ("sys.excepthook = lambda *exception: sys.exit(9); raise KeyError", 9, []),
    "a hook that raises": (
        "sys.excepthook = fail; raise KeyError('first')",
        1,
        ["Error in sys.excepthook:", "in the hook", "Original exception was:", "KeyError: 'first'"],
    ),
    "whatever is wrong at the exit, and a status": (
        "atexit.register(fail); atexit.register(sys.exit, 5); kept = Loud();"
        "multiprocessing.util.Finalize(None, fail, exitpriority=1); sys.exit(3)",
        3,
        ["Exception ignored in atexit callback: <function fail", "SystemExit: 5", "while collected"],
    ),
    "a thread that waits for ever": ("kept = block(); raise KeyError('main')", 1, ["KeyError: 'main'"]),
    "children that wait for a rank": (
        "children = [mp.Process(target=time.sleep, args=(600,)) for _ in range(5)];"
        "[child.start() for child in children]; raise KeyError('main')",
        1,
        ["KeyError: 'main'"],
    ),
    "too deep": ("deep()", 1, ["RecursionError", "line"]),
    "SIGTERM": ("os.kill(os.getpid(), signal.SIGTERM); time.sleep(600)", ENDED_BY[signal.SIGTERM], []),
    "SIGHUP": ("os.kill(os.getpid(), signal.SIGHUP); time.sleep(600)", ENDED_BY[signal.SIGHUP], []),
    "abort": ("os.abort()", ENDED_BY[signal.SIGABRT], ["Aborted"]),
}


@pytest.mark.parametrize(("body", "status", "texts"), WAYS.values(), ids=WAYS)
def test_the_main_program(play, body, status, texts):
    done = play(MAIN.format(body=body), ranks=2)
    assert done.status in (status if isinstance(status, tuple) else (status,)), done.stderr
    for text in texts:
        assert text in done.stderr
    if not texts:
        assert "Traceback" not in done.stderr
    assert "mpiprocessing/core/lastwords" not in done.stderr  # no frame of ours around the program's


@pytest.fixture
def talk(tmp_path):
    """The command of a job that prints more than fits in a pipe, by the launcher, which is where the shell's streams are."""
    program = tmp_path / "prog.py"
    program.write_text("for number in range(20_000):\n    print(number)\n", encoding="utf-8")
    launcher = [sys.executable, "-m", "mpiprocessing.launch.mpiexec", "-n", "2"]
    return [*launcher, "-m", "mpiprocessing", str(program)]


def test_output_that_does_not_fit_on_the_disk(talk):
    with open("/dev/full", "w") as full:
        done = subprocess.run(talk, stdout=full, stderr=subprocess.PIPE, text=True, timeout=40, check=False)
    assert done.returncode == 1 and "output could not be written: No space left on device" in done.stderr


def test_output_that_nobody_reads_any_more(talk):
    with subprocess.Popen(talk, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as job:
        assert job.stdout is not None and job.stdout.readline() == "0\n"
        job.stdout.close()
        assert job.stderr is not None and job.stderr.read() is not None
    assert job.returncode == 128 + signal.SIGPIPE


# --- children ---------------------------------------------------------------------------------------------------

CHILDREN = """
import multiprocessing as mp, os, sys

class Broken:
    def write(self, text):
        raise ArithmeticError
    flush = write

class Mute:
    def __str__(self):
        raise ArithmeticError

name = mp.current_process().name
if name == "an import that raises":
    raise LookupError(name)
if name == "an import that exits":
    sys.exit(name)

def fail(kind):
    raise kind(mp.current_process().name)

def lose_stderr(how):
    sys.stderr.close() if how == "closed" else setattr(sys, "stderr", how)
    raise LookupError(mp.current_process().name)

def leave(status):
    sys.exit(status)

if __name__ == "__main__":
    for target, argument, name in (
        (fail, LookupError, "an exception"),
        (fail, KeyboardInterrupt, "an interrupt"),
        (leave, 256, "256"),
        (leave, 2**70, "too large"),
        (leave, "a text", "text"),
        (leave, Mute(), "mute"),
        (lose_stderr, "closed", "a closed stderr"),
        (lose_stderr, None, "no stderr"),
        (lose_stderr, Broken(), "a broken stderr"),
        (abs, -1, "an import that raises"),
        (abs, -1, "an import that exits"),
    ):
        child = mp.Process(target=target, args=(argument,), name=name)
        child.start()
        child.join()
        print(name, child.exitcode, sep=": ", flush=True)
"""

EXIT_CODES = {
    "an exception": 1,
    "an interrupt": 1,
    "256": 0,
    "too large": 255,
    "text": 1,
    "mute": 1,
    "a closed stderr": 1,
    "no stderr": 1,
    "a broken stderr": 1,
    "an import that raises": 1,
    "an import that exits": 1,
}


def test_children(play):
    """Each has the exit code that the standard library gives it, the job goes on, and nobody's last words are lost."""
    done = play(CHILDREN, ranks=2)
    assert done.status == 0, done.stderr
    assert dict(line.split(": ") for line in done.stdout.splitlines()) == {
        name: str(code) for name, code in EXIT_CODES.items()
    }
    lines = done.stderr.splitlines()
    for name in ("an exception", "a closed stderr", "no stderr", "a broken stderr"):
        assert f"Process {name} (rank 1 on {HOST}):" in lines
        assert f"LookupError: {name}" in lines
    assert f"Process an import that raises (rank 1 on {HOST}) could not begin:" in lines
    assert {"KeyboardInterrupt: an interrupt", "a text", "an import that exits"} <= set(lines)
    assert "sys.exit was called with a Mute that cannot be printed" in lines


# --- tasks ------------------------------------------------------------------------------------------------------

TASKS = """
import json, multiprocessing as mp, sys, threading
from concurrent.futures import ProcessPoolExecutor

class Unreadable(Exception):
    def __init__(self, one, two):
        super().__init__(one)

class Unwritable(Exception):
    def __reduce__(self):
        raise RuntimeError("stays here")

class Mute(Exception):
    def __repr__(self):
        raise ArithmeticError
    __str__ = __repr__

class MuteAndUnwritable(Mute):
    def __reduce__(self):
        raise Mute

class Argument:
    def __repr__(self):
        raise ArithmeticError

def deep():
    deep()

def fill():
    import resource
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (1 << 33, before[1]))
    try:
        bytearray(1 << 40)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)

def fail(kind, *args):
    if kind == "deep":
        deep()
    if kind == "memory":
        fill()
    if kind == "result":
        return threading.Lock()
    raise (KeyError if kind == "KeyError" else globals()[kind])(*args)

def seventh(number, more=None):
    if number == 7:
        raise LookupError("seven")
    return number

def stop(number):
    if number == 7:
        raise StopIteration
    return number

def refuse(argument):
    raise LookupError(type(argument).__name__)

def told(call):
    try:
        return ["returned", call()]
    except Exception as error:
        cause = error.__cause__
        place = [getattr(cause, name, None) for name in ("process", "rank", "host", "index", "argument")]
        return [type(error).__name__, "" if isinstance(error, Mute) else str(error), *place, str(cause)]

def calls():
    with mp.Pool(2) as pool:
        for kind, *args in (("Unreadable", 1, 2), ("Unwritable",), ("Mute",), ("MuteAndUnwritable",), ("KeyError", 1),
                            ("deep",), ("memory",), ("result",)):
            yield kind, lambda: pool.apply(fail, (kind, *args))
        yield "keywords", lambda: pool.apply(seventh, (), {"number": 7, "more": "x" * 1000})
        yield "map", lambda: pool.map(seventh, range(20), chunksize=1)
        yield "map in chunks", lambda: pool.map(seventh, range(20), chunksize=3)
        yield "starmap", lambda: pool.starmap(seventh, [(number, number) for number in range(20)], chunksize=3)
        yield "imap", lambda: list(pool.imap(seventh, range(20)))
        yield "imap in chunks", lambda: list(pool.imap(seventh, range(20), chunksize=3))
        yield "imap_unordered", lambda: list(pool.imap_unordered(seventh, range(20), chunksize=3))
        yield "callback", lambda: told_to_callback(pool)
        yield "unspeakable argument", lambda: pool.map(refuse, [Argument()])
        yield "huge argument", lambda: pool.map(refuse, [bytes(1 << 20)])
        yield "StopIteration in chunks", lambda: pool.map(stop, range(20), chunksize=3)
        yield "StopIteration of imap", lambda: list(pool.imap(stop, range(20)))
        yield "afterwards", lambda: pool.apply(abs, (-1,))
    with ProcessPoolExecutor(2) as executor:
        for kind, *args in (("Unreadable", 1, 2), ("MuteAndUnwritable",), ("KeyError", 1)):
            yield f"executor {kind}", lambda: executor.submit(fail, kind, *args).result()
        yield "executor map", lambda: list(executor.map(seventh, range(20), chunksize=3))
        yield "executor afterwards", lambda: executor.submit(abs, -1).result()

def told_to_callback(pool):
    errors = []
    pool.map_async(seventh, range(20), chunksize=3, error_callback=errors.append).wait()
    raise errors[0]

if __name__ == "__main__":
    for name, call in calls():
        print(json.dumps([name, *told(call)]), flush=True)
"""

SEVENTH = ("LookupError", "seven", 7, "7")
RAISED: dict[
    str, tuple[str, str, int | None, str | None]
] = {  # the type, its text, the index and the argument that are told
    "Unreadable": (
        "MaybeEncodingError",
        "Unreadable: 1 (raised in PoolWorker-",
        None,
        "arguments ('Unreadable', 1, 2)",
    ),
    "Unwritable": ("MaybeEncodingError", "stays here", None, "arguments ('Unwritable')"),
    "Mute": ("Mute", "", None, "arguments ('Mute')"),
    "MuteAndUnwritable": ("MaybeEncodingError", "MuteAndUnwritable", None, "arguments ('MuteAndUnwritable')"),
    "KeyError": ("KeyError", "1", None, "arguments ('KeyError', 1)"),
    "deep": ("RecursionError", "recursion", None, "arguments ('deep')"),
    "memory": ("MemoryError", "", None, "arguments ('memory')"),
    "keywords": ("LookupError", "seven", None, "arguments (number=7, more='xxxx"),
    "map": SEVENTH,
    "map in chunks": SEVENTH,
    "starmap": ("LookupError", "seven", 7, "(7, 7)"),
    "imap": SEVENTH,
    "imap in chunks": SEVENTH,
    "imap_unordered": SEVENTH,
    "callback": SEVENTH,
    "unspeakable argument": ("LookupError", "Argument", 0, "<Argument"),
    "huge argument": ("LookupError", "bytes", 0, "<bytes of 1048576 bytes>"),
    "executor Unreadable": ("MaybeEncodingError", "Unreadable: 1", None, "arguments ('Unreadable', 1, 2)"),
    "executor MuteAndUnwritable": (
        "MaybeEncodingError",
        "MuteAndUnwritable",
        None,
        "arguments ('MuteAndUnwritable')",
    ),
    "executor KeyError": ("KeyError", "1", None, "arguments ('KeyError', 1)"),
    "executor map": ("LookupError", "seven", None, "arguments (7)"),
}


def test_tasks(play):
    """Whatever a task raises is raised where its result is asked for, and tells where and at what; the workers go on."""
    done = play(TASKS)
    assert done.status == 0, done.stderr
    outcomes = {name: told for name, *told in map(json.loads, done.stdout.splitlines())}
    for name, (kind, text, index, argument) in RAISED.items():
        raised, said, process, rank, host, told_index, told_argument, cause = outcomes[name]
        assert (raised, told_index, host) == (kind, index, HOST), name
        assert text in said, name
        assert rank in (1, 2) and process, name
        assert told_argument == argument or (
            told_argument.startswith(argument) and len(told_argument) < 150
        ), name
        assert (
            f"{process}, rank {rank} on {host}" in cause and "Traceback (most recent call last)" in cause
        ), name
    assert outcomes["result"][0] == "MaybeEncodingError"
    for name in ("StopIteration in chunks", "StopIteration of imap"):
        assert outcomes[name][:2] == ["RuntimeError", "the function raised StopIteration"]
    assert outcomes["afterwards"] == outcomes["executor afterwards"] == ["returned", 1]


def test_tasks_of_joblib(play):
    pytest.importorskip("joblib")
    done = play(
        """
        from joblib import Parallel, delayed

        def seventh(number):
            if number == 7:
                raise LookupError("seven")

        if __name__ == "__main__":
            Parallel(2, batch_size=3)(delayed(seventh)(number) for number in range(20))
        """
    )
    assert done.status == 1
    assert f" on {HOST}, item 7: seventh(7)" in done.stderr and "LookupError: seven" in done.stderr


# --- the start ----------------------------------------------------------------------------------------------------


def start(tmp_path, env):
    """One rank as a launcher would start it, with some environment."""
    (tmp_path / "prog.py").write_text("print('must not run')", encoding="utf-8")
    foreign = ("PMI", "OMPI_", "PRTE_", "SLURM_", "MPI_LOCAL", "HYDRA", "HYDI")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    words = [sys.executable, "-m", "mpiprocessing", str(tmp_path / "prog.py")]
    return subprocess.run(words, env={**kept, **env}, capture_output=True, text=True, timeout=40, check=False)


def fake(tmp_path, source):
    """An mpi4py that is found first."""
    package = tmp_path / "fake" / "mpi4py"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(textwrap.dedent(source), encoding="utf-8")
    return {"PYTHONPATH": os.pathsep.join([str(package.parent), os.environ.get("PYTHONPATH", "")])}


def test_a_start_without_mpi4py(tmp_path):
    done = start(
        tmp_path, fake(tmp_path, """raise ModuleNotFoundError("No module named 'mpi4py'", name="mpi4py")""")
    )
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"mpiprocessing: {sys.executable} has no mpi4py: ")
    assert f"{sys.executable} -m pip install 'mpiprocessing[mpich]'" in line


def test_a_start_without_an_mpi_library(tmp_path):
    done = start(tmp_path, {"MPI4PY_LIBMPI": "/no/such/libmpi.so"})
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"mpiprocessing: mpi4py of {sys.executable} cannot be used (")
    assert "load your cluster's MPI module" in line


PMI = "pmix" if mpiexec.find().vendor == "openmpi" else "pmi2"


def test_a_start_by_slurm_that_does_not_speak_with_this_mpi(tmp_path):
    done = start(tmp_path, {"SLURM_STEP_NUM_TASKS": "4", "SLURM_STEP_ID": "0", "SLURM_PROCID": "1"})
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert (
        "4 ranks were asked for, and every one of them is rank 0 of 1" in line and f"srun --mpi={PMI}" in line
    )


def test_a_job_of_a_batch_system_may_have_one_rank(tmp_path):
    done = start(tmp_path, {"SLURM_NTASKS": "4", "SLURM_JOB_ID": "1"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "must not run\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="names without files are Linux's")
def test_what_is_wrong_with_a_start_is_said_once_for_each_host(tmp_path):
    """Whoever holds the name speaks; here it is this process, the parent of what it starts, as a launcher is."""
    wrong = {"MPI4PY_LIBMPI": "/no/such/libmpi.so", "PMI_RANK": "1"}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as name:
        name.bind(f"\0mpiprocessing-start-{os.getpid()}")
        done = start(tmp_path, wrong)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")
    done = start(tmp_path, wrong)
    assert done.returncode == 2 and done.stderr.count("mpiprocessing: ") == 1


@pytest.mark.parametrize(
    ("text", "way_out"),
    [
        ("prterun has detected an attempt to run as root.", "OMPI_ALLOW_RUN_AS_ROOT=1"),
        ("There are not enough slots available in the system", "--map-by :OVERSUBSCRIBE"),
    ],
    ids=["root", "slots"],
)
def test_what_open_mpis_launcher_says_at_length_is_followed_by_one_line(tmp_path, text, way_out):
    launcher = Path(tmp_path / "mpiexec")
    launcher.write_text(f"#!/bin/sh\n[ \"$1\" = --version ] && exit\necho '{text}' >&2\nexit 1\n")
    launcher.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "mpiprocessing.launch.mpiexec", "-n", "2", "prog.py"],
        env={**os.environ, "MPIPROCESSING_MPIEXEC": str(launcher)},
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )
    assert done.returncode == 1
    assert way_out in done.stderr.splitlines()[-1]
