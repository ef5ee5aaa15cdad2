"""Libraries that have ways of their own to many processes: each is led to ours when the program imports it.

- `multiprocess` (used by schwimmbad, pathos and others) is the standard library's module with another pickler. It becomes
  `multiprocessing`, whose names are ours; what plain pickle cannot carry, ours carries too.
- joblib's default backend, "loky", starts processes on one machine, from parts of `multiprocessing` that are ours now. The
  backend "mpi" (`joblib_backend`) takes its place, and that of "multiprocessing".
- `concurrent.futures.ProcessPoolExecutor` counts its workers by cores and files them by process ids, which workers that wait
  for a rank have not; ours (`executor`) takes its place.
- schwimmbad's `MPIPool` would talk over MPI with ranks that run no copy of the program. Ours (`mpipool`) takes its place.

All this is only so in a program that is run by `python -m mpiprocessing` without `--keep-multiprocessing`.
"""

from __future__ import annotations

from types import ModuleType

from mpiprocessing.core import importing
from mpiprocessing.mpipool import MPIPool

__all__ = ["lead"]


def lead() -> None:
    """Lead the libraries that we know to what is ours; nothing is imported for it."""
    importing.stand_in("multiprocess", "multiprocessing")
    importing.follow("joblib.parallel", _joblib)
    importing.follow("schwimmbad.mpi", _schwimmbad)
    importing.follow("concurrent.futures.process", _executor)


def _joblib(module: ModuleType) -> None:
    from mpiprocessing.clients import joblib_backend  # needs joblib, which the program has just imported

    if hasattr(joblib_backend, "take_over"):  # else it is what has imported joblib, and takes over at its end
        joblib_backend.take_over()


def _schwimmbad(module: ModuleType) -> None:
    module.MPIPool = MPIPool  # type: ignore[attr-defined]
    module.BasePool.register(MPIPool)


def _executor(module: ModuleType) -> None:
    from mpiprocessing.clients import executor  # derives from what the program has just imported

    executor.take_over()
