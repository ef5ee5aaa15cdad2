"""`connection.wait` among threads: whoever looks for a deadlock asks for what another thread waits."""

from __future__ import annotations

import os
import sys
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from mpiprocessing.waiting import _Group


@pytest.fixture
def in_small_steps() -> Any:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_several_threads_may_ask_at_once(in_small_steps: None) -> None:
    reading, writing = os.pipe()
    answers: list[int] = []

    def ask() -> None:
        answers.append(sum(group._any_ready() for _ in range(5_000)))

    runtime: Any = None
    with _Group(runtime, [SimpleNamespace(fileno=lambda: reading)]) as group:
        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    os.close(reading)
    os.close(writing)
    assert answers == [0, 0, 0]
