"""The launcher's variables are taken out of the environment once MPI is up: what a rank starts is no rank.

A launcher tells each rank by environment variables where to report and which rank it is. Whatever the program starts from there
inherits them: a `subprocess` that uses MPI, an `mpiexec` in a shell script, the standard library's own spawned children. It
would take itself for the rank that started it, and hang or end the job. MPI itself has read them when it has started.

Variables that only tell where a rank is stay (programs choose a GPU by the local rank), and those that hold settings.
"""

from __future__ import annotations

from collections.abc import MutableMapping

__all__ = ["drop_launchers"]

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

_SET_BY_LAUNCHER = ("OMPI_MCA_num_procs", "OMPI_MCA_initial_wdir", "OMPI_MCA_PREFIXES", "OMPI_MCA_ess")


def drop_launchers(environment: MutableMapping[str, str]) -> list[str]:
    """Take out what makes a process believe that it is a rank of this job.

    Args:
        environment: what is changed.

    Returns:
        The names that were taken out.
    """
    names = [
        name
        for name in environment
        if (name.startswith(_LAUNCHERS) and not name.startswith(_STAY)) or name.startswith(_SET_BY_LAUNCHER)
    ]
    for name in names:
        del environment[name]
    return names
