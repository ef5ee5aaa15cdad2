"""Jobs that are killed and go on, on other numbers of ranks, under another MPI, without MPI, to the serial result."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mpiprocessing.launch import mpiexec
from mpiprocessing.launch.mpiexec import Completed

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import json, os, signal, sys, time
import numpy as np
import mpiprocessing

ITEMS = 40

def work(x):
    kill = os.environ.get("KILL")
    if kill and x >= int(kill):  # whichever of them comes first: none of these has a result afterwards
        while not os.path.exists("ran"):  # a second worker begins far behind the first one, and may be there before it
            time.sleep(0.01)
        os.kill(int(os.environ["MAIN"]), signal.SIGKILL)
    with open("ran", "a") as file:
        file.write(f"{x}\\n")
    return x, float(mpiprocessing.task_rng().random()), np.full(20_000, x)

def main():
    os.environ["MAIN"] = str(os.getpid())
    call = sys.argv[1]
    with (mpiprocessing.SerialPool() if "serial" in sys.argv else mpiprocessing.Pool()) as pool:
        asked = dict(checkpoint="run.ckpt", seed=7)
        if call == "map":
            found = pool.map(work, range(ITEMS), chunksize=3, **asked)
        elif call == "async":
            found = pool.map_async(work, range(ITEMS), **asked).get()
        elif call == "imap":
            found = list(pool.imap(work, iter(range(ITEMS)), **asked))
        else:
            found = sorted(pool.imap_unordered(work, range(ITEMS), chunksize=2, **asked), key=lambda one: one[0])
    print(json.dumps([(x, r, int(array.sum()), len(array)) for x, r, array in found]))

if __name__ == "__main__":
    main()
"""


