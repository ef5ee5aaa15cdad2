"""What becomes of a job when a rank, a host or a cable fails."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from mpiprocessing.launch import mpiexec
from mpiprocessing.launch.processgroup import TIMED_OUT
from tests.cluster.conftest import HOSTS, wait_for

WORK = """
import multiprocessing as mp, os, socket, sys, time

def task(item):
    if item % 10 == 0:
        print("AT", socket.gethostname(), os.getpid(), flush=True)
    time.sleep(0.05)
    return item

if __name__ == "__main__":
    with mp.Pool(3) as pool:
        print("BEGUN", flush=True)
        rounds = int(sys.argv[1])
        total = sum(sum(pool.map(task, range(60), 1)) for _ in range(rounds))
    print("TOTAL", total // rounds, flush=True)
"""


def start(cluster, rounds: int, *options: str):
    words = cluster.words("-m", "mpiprocessing", cluster.program(WORK), str(rounds), limit=100)
    words[words.index("--hosts") : words.index("--hosts")] = options
    job = cluster.start(*words)
    assert job.stdout is not None
    found: dict[str, int] = {}
    while "n2" not in found:
        line = job.stdout.readline()
        assert line, job.stderr.read()
        if line.startswith("AT"):
            found[line.split()[1]] = int(line.split()[2])
    return job, found["n2"]


def ended(job, limit: float):
    begun = time.monotonic()
    out, err = job.communicate(timeout=limit)
    print(f"over after {time.monotonic() - begun:.1f} s, status {job.returncode}")
    return out, err


TOLERANT = ("--fault-tolerant",)


def skip_unless_tolerant() -> None:
    try:
        mpiexec.find().tolerant  # noqa: B018, it raises
    except mpiexec.MpiexecError:
        pytest.skip("this MPI ends the job")


@pytest.fixture(autouse=True)
def mended(cluster):
    yield
    for host in ("n1", "n2"):
        cluster.tool("cable", host, "up")
        cluster.tool("crash", host)
    cluster.ready()


def test_a_killed_rank_ends_the_job(cluster) -> None:
    job, pid = start(cluster, 1000)
    os.kill(pid, 9)
    _, err = ended(job, 30)
    assert job.returncode != 0, err
    if cluster.vendor == "mpich":
        assert "has died" in err or "is lost" in err


def test_a_killed_rank_of_another_host_is_survived(cluster) -> None:
    skip_unless_tolerant()
    job, pid = start(cluster, 4, *TOLERANT)
    os.kill(pid, 9)
    out, err = ended(job, 60)
    assert job.returncode == 0, err
    assert "TOTAL 1770" in out


@pytest.mark.parametrize(
    ("fault", "options"),
    [("host", ()), ("cable", ()), ("hole", ()), ("host", TOLERANT), ("cable", TOLERANT)],
    ids=["host", "cable", "hole", "host tolerant", "cable tolerant"],
)
def test_a_lost_host_ends_the_job(cluster, fault: str, options: tuple[str, ...]) -> None:
    if options:
        skip_unless_tolerant()
    job, _ = start(cluster, 1000, *options)
    if fault == "host":
        cluster.tool("crash", "n2")
    else:
        cluster.tool("cable", "n2", "down" if fault == "cable" else "hole")
    _, err = ended(job, 80)
    assert job.returncode not in (0, TIMED_OUT), err


def test_nothing_is_left_on_the_host_of_the_launcher(cluster) -> None:
    job, _ = start(cluster, 1000)
    cluster.tool("crash", "n2")
    ended(job, 30)
    here = os.readlink(f"/proc/{Path(f'{HOSTS}/n1.pid').read_text().strip()}/ns/net")

    def ranks() -> list[int]:
        found = []
        for name in filter(str.isdecimal, os.listdir("/proc")):
            try:
                if (
                    os.readlink(f"/proc/{name}/ns/net") == here
                    and b"prog.py" in Path(f"/proc/{name}/cmdline").read_bytes()
                ):
                    found.append(int(name))
            except OSError:
                pass
        return found

    wait_for(lambda: not ranks(), 20)
