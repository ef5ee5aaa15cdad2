"""Random programs in random orders: who is said to wait for ever does, and whoever does is said to.

MPIPROCESSING_SCHEDULES=5000 plays that many; `python -m tests.watch.mpi_in_memory --seconds 600` as many as there is time for.
"""

from __future__ import annotations

import os
import random

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.watch.drawn import draw, is_undecided
from tests.watch.mpi_in_memory import play

SCHEDULES = int(os.environ.get("MPIPROCESSING_SCHEDULES", "400"))


@settings(
    max_examples=SCHEDULES,
    deadline=None,
    print_blob=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),  # a smaller seed is not a simpler schedule
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**32 - 1))
def test_no_false_alarm_and_no_deadlock_missed(seed: int) -> None:
    programs = draw(random.Random(seed))
    played = play(programs, seed)  # checks that who was reported does not move any more
    if played.reported is None:
        assert not played.stuck or is_undecided(programs)
    else:
        assert played.reported <= played.stuck
