"""Which variables are a launcher's, and which are settings that somebody has made for all his jobs."""

from __future__ import annotations

import os

import pytest

from mpiprocessing.core.environment import drop_launchers, is_launched


@pytest.mark.parametrize(
    ("variables", "launched"),
    [
        ({}, False),
        (
            {
                "OMPI_MCA_btl": "tcp,self",
                "OMPI_ALLOW_RUN_AS_ROOT": "1",
                "PRTE_MCA_rmaps_default": ":oversubscribe",
            },
            False,
        ),
        ({"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "0"}, True),
        ({"PMIX_RANK": "0"}, True),
        ({"PMI_RANK": "0"}, True),
        ({"SLURM_STEP_ID": "0"}, True),
    ],
)
def test_settings_are_no_launcher(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], launched: bool
) -> None:
    monkeypatch.setattr(os, "environ", {"HOME": "/home/me", **variables})
    assert is_launched() is launched


def test_what_says_where_a_rank_is_stays_and_so_do_settings() -> None:
    environment = {
        "OMPI_COMM_WORLD_LOCAL_RANK": "1",
        "OMPI_MCA_btl": "tcp,self",
        "OMPI_MCA_num_procs": "4",
        "PMIX_RANK": "3",
    }
    assert sorted(drop_launchers(environment)) == ["OMPI_MCA_num_procs", "PMIX_RANK"]
    assert sorted(environment) == ["OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_MCA_btl"]
