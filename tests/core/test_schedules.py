"""Random programs on a simulated network, in random orders of events: what must hold, holds in all of them.

MPIPROCESSING_SCHEDULES=5000 plays that many schedules of each scenario; without it few enough for every run of the suite. A
failure names its seed: `python -m tests.core.simulator SCENARIO --seed N --replay` prints every message of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.core.simulator import Failure, World, play
from tests.core.simulator.deaths import DEATHS
from tests.core.simulator.scenarios import SCENARIOS, UNSOLVED

SCHEDULES = int(os.environ.get("MPIPROCESSING_SCHEDULES", "100"))

Scenario = Callable[[World], None]

seeds = st.integers(0, 2**32 - 1)


def schedules(scenario: Scenario) -> settings:
    """How many schedules: of those in which ranks die, which are many scenarios, a quarter."""
    return settings(
        max_examples=SCHEDULES if scenario not in DEATHS.values() else max(SCHEDULES // 4, 1),
        deadline=None,
        print_blob=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),  # a smaller seed is not a simpler schedule
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_holds_in_every_order(scenario: Scenario) -> None:
    @schedules(scenario)
    @given(seed=seeds)
    def run(seed: int) -> None:
        play(scenario, seed)

    run()


def fails_somewhere(scenario: Scenario, schedules: int = 150) -> Failure | None:
    for seed in range(schedules):
        try:
            play(scenario, seed)
        except Failure as failure:
            return failure
    return None


@pytest.mark.slow
@pytest.mark.parametrize("scenario", UNSOLVED.values(), ids=UNSOLVED.keys())
@pytest.mark.xfail(strict=False, reason="found by the simulator, see the scenario")
def test_will_hold(scenario: Scenario) -> None:
    failure = fails_somewhere(scenario)
    assert failure is None, str(failure)


def test_order_of_effects_needs_frames_that_wait_for_buffers() -> None:
    """Why a transport must not hand out a frame while the buffers of an earlier frame of any rank are missing."""
    failures = 0
    for seed in range(60):
        try:
            play(SCENARIOS["order"], seed, buffers_overtaken=True)
        except Failure:
            failures += 1
    assert failures
