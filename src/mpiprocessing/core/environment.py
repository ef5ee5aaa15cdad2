"""The launcher's variables are taken out of the environment once MPI is up: what a rank starts is no rank.

A launcher tells each rank by environment variables where to report and which rank it is. Whatever the program starts from there
inherits them: a `subprocess` that uses MPI, an `mpiexec` in a shell script, the standard library's own spawned children. It
would take itself for the rank that started it, and hang or end the job. MPI itself has read them when it has started.

Variables that only tell where a rank is stay (programs choose a GPU by the local rank), and those that hold settings.

What is left is the rank's own environment, which differs from rank to rank: only what a process changes in it travels to its
children, and is undone on a rank when its child has ended.
"""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = [
    "DEADLOCK",
    "GRACE",
    "ON_DEATH",
    "STATISTICS",
    "TRACE",
    "changes",
    "drop_launchers",
    "is_launched",
    "restore",
    "settle",
]

STATISTICS = "MPIPROCESSING_STATISTICS"
"""Environment variable: a file that rank 0 writes the job's figures to, as JSON."""

TRACE = "MPIPROCESSING_TRACE"
"""Environment variable: a file name; every rank writes its events to it, with its rank as suffix."""

ON_DEATH = "MPIPROCESSING_ON_DEATH"
"""Environment variable: what pools do with tasks whose worker's rank has died: "rerun" or "raise"."""

DEADLOCK = "MPIPROCESSING_DEADLOCK"
"""Environment variable: "off", or for how many seconds rank 0 waits before it asks whether anybody can still go on."""

GRACE = "MPIPROCESSING_GRACE"
"""Environment variable: for how many seconds tasks may go on when a signal has stopped a call with a checkpoint."""

_LAUNCHERS = (
    "PMI_",
    "PMI2_",
    "PMIX_",
    "PALS_",
    "HYDI_",
    "HYDRA_",
    "OMPI_",
    "OPAL_",
    "PRTE_",
    "MPI_LOCALNRANKS",
)
"""How the names begin that MPICH's, Open MPI's and Cray's launchers set."""

_STAY = (
    *("OMPI_MCA_", "PRTE_MCA_", "PMIX_MCA_", "OMPI_ALLOW_RUN_AS_ROOT"),  # settings
    *("OMPI_COMM_WORLD_LOCAL_", "OMPI_COMM_WORLD_RANK", "PALS_LOCAL_RANKID"),  # where this rank is
)

_SET_BY_LAUNCHER = (
    "OMPI_MCA_num_procs",
    "OMPI_MCA_initial_wdir",
    "OMPI_MCA_PREFIXES",
    "OMPI_MCA_ess",
    "OMPI_MCA_mpi_ft_enable",
    "MPIPROCESSING_BLACK_BOX",
    "MPIPROCESSING_STDIN",
)


def drop_launchers(environment: MutableMapping[str, str]) -> list[str]:
    """Take out what makes a process believe that it is a rank of this job.

    Args:
        environment: what is changed.

    Returns:
        The names that were taken out.
    """
    names = [name for name in environment if _is_launchers(name)]
    for name in names:
        del environment[name]
    return names


def is_launched() -> bool:
    """Whether a launcher has started this process, before `settle`."""
    return any(_is_launchers(name) or name == "SLURM_STEP_ID" for name in os.environ)


def _is_launchers(name: str) -> bool:
    return name.startswith(_SET_BY_LAUNCHER) or (name.startswith(_LAUNCHERS) and not name.startswith(_STAY))


_at_start = dict(os.environ)


def settle() -> None:
    """MPI is up: from here on the environment is this rank's own."""
    drop_launchers(os.environ)
    _at_start.clear()
    _at_start.update(os.environ)


def changes() -> dict[str, str | None]:
    """What the process on this rank has changed in its environment; None for what it has taken out."""
    now = dict(os.environ)
    return {
        name: now.get(name) for name in now.keys() | _at_start.keys() if now.get(name) != _at_start.get(name)
    }


def restore() -> None:
    """The process has ended: its changes are undone."""
    changed = changes()
    for name in changed:
        if name in _at_start:
            os.environ[name] = _at_start[name]
        else:
            del os.environ[name]
    if "TZ" in changed:
        time.tzset()
