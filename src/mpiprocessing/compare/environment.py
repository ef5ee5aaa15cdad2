"""Where and when a comparison was made: what a reader of its figures has to know beside them."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
from dataclasses import dataclass

from mpiprocessing.launch import mpiexec

__all__ = ["Environment", "find"]


_NAMES = {"mpich": "MPICH", "openmpi": "Open MPI", "intel": "Intel MPI", "slurm": "srun"}


@dataclass(frozen=True)
class Environment:
    """Where and when columns were run.

    Attributes:
        ranks: how many processes the columns under mpiexec had.
        host: the name of the machine.
        system: its operating system and how many cores it lets us use.
        mpi: the MPI and its version.
        versions: of Python and of the packages that were at work, by name.
        date: the minute, with its distance from UTC.
    """

    ranks: int
    host: str
    system: str
    mpi: str
    versions: tuple[tuple[str, str], ...]
    date: str

    def __str__(self) -> str:
        """In one line: "4 ranks on host, MPICH 4.3.2"."""
        return f"{self.ranks} rank{'s' if self.ranks > 1 else ''} on {self.host}, {self.mpi}"


def find(ranks: int) -> Environment:
    """Look around.

    Args:
        ranks: how many processes the columns under mpiexec get.

    Returns:
        What is here now.

    Raises:
        MpiexecError: there is no mpiexec for this interpreter's mpi4py.
    """
    launcher = mpiexec.find()
    packages = ("mpiprocessing", "mpi4py")
    return Environment(
        ranks=ranks,
        host=platform.node(),
        system=f"{platform.system()} {platform.machine()}, {_cores()}",
        mpi=f"{_NAMES.get(launcher.vendor, launcher.vendor)} {launcher.version}".rstrip(),
        versions=(
            ("Python", platform.python_version()),
            *((name, importlib.metadata.version(name)) for name in packages),
        ),
        date=datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M UTC%z"),
    )


def _cores() -> str:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return "1 core" if count == 1 else f"{count} cores"
