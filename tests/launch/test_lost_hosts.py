"""What is made of the words of an mpiexec that has lost a host."""

from __future__ import annotations

import pytest

from mpiprocessing.launch.outcome import Outcome
from mpiprocessing.launch.processgroup import Completed

PRTE = "PRTE has lost communication with a remote daemon.\n"
HYDRA = "[mpiexec@n1] main (mpiexec.c:270): process manager error waiting for completion\n"


@pytest.mark.parametrize(
    ("vendor", "declared", "status", "text", "expected"),
    [
        ("openmpi", "", 0, PRTE, 1),  # plain mpi4py declares nothing
        ("openmpi", "0", 0, PRTE, 0),  # all was done
        ("openmpi", "", 0, "", 0),
        ("mpich", "", 255, HYDRA, 255),
    ],
)
def test_a_lost_host_is_no_success(vendor: str, declared: str, status: int, text: str, expected: int) -> None:
    with Outcome.awaited(2, vendor, False) as words:
        if declared:
            words._box.declare(int(declared))
        told = words.add(Completed(["mpiexec"], status, "", text, 1.0, False))
    assert told.status == expected
    assert ("mpiprocessing:" in told.stderr) is (expected != 0)
