"""Jobs that are looked at: while they run, from outside, and when they are over."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mpiprocessing.launch.mpiexec import Completed
from mpiprocessing.monitor.cli import main

LIVE = """
    import multiprocessing as mp, os, sys, time

    def work(number):
        while number and not os.path.exists("go"):
            time.sleep(0.02)
        return number

    def wants(lock, begun):
        begun.set()
        with lock:
            pass

    if __name__ == "__main__":
        lock, begun = mp.Lock(), mp.Event()
        with lock:
            process = mp.Process(target=wants, args=(lock, begun), name="Wants")
            process.start()
            begun.wait()
            with mp.Pool(2) as pool:
                print(pool.map(work, range(4), 1))
        process.join()
"""


class Shown(NamedTuple):
    """What a look at a job has shown."""

    returncode: int
    stdout: str
    stderr: str


Look = Callable[..., Shown]


@pytest.fixture
def status(capsys: pytest.CaptureFixture[str]) -> Look:
    """`status(directory, *options)`: what the command shows, in this process; it needs no MPI."""

    def look(directory: Path, *options: str) -> Shown:
        capsys.readouterr()
        return Shown(main([str(directory), *options]), *capsys.readouterr())

    return look


def is_under_way(told: dict[str, Any]) -> bool:
    """One process waits for its lock, one task is done, and both workers have come as far as their next ones."""
    tasks = [one["task"] for one in told["ranks"] if one["task"]]
    done = [pool["done"] for pool in told["pools"]]
    return (
        bool(told["waits"])
        and done == [1]
        and len(tasks) == 2
        and all(one["memory"] for one in told["ranks"])
    )


def test_a_running_job_can_be_looked_at(status: Look, tmp_path: Path) -> None:
    (tmp_path / "prog.py").write_text(textwrap.dedent(LIVE), encoding="utf-8")
    launcher = [sys.executable, "-m", "mpiprocessing.launch.mpiexec", "-n", "4", "--timeout", "40"]
    options = ["--status", "st", "--progress=0.1"]
    with subprocess.Popen(
        [*launcher, "-m", "mpiprocessing", *options, "prog.py"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path,
    ) as job:
        assert job.stdout is not None
        said = ""
        try:
            for line in job.stdout:
                said += line
                if "map(work): 1 of 4 (25 %)" in line:
                    break
            told: dict[str, Any] = {}
            while not told or not is_under_way(told):
                assert job.poll() is None, said
                time.sleep(0.05)  # rank 0 looks once a second
                told = json.loads(status(tmp_path / "st", "--json").stdout or "{}")
            for_people = status(tmp_path / "st")
            workers = [
                one["rank"] for one in told["ranks"] if (one["process"] or "").startswith("PoolWorker")
            ]
            stack = status(tmp_path / "st", "--stack", str(workers[-1]), "--timeout", "20")
            wrong = status(tmp_path / "st", "--stack", "4", "--timeout", "20")
        finally:
            (tmp_path / "go").touch()
            said += job.communicate()[0]
    assert job.returncode == 0 and "[0, 1, 2, 3]" in said, said
    assert told["life"] == "runs"
    assert told["pools"][0]["calls"][0]["what"] == "map(work)"
    assert told["ranks"][0]["state"] == "process" and len(workers) == 2
    assert {one["task"]["item"] for one in told["ranks"] if one["task"]} <= {1, 2, 3}
    assert all(one["memory"] > 1 << 20 for one in told["ranks"])
    wants = next(one for one in told["waits"] if one["process"] == "Wants")
    assert (
        wants["call"].startswith("Lock.acquire at prog.py:")
        and "which MainProcess on rank 0 holds" in wants["for"]
    )
    assert for_people.returncode == 0 and "prog.py  runs" in for_people.stdout, for_people
    assert f"rank {workers[-1]} on " in stack.stdout and re.search(
        r'prog.py", line \d in work', stack.stdout
    ), stack
    assert "there is no rank '4'" in wrong.stdout
    last = status(tmp_path / "st")
    assert last.returncode == 0 and "ended with status 0" in last.stdout
    assert sorted(path.name for path in (tmp_path / "st").iterdir()) == ["status.json"]


def test_the_end_is_reported_and_what_was_printed_kept(
    launch: Callable[..., Completed], tmp_path: Path
) -> None:
    program = """
        import multiprocessing as mp, os, time

        here = os.path.dirname(os.path.abspath(__file__))

        def note(word):
            open(os.path.join(here, f"is-{word}"), "w").close()

        def work(number):
            print("at", number)
            if number != 5:
                note(number)
                return
            while sum(name.startswith("is-") for name in os.listdir(here)) < 1 + 7:
                time.sleep(0.01)
            # No other task was longer than all of them and what was before, and what it had still to do is less than this.
            time.sleep(time.time() - os.stat(os.path.join(here, "is-begun")).st_mtime + 0.3)

        if __name__ == "__main__":
            note("begun")
            with mp.Pool(2) as pool:
                pool.map(work, range(8), 1)
                pool.apply(os.system, ("echo from a shell",))
                pool.close()
                pool.join()
            print("done")
    """
    (tmp_path / "prog.py").write_text(textwrap.dedent(program), encoding="utf-8")
    options = [
        "--report-ranks",
        "--label",
        f"--log-dir={tmp_path / 'logs'}",
        f"--report={tmp_path / 'r.json'}",
    ]
    done = launch(["-m", "mpiprocessing", *options, str(tmp_path / "prog.py")], ranks=3)
    assert done.status == 0, done.stderr
    # where the ranks run
    assert "mpiprocessing: 3 ranks on 1 host\n" in done.stderr
    rows = [line.split() for line in done.stderr.splitlines()]
    assert ["rank", "host", "cores", "pid"] in rows and {"0", "1", "2"} <= {
        row[0] for row in rows if len(row) == 4
    }
    # what was printed
    lines = done.stdout.splitlines()
    assert len(lines) == 9 and lines[-1].startswith("[0 ") and lines[-1].endswith(" MainProcess] done"), lines
    assert sorted(line.split("] ")[1] for line in lines[:-1]) == [f"at {number}" for number in range(8)]
    logs = {path.name: path.read_text().splitlines() for path in (tmp_path / "logs").iterdir()}
    assert sorted(logs) == ["rank-0000.log", "rank-0001.log", "rank-0002.log"]
    assert "done" in logs["rank-0000.log"] and all(log[0].startswith("# ") for log in logs.values())
    children = [*logs["rank-0001.log"], *logs["rank-0002.log"]]
    assert {f"at {number}" for number in range(8)} | {"from a shell"} <= set(children)
    # how it went
    told = json.loads((tmp_path / "r.json").read_text())
    pool = told["pools"][0]
    assert (pool["tasks"], pool["done"]) == (9, 9) and pool["imbalance"] >= 1 and 0 <= pool["idle"] < 1
    assert (pool["slowest"][0]["call"], pool["slowest"][0]["item"]) == ("map(work)", 5)
    assert told["messages"] > 20 and told["memory"][0]["ranks"] == 3 and told["missing"] == []
    assert "mpiprocessing: report on " in done.stderr


@pytest.mark.parametrize("ending", ["sys.stderr.close()", "sys.stderr = None"])
def test_a_job_that_is_looked_at_may_close_its_stderr(
    launch: Callable[..., Completed], tmp_path: Path, ending: str
) -> None:
    program = f"import multiprocessing as mp, sys\nwith mp.Pool(1) as pool: pool.map(abs, [1])\n{ending}"
    options = [f"--report={tmp_path / 'r.json'}", "--progress=bar"]
    done = launch(["-m", "mpiprocessing", *options, "-c", program], ranks=2)
    assert done.status == 0, done.stderr
    assert json.loads((tmp_path / "r.json").read_text())["status"] == 0


def test_who_looks_at_a_deadlock_does_not_hide_it(
    launch: Callable[..., Completed], status: Look, tmp_path: Path
) -> None:
    (tmp_path / "prog.py").write_text("import multiprocessing as mp\nmp.Queue().get()\n", encoding="utf-8")
    done = launch(["-m", "mpiprocessing", f"--status={tmp_path}", str(tmp_path / "prog.py")], ranks=3)
    assert not done.timed_out and done.status == 1 and "deadlock: nothing can go on" in done.stderr, (
        done.stderr
    )
    last = status(tmp_path)
    assert last.returncode == 3 and "ended with status 1" in " ".join(last.stdout.split())


def test_what_cannot_be_written_is_said_before_the_program(
    launch: Callable[..., Completed], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    for option in ("--status", "--log-dir"):
        done = launch(
            ["-m", "mpiprocessing", option, str(tmp_path / "file"), "-c", "print('began')"], ranks=2
        )
        assert done.status == 2 and "began" not in done.stdout and "cannot write" in done.stderr, done
