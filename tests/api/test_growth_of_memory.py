"""Nothing of what a process does stays behind: blocks that Python has allocated, handles, before and after many operations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

SOAK = Path(__file__).resolve().parents[1] / "soak.py"

NOISE = 60
"""Blocks that come and go: what was printed, measured, cached."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("operations", "kinds"),
    [
        (500, ["pipe", "queue", "bounded"]),
        (200, ["lock", "rlock", "semaphore", "condition", "event", "barrier"]),
        (500, ["value", "objects", "dict"]),
        (500, ["apply", "map", "imap", "crowd"]),
        (150, ["process"]),
    ],
)
def test_memory_does_not_grow(launch, operations, kinds):
    done = launch(["-m", "mpiprocessing", str(SOAK), "--operations", str(operations), *kinds], ranks=4)
    assert done.status == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["kind"] for one in found] == kinds
    for one in found:
        _warm_up, first, *_, last = one["blocks"]
        for before, after in zip(first, last, strict=True):
            # A single object that stays behind after every operation would be several times that many.
            assert after - before < operations + NOISE, one
        for before, after in zip(one["handles"][1], one["handles"][-1], strict=True):
            assert after <= before + 2, one  # one that is on its way home
