"""The columns: which libraries do the works, and how a programme of each is started.

multiprocessing           python                        play.py, programmes with_multiprocessing
mpiprocessing    mpiexec  python -m mpiprocessing       the same
mpi4py           mpiexec  python                        play.py on every rank, programmes with_mpi4py
the peers        by the way each of them is started
"""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from typing import Literal

__all__ = ["BARE", "COLUMNS", "OURS", "PEERS", "STDLIB", "Column", "column_of"]

Start = Literal["python", "mpiexec", "every rank"]
"""By a plain interpreter; by mpiexec, where one rank plays; by mpiexec, where all ranks play together."""


@dataclass(frozen=True)
class Column:
    """A library that does works.

    Attributes:
        name: as it is shown.
        programs: how its files in works/ are called.
        start: how they are started.
        switches: what follows the interpreter, before play.py.
        package: what must be installed, besides mpiprocessing.
        peer: whether it is measured only where peers are asked for.
    """

    name: str
    programs: str
    start: Start
    switches: tuple[str, ...] = ()
    package: str = ""
    peer: bool = False

    @property
    def version(self) -> str | None:
        """Of its package; "" where it needs none, None where it is not installed."""
        if not self.package:
            return ""
        try:
            return importlib.metadata.version(self.package)
        except importlib.metadata.PackageNotFoundError:
            return None


STDLIB, OURS, BARE = "multiprocessing", "mpiprocessing", "mpi4py"

_FUTURES = ("-m", "mpi4py.futures")

COLUMNS = (
    Column(STDLIB, "with_multiprocessing", "python"),
    Column(OURS, "with_multiprocessing", "mpiexec", ("-m", "mpiprocessing")),
    Column(BARE, "with_mpi4py", "every rank"),
    Column("MPIPoolExecutor", "with_mpi4py_futures", "mpiexec", _FUTURES, "mpi4py", peer=True),
    Column("mpi4py.util.pool", "with_mpi4py_util_pool", "mpiexec", _FUTURES, "mpi4py", peer=True),
    Column("mpi4py.util.sync", "with_mpi4py_util_sync", "every rank", (), "mpi4py", peer=True),
    Column("schwimmbad", "with_schwimmbad", "mpiexec", (), "schwimmbad", peer=True),
    Column("mpipool", "with_mpipool", "mpiexec", (), "mpipool", peer=True),
    Column("joblib", "with_joblib", "python", (), "joblib", peer=True),
    Column("loky", "with_loky", "python", (), "loky", peer=True),
)
"""In the order in which they are shown."""

PEERS = tuple(column.name for column in COLUMNS if column.peer)


def column_of(name: str) -> Column:
    """The column of a name."""
    return next(column for column in COLUMNS if column.name == name)
