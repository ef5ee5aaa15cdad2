"""Every kind of message is sent by some scenario of the simulator, or in a real job by a test that is named here."""

from __future__ import annotations

import re
from pathlib import Path

from mpiprocessing.core.messages import MESSAGES
from tests.core.simulator import play
from tests.core.simulator.deaths import DEATHS
from tests.core.simulator.scenarios import SCENARIOS

ROOT = Path(__file__).resolve().parents[2]
MOST = 20  # schedules of each scenario

NOT_SIMULATED = {
    "DeadlockAsk": "tests/api/test_deadlock.py",
    "DeadlockTold": "tests/api/test_deadlock.py",
    "HomeDied": "tests/core/simulator/deaths.py",
    "HomeGone": "tests/core/simulator/deaths.py",
    "HostCancel": "tests/api/test_kinds.py",
    "HostNone": "tests/core/test_hosts.py",
    "JobEnd": "tests/core/test_recording.py",
    "JobEnded": "tests/core/test_recording.py",
    "JobLeave": "tests/api/test_faults.py",
    "LongFrame": "tests/mpi/test_transport.py",
    "OutputWritten": "tests/api/test_kinds.py",
    "ParentExited": "tests/api/test_kinds.py",
    "PipeUnreceive": "tests/core/test_homes.py",
    "PoolFailed": "tests/api/test_kinds.py",
    "PoolForget": "tests/api/test_kinds.py",
    "PoolWaiting": "tests/api/test_kinds.py",
    "RankGone": "tests/api/test_faults.py",
    "ReferentFailed": "tests/api/test_kinds.py",
    "ReferentShared": "tests/api/test_kinds.py",
    "ShareTake": "tests/api/test_kinds.py",
    "SignalsHeld": "tests/checkpoint/test_signals.py",
    "StackAsk": "tests/monitor/test_jobs.py",
    "StackTold": "tests/monitor/test_jobs.py",
    "StacksAsk": "tests/api/test_stacks.py",
    "StacksTell": "tests/api/test_stacks.py",
    "StatusAsk": "tests/monitor/test_jobs.py",
    "StatusTold": "tests/monitor/test_jobs.py",
    "StubRejoin": "tests/core/simulator/deaths.py",
}
"""Kinds that take a real job, or more luck than a schedule has, and the tests that send them."""

UNNAMED = {
    "DeadlockAsk",
    "DeadlockTold",
    "HomeDied",
    "HomeGone",
    "JobLeave",
    "LongFrame",
    "RankGone",
    "SignalsHeld",
    "StackAsk",
    "StackTold",
    "StacksAsk",
    "StacksTell",
    "StatusAsk",
    "StatusTold",
    "StubRejoin",
}
"""Those that the test does not call by name."""


def test_every_kind_is_sent_by_some_scenario() -> None:
    left = {kind.__name__ for kind in MESSAGES} - NOT_SIMULATED.keys()
    for seed in range(MOST):
        for scenario in (*SCENARIOS.values(), *DEATHS.values()):
            left -= play(scenario, seed).network.sent.keys()
        if not left:
            return
    raise AssertionError(f"no scenario sends {sorted(left)}")


def test_the_others_are_named_where_they_are_sent() -> None:
    kinds = {kind.__name__ for kind in MESSAGES}
    assert kinds >= NOT_SIMULATED.keys()
    for kind, file in NOT_SIMULATED.items():
        text = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"\b{kind}\b", text) or kind in UNNAMED, kind
