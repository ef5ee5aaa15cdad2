"""What a process leaves open: only what it has opened itself is closed, and only while it still is that."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mpiprocessing.core.opened import hang_up, opened
from tests.helpers import connected


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "file"
    path.touch()
    return str(path)


def is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def test_what_was_left_open_is_closed(file: str) -> None:
    opened.begin()
    try:
        left = [os.open(file, os.O_RDONLY), *os.pipe(), socket.socket().detach()]
        device = os.open(os.devnull, os.O_RDONLY)
        assert os.open in os.supports_dir_fd  # as others ask for
    finally:
        opened.end()
    later = os.open(file, os.O_RDONLY)
    opened.close()
    assert not any(map(is_open, left))
    assert is_open(device) and is_open(later)
    os.close(device)
    os.close(later)


def test_what_has_taken_its_number_since_is_not(file: str) -> None:
    opened.begin()
    try:
        gone = os.open(file, os.O_RDONLY)
    finally:
        opened.end()
    os.close(gone)
    reading, writing = os.pipe()
    assert gone in (reading, writing)
    opened.close()
    assert is_open(reading) and is_open(writing)
    os.close(reading)
    os.close(writing)


def blocked(wait: Callable[[], Any], holds: Any) -> threading.Thread:
    """A thread that waits, and holds something by the way."""
    started = threading.Event()

    def work() -> None:
        held = holds  # noqa: F841
        started.set()
        wait()

    thread = threading.Thread(target=work)
    thread.start()
    started.wait()
    return thread


def test_a_thread_that_waits_for_a_socket_goes_on() -> None:
    here, there = connected()
    with here, there:
        thread = blocked(lambda: here.recv(1), SimpleNamespace(deep=[{"in": here}]))
        while thread.is_alive():
            hang_up([thread])
            thread.join(0.1)


def test_the_ranks_own_sockets_are_left_alone() -> None:
    class Bell:
        __module__ = "mpiprocessing.core.doorbell"

        def __init__(self, line: socket.socket) -> None:
            self.line = line

    here, there = connected()
    done = threading.Event()
    with here, there:
        thread = blocked(done.wait, [Bell(here)])
        hang_up([thread])
        done.set()
        thread.join()
        there.sendall(b"rings")
        assert here.recv(10) == b"rings"
