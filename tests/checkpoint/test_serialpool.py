"""Checkpoints without MPI: what is kept, what is run again, what is refused, and in which words."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mpiprocessing
from mpiprocessing import CheckpointError, SerialPool
from mpiprocessing.checkpoint.journal import Journal
from mpiprocessing.checkpoint.logfile import LogFile
from mpiprocessing.core import payload

RAN: list[Any] = []


def square(x: int) -> int:
    RAN.append(x)
    return x * x


def cube(x: int) -> int:
    return x**3


def add(x: int, y: int) -> int:
    RAN.append((x, y))
    return x + y


def big(x: int) -> Any:
    return np.full(50_000, x), {"x": x}


def fails_at_three(x: int) -> int:
    RAN.append(x)
    if x == 3 and len(RAN) < 5:
        raise RuntimeError("three")
    return x


@pytest.fixture(autouse=True)
def forget() -> None:
    RAN.clear()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.ckpt"


def test_what_has_its_result_is_not_run_again(path: Path) -> None:
    pool = SerialPool()
    assert pool.map(square, range(3), checkpoint=path) == [0, 1, 4]
    assert pool.map(square, range(5), checkpoint=path) == [0, 1, 4, 9, 16]
    assert list(pool.imap_unordered(square, iter(range(2)), checkpoint=path)) == [0, 1]
    assert RAN == [0, 1, 2, 3, 4]


def test_cut_at_any_byte_it_goes_on(path: Path) -> None:
    pool = SerialPool()
    pool.map(square, range(4), checkpoint=path)
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        assert pool.map(square, range(4), checkpoint=path) == [0, 1, 4, 9]


def test_exceptions_are_not_kept_and_results_before_them_are(path: Path) -> None:
    pool = SerialPool()
    with pytest.raises(RuntimeError, match="three"):
        pool.map(fails_at_three, range(6), checkpoint=path)
    assert pool.map(fails_at_three, range(6), checkpoint=path) == list(range(6))
    assert RAN == [0, 1, 2, 3, 3, 4, 5]


def test_starmap_and_large_arrays(path: Path) -> None:
    pool = SerialPool()
    assert pool.starmap(add, [(1, 2), (3, 4)], checkpoint=path) == [3, 7]
    assert pool.starmap(add, [(1, 2), (3, 4)], checkpoint=path) == [3, 7]
    assert RAN == [(1, 2), (3, 4)]
    for _ in range(2):
        first, second = pool.map(big, [5, 6], checkpoint=path.with_name("big.ckpt"))
        assert (first[0] == 5).all() and second[1] == {"x": 6}
        first[0][0] = 1  # its own memory
    assert path.with_name("big.ckpt").stat().st_size < 2.1 * 50_000 * 8


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda pool, path: pool.map(cube, range(3), checkpoint=path), "function square, not of cube"),
        (lambda pool, path: pool.map(square, [0, 7, 2], checkpoint=path), "item 1 has changed, and is now 7"),
        (
            lambda pool, path: pool.map(square, range(3), checkpoint=path, seed=1),
            "the seed was None, and is 1",
        ),
        (lambda pool, path: pool.starmap(square, [(0,)], checkpoint=path), "it was map, and is starmap"),
    ],
)
def test_another_call_is_refused_and_can_be_forced(path: Path, call: Any, says: str) -> None:
    pool = SerialPool()
    pool.map(square, range(3), checkpoint=path)
    with pytest.raises(CheckpointError, match=says) as caught:
        call(pool, path)
    assert "resume='force'" in str(caught.value) and str(path) in str(caught.value)
    assert pool.map(square, range(3), checkpoint=path) == [0, 1, 4]  # nothing was spoilt


def test_forced_results_are_taken_and_belong_to_the_new_call_from_then_on(path: Path) -> None:
    pool = SerialPool()
    pool.map(square, range(3), checkpoint=path)
    assert pool.map(cube, [0, 7, 2, 3], checkpoint=path, resume="force") == [0, 1, 4, 27]
    assert pool.map(cube, [0, 7, 2, 3], checkpoint=path) == [0, 1, 4, 27]
    with pytest.raises(CheckpointError):
        pool.map(square, range(3), checkpoint=path)


def test_arguments_that_make_no_sense(path: Path) -> None:
    pool = SerialPool()
    with pytest.raises(ValueError, match="resume must be None or 'force', not 'again'"):
        pool.map(square, [1], checkpoint=path, resume="again")
    with pytest.raises(ValueError, match="needs checkpoint=PATH"):
        pool.map(square, [1], resume="force")
    with pytest.raises(TypeError, match="seed must be an int"):
        pool.map(square, [1], seed="x")
    with pytest.raises(ValueError, match="negative"):
        pool.map(square, [1], seed=-1)


def test_a_file_of_something_else_and_a_file_in_use(path: Path) -> None:
    other = path.with_name("results.csv")
    other.write_text("a,b\n1,2\n")
    with pytest.raises(CheckpointError, match="not a checkpoint: it begins with b'a,b"):
        SerialPool().map(square, [1], checkpoint=other)
    assert other.read_text() == "a,b\n1,2\n"
    results = SerialPool().imap(square, range(3), checkpoint=path)
    assert next(results) == 0
    with pytest.raises(CheckpointError, match=f"in use by process {os.getpid()} on "):
        SerialPool().map(square, range(3), checkpoint=path)
    assert list(results) == [1, 4]
    assert SerialPool().map(square, range(3), checkpoint=path) == [0, 1, 4]


def test_what_cannot_be_kept_is_named(path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"item 1 cannot go with the checkpoint .*lock"):
        SerialPool().map(square, [0, threading.Lock()], checkpoint=path)
    with pytest.raises(CheckpointError, match="this function cannot go with the checkpoint"):
        waiting: queue.Queue[int] = queue.Queue()
        SerialPool().map(lambda x: waiting, [0], checkpoint=path)


def test_a_full_disk_is_said_and_what_was_written_stays(path: Path) -> None:
    journal = Journal(path, "map", square, None, False)
    values = payload.dumps([b"x" * 100])
    assert not journal.has(0, 0) and not journal.has(1, 1)
    journal.add(0, 1, values)
    size = path.stat().st_size
    real = os.pwrite

    def full(fd: int, data: Any, place: int) -> int:
        if len(data) > 50:
            real(fd, data[:20], place)
            raise OSError(28, "No space left on device")
        return real(fd, data, place)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(CheckpointError, match=r"item 1 could not be written .*No space left"):
            journal.add(1, 1, values)
    journal.wait()
    assert path.stat().st_size == size
    assert LogFile(path).torn == 0


SIGNALLED = """
import os, signal, sys, mpiprocessing

