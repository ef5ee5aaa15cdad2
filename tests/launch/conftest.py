"""Time limits that do not depend on how long this machine takes to start a command."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from mpiprocessing.launch import processgroup

LONGEST = 50.0


@pytest.fixture
def limit_begins(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """`limit_begins(lines)`: the time limit of what is run from now on begins when it has printed so many lines."""

    def limit_begins(lines: int) -> None:
        wait = processgroup._wait_or_desert

        def wait_from_there(
            process: subprocess.Popen[bytes], timeout: float, streams: Any, *options: Any
        ) -> bool:
            until = time.monotonic() + LONGEST
            while b"".join(streams._out).count(b"\n") < lines and time.monotonic() < until:
                time.sleep(0.01)
            return wait(process, timeout, streams, *options)

        monkeypatch.setattr(processgroup, "_wait_or_desert", wait_from_there)

    return limit_begins
