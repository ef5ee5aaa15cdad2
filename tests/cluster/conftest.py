"""Tests on several hosts: a network and a Slurm that scripts/test-cluster has brought up; elsewhere they are left out.

MPIPROCESSING_LAB names the directory where the hosts are, MPIPROCESSING_LAB_SLURM that of Slurm, MPIPROCESSING_LAB_POSES
"pbs" where it poses as PBS.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mpiprocessing.launch import mpiexec

ROOT = Path(__file__).resolve().parents[2]
HOSTS = os.environ.get("MPIPROCESSING_LAB", "")
SLURM = os.environ.get("MPIPROCESSING_LAB_SLURM", "")
POSES = os.environ.get("MPIPROCESSING_LAB_POSES", "slurm")


REACH = """
import contextlib, socket
for host in ("n1", "n2", "n3"):
    with contextlib.suppress(ConnectionRefusedError):  # it answers, that is enough
        socket.create_connection((host, 9), 2).close()
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here not in item.path.parents:
            continue
        if not HOSTS:
            item.add_marker(pytest.mark.skip(reason="needs several hosts: run scripts/test-cluster, as root"))
        elif (item.path.name == "test_pbs.py") != (POSES == "pbs"):
            item.add_marker(pytest.mark.skip(reason=f"the scheduler poses as {POSES}"))


class Cluster:
    """The hosts n1, n2 and n3, and their scheduler.

    Attributes:
        vendor: of the MPI under test.
    """

    def __init__(self, work: Path) -> None:
        self.work = work
        self.vendor = mpiexec.find().vendor
        self._environ = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}

    def program(self, text: str) -> str:
        """Write a program where every host sees it."""
        path = self.work / "prog.py"
        path.write_text(text, encoding="utf-8")
        return str(path)

    def on(self, host: str, *words: str, limit: float = 90.0) -> subprocess.CompletedProcess[str]:
        """Run something on a host."""
        return subprocess.run(
            ["timeout", "-k", "5", str(limit), f"{HOSTS}/bin/on", host, *words],
            cwd=ROOT,
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=limit + 20,
            check=False,
        )

    def tool(self, *words: str) -> str:
        """Use `cable` or `crash`."""
        done = subprocess.run(
            [f"{HOSTS}/bin/{words[0]}", *words[1:]], capture_output=True, text=True, check=True
        )
        return done.stdout

    def words(self, *words: str, hosts: str = "n1:2,n2:2", ranks: int = 4, limit: float = 60.0) -> list[str]:
        """The command that runs Python on hosts, by our launcher and something that stands in for ssh."""
        reach = ["--hosts", hosts, "--ssh", f"{HOSTS}/bin/rsh"]
        launcher = [sys.executable, "-m", "mpiprocessing.launch.mpiexec", "-n", str(ranks), *reach]
        return [*launcher, "--timeout", str(limit), *words]

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start something on n1."""
        pipe = subprocess.PIPE
        command = [f"{HOSTS}/bin/on", "n1", *words]
        return subprocess.Popen(command, cwd=ROOT, env=self._environ, stdout=pipe, stderr=pipe, text=True)

    def scheduler(self, *words: str, limit: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Use a command of the scheduler."""
        return subprocess.run(
            [f"{SLURM}/bin/{words[0]}", *words[1:]],
            cwd=self.work,
            env={**self._environ, "PATH": f"{SLURM}/bin:{HOSTS}/bin:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )

    def script(self, *words: str) -> str:
        """Have a job script made; returns its file."""
        made = subprocess.run(
            [sys.executable, "-m", "mpiprocessing", "script", POSES, *words],
            cwd=self.work,
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert made.returncode == 0, made.stderr
        file = self.work / "job.sh"
        file.write_text(made.stdout, encoding="utf-8")
        return str(file)

    def output_of(self, name: str) -> str:
        """What a job has written."""
        path = self.work / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def ready(self) -> None:
        """Mend cables, and bring back what a crash has ended."""
        for host in ("n1", "n2", "n3"):
            self.tool("cable", host, "up")
        subprocess.run(
            [
                ROOT / "tests/cluster/lab/slurm-up",
                "-n",
                "3",
                "-c",
                "4",
                "-H",
                HOSTS,
                *(["-p"] if POSES == "pbs" else []),
                SLURM,
            ],
            check=True,
            capture_output=True,
        )
        # After a cut cable the kernel believes for a moment that there is no way, on each host for itself.
        for host in ("n1", "n2", "n3"):
            wait_for(lambda host=host: self.on(host, sys.executable, "-c", REACH).returncode == 0)


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path)


def wait_for(what: object, limit: float = 60.0) -> None:
    """Wait until a call returns something true."""
    until = time.monotonic() + limit
    while not what():  # type: ignore[operator]
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.2)
