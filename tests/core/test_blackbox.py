"""The black box in rank 0's memory is opened by its name: the same numbers lead to other files on another host."""

from __future__ import annotations

import os

import pytest

from mpiprocessing.core.blackbox import NOWHERE, BlackBox


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="no files in memory here")
def test_only_the_box_of_this_job_is_taken() -> None:
    mine, other = BlackBox.made(2), BlackBox.made(2)
    try:
        box = BlackBox.of_rank_0(mine)
        assert box is not None
        box.sign(1)
        assert box.pid_of(1) == os.getpid()
        pid, _, name = mine
        assert BlackBox.of_rank_0((pid, other[1], name)) is None
        assert BlackBox.of_rank_0(NOWHERE) is None
    finally:
        os.close(mine[1])
        os.close(other[1])
