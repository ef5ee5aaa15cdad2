"""What the launcher told this process, by its environment variables: which rank it is meant to be, and of how many.

What MPI itself says is another matter: where the two differ, MPI and the launcher have not met.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Launched", "launched"]


@dataclass(frozen=True)
class Launched:
    """What a launcher says of itself.

    Attributes:
        by: "PMI" (MPICH, Intel, `srun --mpi=pmi2`), "PMIx" (Open MPI, `srun --mpi=pmix`), "PALS" (Cray), "srun" (a step of
            Slurm's that offers nothing), "" where no launcher has started this process.
        rank: the rank that it is meant to be, -1 if unknown.
        size: of how many, 0 if unknown.
        slurm: whether a step of Slurm's is part of it.
    """

    by: str = ""
    rank: int = -1
    size: int = 0
    slurm: bool = False

    def __bool__(self) -> bool:
        """Whether this process was started by a launcher, as one of its ranks."""
        return bool(self.by)


_RANKS = ("PMI_RANK", "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PALS_RANKID")
_SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "PALS_SIZE")
_STEP = ("SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", "SLURM_NPROCS")


def launched(environ: Mapping[str, str]) -> Launched:
    """Read what the launcher says.

    Args:
        environ: the environment that this process was started with.

    Returns:
        What it says; a shell that Slurm has given to somebody (`srun --pty`, `salloc`) is no launcher.
    """
    slurm = "SLURM_STEP_ID" in environ and "SLURM_PROCID" in environ
    by = (
        "PMI"
        if "PMI_RANK" in environ or "PMI_ID" in environ
        else "PMIx"
        if "PMIX_RANK" in environ
        else "PALS"
        if "PALS_RANKID" in environ
        else ""
    )
    rank, size = _first(environ, _RANKS), _first(environ, _SIZES)
    if slurm:
        rank = _first(environ, ("SLURM_PROCID",)) if rank is None else rank
        size = _first(environ, _STEP) if size is None else size
    if not by and slurm and (size or 0) > 1:
        by = "srun"
    if not by:
        return Launched()
    return Launched(by, -1 if rank is None else rank, size or 0, slurm)


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> int | None:
    return next((int(environ[name]) for name in names if environ.get(name, "").isdecimal()), None)
