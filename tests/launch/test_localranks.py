"""What can be seen of the processes of a job on this host."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from mpiprocessing.launch.localranks import are_at_rest, waits_of


@pytest.fixture
def reader() -> Iterator[psutil.Process]:
    """A process that waits for its stdin."""
    yield from _running("input()")


@pytest.fixture
def busy() -> Iterator[psutil.Process]:
    yield from _running("while True: pass")


def _running(code: str) -> Iterator[psutil.Process]:
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as process:
        yield psutil.Process(process.pid)
        process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="as Linux tells it")
def test_who_reads_is_seen_to_wait(reader: psutil.Process) -> None:
    while not any("pipe" in wait for wait in waits_of(reader)):
        assert reader.is_running()


def test_a_rank_that_had_the_name_of_its_daemon_when_it_was_started_is_none(
    reader: psutil.Process, busy: psutil.Process
) -> None:
    while reader.status() != psutil.STATUS_SLEEPING:
        assert reader.is_running()
    assert are_at_rest([reader, busy])