@pytest.fixture
def job(tmp_path: Path) -> Callable[..., Completed]:
    """`job(call, ranks, kill=None)`: run the program; item `kill`, or a later one, kills the main process."""
    (tmp_path / "prog.py").write_text(PROGRAM)

    def run(call: str, ranks: int, kill: int | None = None, python: str | None = None) -> Completed:
        env = {"KILL": "" if kill is None else str(kill), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
        done = mpiexec.run(
            ["-m", "mpiprocessing", "prog.py", call],
            ranks,
            timeout=40.0,
            env=env,
            cwd=tmp_path,
            python=python,
        )
        assert not done.timed_out, f"{done.stdout}\n{done.stderr}"
        return done

    return run


def serial(folder: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "KILL": ""}
    return subprocess.run(
        [sys.executable, "prog.py", "map", "serial"],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def result(done: Completed) -> Any:
    assert done.status == 0, done.stderr
    return json.loads(done.stdout)


def another_mpi() -> str | None:
    """The interpreter of an environment beside this one, with another MPI."""
    here = Path(sys.prefix)
    for place in here.parent.glob("*/bin/python"):
        if place.parent.parent.name != here.name and {here.name, place.parent.parent.name} == {
            "mpich",
            "openmpi",
        }:
            return str(place)
    return None


def test_killed_again_and_again_it_ends_with_the_serial_result(
    job: Callable[..., Completed], tmp_path: Path
) -> None:
    for call, ranks, kill in (("map", 3, 9), ("imap", 4, 21), ("unordered", 2, 30)):
        assert job(call, ranks, kill).status != 0
    ran = (tmp_path / "ran").read_text().split()
    assert len(ran) < 40 + 3 * 9  # no more than what was under way ran twice
    found = result(job("async", 5))
    whole = (tmp_path / "run.ckpt").stat().st_size
    (tmp_path / "run.ckpt").rename(tmp_path / "kept.ckpt")
    alone = serial(tmp_path)
    assert json.loads(alone.stdout) == found, alone.stderr
    assert whole < 1.2 * 40 * 20_000 * 8
    (tmp_path / "kept.ckpt").rename(tmp_path / "run.ckpt")
    (tmp_path / "ran").unlink()
    assert json.loads(serial(tmp_path).stdout) == found  # with the plain interpreter, from the file alone
    assert result(job("map", 2)) == found
    assert not (tmp_path / "ran").exists()


@pytest.mark.skipif(another_mpi() is None, reason="there is no environment with another MPI beside this one")
def test_begun_under_one_mpi_and_ended_under_the_other(job: Callable[..., Completed], tmp_path: Path) -> None:
    assert job("map", 3, 15).status != 0
    before = len((tmp_path / "ran").read_text().split())
    found = result(job("unordered", 4, python=another_mpi()))
    assert len((tmp_path / "ran").read_text().split()) <= 40 + 3 * 4
    assert before and [x for x, *_ in found] == list(range(40))


BOTH = """
import functools, resource, threading, mpiprocessing
from mpiprocessing.checkpoint.logfile import LogFile

def held_up(gate):
    yield from range(9)
    gate.wait()
    yield 9

def work(x):
    return x

def main():
    with mpiprocessing.Pool() as pool:
        first = pool.map_async(work, range(20), checkpoint="one.ckpt")
        first.get()
        gate = threading.Event()
        open_one = pool.imap(work, held_up(gate), checkpoint="two.ckpt")
        next(open_one)
        try:
            pool.map(work, range(10), checkpoint="two.ckpt")
        except mpiprocessing.CheckpointError as error:
            print("in use by" in str(error) or error)
        gate.set()
        rest = list(open_one)
        print(pool.map(work, range(10), checkpoint="two.ckpt") == list(range(10)) == [0, *rest])
        for _ in range(2):  # another queue in each call, as in each job
            queue = mpiprocessing.Queue()
            print(pool.map(functools.partial(tell, queue), range(2), checkpoint="three.ckpt"))
            print(sorted(queue.get() for _ in range(2)) if _ == 0 else queue.empty())
        try:
            pool.map(give_queue, range(2), checkpoint="four.ckpt")
        except mpiprocessing.CheckpointError as error:
            print("holds a shared object" in str(error) or error)
        try:
            pool.map(raises, range(7), chunksize=2, checkpoint="five.ckpt")
        except ValueError as error:
            print(error, error.__cause__.index)
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limit[1]))
        for call in (pool.map, lambda *args, **kwds: list(pool.imap(*args, **kwds))):
            try:
                call(large, range(50), chunksize=1, checkpoint="full.ckpt")
            except mpiprocessing.CheckpointError as error:
                print("could not be written" in str(error) or error)
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        print(len(pool.map(large, range(50), checkpoint="full.ckpt")))
        waiting = pool.map_async(work, range(30), chunksize=1, checkpoint="elsewhere.ckpt")
        while len(LogFile("elsewhere.ckpt", writing=False).records) < 2 + 30:
            pass  # this process is elsewhere, and asks for no result
        called = []
        waiting = pool.map_async(work, range(20), checkpoint="one.ckpt", callback=called.append)
        waiting.get()
        print(called == [list(range(20))])
        it = pool.imap_unordered(work, [0, 1, 99], checkpoint="two.ckpt")
        try:
            print(sorted(it))
        except mpiprocessing.CheckpointError as error:
            print("item 2 has changed, and is now 99" in str(error) or error)

def tell(queue, x):
    queue.put(x)
    return -x

def large(x):
    return bytes(300_000)

def give_queue(x):
    return mpiprocessing.Queue()

def raises(x):
    if x == 5:
        raise ValueError("five")
    return x

if __name__ == "__main__":
    main()
"""


def test_refusals_in_a_job(tmp_path: Path, launch: Callable[..., Completed]) -> None:
    (tmp_path / "prog.py").write_text(BOTH)
    done = mpiexec.run(["-m", "mpiprocessing", "prog.py"], 3, timeout=40.0, cwd=tmp_path)
    assert done.stdout.splitlines() == [
        "True",
        "True",
        "[0, -1]",
        "[0, 1]",
        "[0, -1]",
        "True",
        "True",
        "five 5",
        "True",
        "True",
        "50",
        "True",
        "True",
    ], done.stderr
    assert done.status == 0
