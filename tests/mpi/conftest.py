"""The ranks of these tests as one job: a communicator of our own, and mpiprocessing on all of them."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="session")
def comm() -> Any:
    """All ranks, on a communicator that only these tests use."""
    from mpi4py import MPI

    return MPI.COMM_WORLD.Dup()


@pytest.fixture(scope="session")
def mp(comm: Any) -> Any:
    """The package, ready on every rank."""
    import mpiprocessing

    mpiprocessing.init()
    return mpiprocessing
