"""MPICH's way over the network: the one that loses no message.

MPICH 5.0.2 built for UCX and OFI takes UCX, and between hosts a receive from any source that is posted there misses messages:
a loop of plain mpi4py that receives 300 short ones from each of three ranks stops after a few, with posted and with persistent
receives, one rank a host or several. With OFI all arrive, and so they do where UCX is asked by `MPI_Improbe`. On one host
nothing travels there. So jobs of several hosts take OFI; where MPICH has UCX only, or the user asks for it, frames are
probed for.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = ["NETMOD", "choose", "must_probe"]

NETMOD = "MPIR_CVAR_CH4_NETMOD"
"""Environment variable of MPICH: which of its ways over the network it takes."""


def _ways(library: str) -> list[str]:
    """Which MPICH has, the first being its own choice; none for another library."""
    for line in library.splitlines():
        name, _, device = line.partition(":")
        if name == "MPICH Device":
            kind, _, ways = device.strip().partition(":")
            return ways.replace(",", " ").split() if kind == "ch4" else []
    return []


def _on_one_host(environ: MutableMapping[str, str]) -> bool:
    """Whether the launcher says so: the same answer on every rank."""
    size, local = environ.get("PMI_SIZE", ""), environ.get("MPI_LOCALNRANKS", "")
    if size and local:
        return size == local
    return environ.get("SLURM_STEP_NUM_NODES", environ.get("SLURM_NNODES", "1")) == "1"


def choose(library: str, environ: MutableMapping[str, str] = os.environ) -> None:
    """Before MPI starts: have MPICH take OFI where it has it, the job spans hosts, and the user has not chosen.

    Args:
        library: what MPI says of itself.
        environ: what is changed.
    """
    ways = _ways(library)
    if "ofi" in ways and "ucx" in ways and not environ.get(NETMOD) and not _on_one_host(environ):
        environ[NETMOD] = "ofi"


def must_probe(library: str, environ: MutableMapping[str, str] = os.environ) -> bool:
    """Whether frames must be probed for, as posted receives from any source may miss some.

    Args:
        library: what MPI says of itself.
        environ: the environment with which it was started.
    """
    ways = _ways(library)
    chosen = environ.get(NETMOD, "")
    taken = chosen if chosen in ways else next(iter(ways), "")
    return taken == "ucx" and not _on_one_host(environ)
