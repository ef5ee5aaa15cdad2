"""Programs of libraries that take a pool, over several hosts: each finds what its serial run finds."""

from __future__ import annotations

import pytest

from tests.clients.test_clients import LIBRARIES, PROGRAMS


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_library_between_hosts_finds_what_its_serial_run_finds(cluster, name: str) -> None:
    for library in LIBRARIES[name]:
        pytest.importorskip(library, reason=f"{library} has no wheel for this Python")
    done = cluster.on("n1", *cluster.words("-m", "mpiprocessing", str(PROGRAMS / f"{name}.py")))
    assert done.returncode == 0, done.stderr
    compared = [line for line in done.stdout.splitlines() if line.endswith((": True", ": False"))]
    assert compared and all(line.endswith(": True") for line in compared), done.stdout