def work(x):
    if x == 5 and "send" in sys.argv:
        os.kill(os.getpid(), signal.SIGUSR1)
    return x

try:
    print(sum(mpiprocessing.SerialPool().map(work, range(10), checkpoint="run.ckpt")))
except Exception:
    print("swallowed")
finally:
    print("finally")
"""


def test_a_signal_ends_it_with_75_and_the_next_run_goes_on(tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", SIGNALLED, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    stopped = run("send")
    assert (stopped.returncode, stopped.stdout) == (75, "finally\n"), stopped.stderr
    assert "SIGUSR1 has stopped a call: 6 of 10 results are in" in stopped.stderr
    finished = run()
    assert (finished.returncode, finished.stdout) == (0, "45\nfinally\n"), finished.stderr


BETWEEN = """
import os, signal, sys, mpiprocessing

pool = mpiprocessing.SerialPool()
assert signal.getsignal(signal.SIGUSR1) is signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
pool.map(abs, range(10))
assert signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL
if sys.argv[1] == "own":
    signal.signal(signal.SIGUSR1, lambda *_: print("own"))
pool.map(abs, range(10), checkpoint="first")
os.kill(os.getpid(), signal.SIGTERM if sys.argv[1] == "term" else signal.SIGUSR1)
print("goes on")
pool.map(abs, range(10), checkpoint="second")
print("never")
"""


@pytest.mark.parametrize(
    ("how", "status", "printed"),
    [("usr1", 75, "goes on\n"), ("term", 75, ""), ("own", 0, "own\ngoes on\nnever\n")],
)
def test_signals_between_two_calls(tmp_path: Path, how: str, status: int, printed: str) -> None:
    command = [sys.executable, "-c", BETWEEN, how]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (status, printed), done.stderr


def test_nothing_of_mpi_is_loaded(tmp_path: Path) -> None:
    code = (
        "import sys, mpiprocessing; mpiprocessing.SerialPool().map(abs, [-1], checkpoint='c', seed=1); "
        "print('mpi4py' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "False\n", done.stderr


def test_the_rest_of_the_interface(path: Path) -> None:
    begun: list[int] = []
    with SerialPool(4, begun.append, (1,)) as pool:
        assert begun == [1] and pool.size == 1
        assert pool.apply(add, (1,), {"y": 2}) == 3
        assert pool.apply_async(add, (1, 2)).get() == 3
        assert pool.map_async(cube, [2], callback=begun.extend, checkpoint=path).get() == [8]
        assert begun == [1, 8]
        failed = pool.apply_async(add, (1, "2"))
        assert not failed.successful()
        with pytest.raises(TypeError):
            failed.get()
    for call in (pool.map, pool.imap, pool.map_async, pool.starmap_async, pool.apply_async):
        with pytest.raises(ValueError, match="not running"):
            call(cube, [(1,)])
    pool.join()


def test_public_names() -> None:
    assert issubclass(mpiprocessing.Preempted, SystemExit)
    assert not issubclass(mpiprocessing.Preempted, Exception)
