"""Which mpiexec belongs to mpi4py, and which one the shell finds."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator

from mpiprocessing.core.environment import drop_launchers
from mpiprocessing.doctor.facts import Job, Program
from mpiprocessing.launch import mpiexec
from mpiprocessing.launch.mpiexec import MpiexecError

__all__ = ["look"]


def look(job: Job) -> None:
    """Look for both, and add them to the facts.

    Args:
        job: the facts.
    """
    with _no_rank():
        try:
            found = mpiexec.find()
            job.mpiexec = Program(found.path, found.vendor, found.version)
        except MpiexecError as error:
            job.mpiexec = Program(error=str(error))
        path = shutil.which("mpiexec") or shutil.which("mpirun")
        if path is not None:
            found = mpiexec.identify(path)
            job.path_mpiexec = Program(path, found.vendor, found.version)


@contextlib.contextmanager
def _no_rank() -> Iterator[None]:
    """What is started within is no rank of this job."""
    before = dict(os.environ)
    drop_launchers(os.environ)
    try:
        yield
    finally:
        os.environ.update(before)
