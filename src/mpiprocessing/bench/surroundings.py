"""Where and when it was measured, and what else the machine did meanwhile."""

from __future__ import annotations

import multiprocessing
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass

from mpiprocessing.bench.columns import Column
from mpiprocessing.compare import environment
from mpiprocessing.compare.environment import Environment

__all__ = ["Surroundings", "load", "look"]


@dataclass(frozen=True)
class Surroundings:
    """What a reader of the figures has to know.

    Attributes:
        environment: the machine, the MPI, the versions, the date.
        cpu: its model.
        start_method: how the standard library starts a process here.
        peers: versions of the other libraries, by the names of their columns.
        load_before: how many processes wanted a core in the minute before the first measurement; -1 if unknown.
        load_after: likewise, before the last; the benchmark's own among them.
    """

    environment: Environment
    cpu: str
    start_method: str
    peers: tuple[tuple[str, str], ...]
    load_before: float
    load_after: float

    def facts(self) -> list[tuple[str, str]]:
        """What there is to say, with names."""
        return [
            ("MPI", self.environment.mpi),
            ("ranks", str(self.environment.ranks)),
            ("host", self.environment.host),
            ("system", self.environment.system),
            ("CPU", self.cpu),
            *self.environment.versions,
            *self.peers,
            ("multiprocessing starts by", self.start_method),
            ("load", f"{self.load_before:.1f} before, {self.load_after:.1f} at the end"),
            ("date", self.environment.date),
        ]


def look(ranks: int, columns: Iterable[Column], load_before: float) -> Surroundings:
    """Look around, when all is measured.

    Args:
        ranks: of the run.
        columns: that were measured.
        load_before: what `load` said at the beginning.

    Raises:
        MpiexecError: there is no mpiexec for this interpreter's mpi4py.
    """
    peers = tuple((column.name, column.version) for column in columns if column.version)
    return Surroundings(
        environment=environment.find(ranks),
        cpu=_cpu(),
        start_method=multiprocessing.get_start_method(),
        peers=peers,
        load_before=load_before,
        load_after=load(),
    )


def load() -> float:
    """How many processes wanted a core in the last minute; -1 where the system does not tell."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return -1.0


def _cpu() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"
