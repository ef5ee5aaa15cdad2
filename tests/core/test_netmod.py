"""Which way over the network MPICH takes, and where frames are probed for."""

from __future__ import annotations

import pytest

from mpiprocessing.core.netmod import NETMOD, choose, must_probe

BOTH = "MPICH Version: 5.0.2\nMPICH Device: ch4:ucx ofi\nMPICH CC: cc\n"
ONLY_UCX = "MPICH Version: 5.0.2\nMPICH Device: ch4:ucx\n"
ONLY_OFI = "MPICH Version: 4.3.2\nMPICH Device: ch4:ofi\n"
OPEN_MPI = "Open MPI v5.0.11, package: Open MPI"

TWO_HOSTS = {"PMI_SIZE": "4", "MPI_LOCALNRANKS": "2"}
ONE_HOST = {"PMI_SIZE": "4", "MPI_LOCALNRANKS": "4"}


@pytest.mark.parametrize(
    ("library", "environ", "netmod", "probes"),
    [
        (BOTH, TWO_HOSTS, "ofi", False),
        (BOTH, ONE_HOST, None, False),
        (BOTH, TWO_HOSTS | {NETMOD: "ucx"}, "ucx", True),
        (BOTH, {"PMI_SIZE": "4", "SLURM_NNODES": "2"}, "ofi", False),
        (BOTH, {"PMI_SIZE": "4", "SLURM_NNODES": "2", "SLURM_STEP_NUM_NODES": "1"}, None, False),
        (ONLY_UCX, TWO_HOSTS, None, True),
        (ONLY_UCX, ONE_HOST, None, False),
        (ONLY_OFI, TWO_HOSTS, None, False),
        (OPEN_MPI, TWO_HOSTS, None, False),
        (BOTH, {}, None, False),
    ],
)
def test_jobs_of_several_hosts_take_a_way_that_loses_nothing(
    library: str, environ: dict[str, str], netmod: str | None, probes: bool
) -> None:
    environ = dict(environ)
    choose(library, environ)
    assert environ.get(NETMOD) == netmod
    assert must_probe(library, environ) is probes
