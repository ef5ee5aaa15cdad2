"""Random programs on shared objects, each with what must be true of it in every order of events.

A scenario draws its shape (how many processes, of what kind, how hasty) from its world, runs, and asserts. What the processes
saw is kept in `World.notes`, which they all share: they are threads of one Python process, although they talk by messages.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.core.simulator.channels import (
    joinable,
    order,
    order_while_moving,
    pipe,
    put_after_a_join,
    queue,
    undelivered,
)
from tests.core.simulator.deaths import DEATHS
from tests.core.simulator.effects import (
    free_before_joined,
    written_before_barrier,
    written_before_force,
    written_before_release,
)
from tests.core.simulator.ends import (
    broken_before_told,
    broken_before_told_elsewhere,
    ended_before_told,
    ended_before_told_elsewhere,
    manager_ended_before_told,
)
from tests.core.simulator.farm import children, deaths_farm, farm, left_threads, vanish
from tests.core.simulator.gates import barrier, barrier_terminated, forced, lock, semaphore
from tests.core.simulator.memory import memory_counted, memory_iterated, memory_passed_on, memory_slices
from tests.core.simulator.questions import questions
from tests.core.simulator.referents import referents, referents_counted, referents_lost
from tests.core.simulator.sleepers import (
    condition,
    event,
    left_sleeper,
    set_before_told,
    tokens,
    written_before_post,
)
from tests.core.simulator.standstills import standstill
from tests.core.simulator.told import (
    flushed_before_told,
    put_back_before_told,
    put_before_orphaned,
    put_between_gets,
)
from tests.core.simulator.world import World

__all__ = ["SCENARIOS", "UNSOLVED"]

SCENARIOS: dict[str, Callable[[World], None]] = {
    scenario.__name__: scenario
    for scenario in (
        queue,
        put_after_a_join,
        joinable,
        pipe,
        order,
        order_while_moving,
        undelivered,
        questions,
        written_before_release,
        written_before_force,
        written_before_barrier,
        free_before_joined,
        broken_before_told,
        ended_before_told,
        manager_ended_before_told,
        flushed_before_told,
        put_back_before_told,
        put_before_orphaned,
        put_between_gets,
        lock,
        semaphore,
        forced,
        barrier,
        barrier_terminated,
        tokens,
        condition,
        left_sleeper,
        event,
        set_before_told,
        written_before_post,
        memory_counted,
        memory_slices,
        memory_passed_on,
        memory_iterated,
        referents,
        referents_lost,
        referents_counted,
        children,
        farm,
        deaths_farm,
        left_threads,
        vanish,
        standstill,
    )
} | DEATHS
"""What holds in every order of events."""

UNSOLVED: dict[str, Callable[[World], None]] = {
    scenario.__name__: scenario for scenario in (broken_before_told_elsewhere, ended_before_told_elsewhere)
}
"""What ought to hold, and does not yet."""
