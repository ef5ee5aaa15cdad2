"""A death that MPI tells in the middle of a step is news of the rank that died, and the step goes on."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from mpiprocessing.core import payload
from mpiprocessing.core.failures import Failures
from mpiprocessing.core.messages import ParentExited
from mpiprocessing.core.runtime import Runtime
from mpiprocessing.core.transport import Transport

HERE, SIZE = 1, 3
PROC_FAILED, OTHER = 75, 16


class Failed(Exception):
    """What an operation raises."""

    def Get_error_class(self) -> int:
        kind: int = self.args[0]
        return kind


class World:
    """A communicator on which nothing that is sent is received, and some ranks die."""

    rank, size = HERE, SIZE

    def __init__(self) -> None:
        self.errors: dict[int, int] = {}  # rank → the error of what is on its way there
        self.known: list[int] = []  # ranks whose deaths were acknowledged

    def allgather(self, mine: Any) -> list[Any]:
        return [mine] * SIZE

    def Recv_init(self, *args: Any) -> Any:
        return SimpleNamespace(Start=lambda: None, Test=lambda status: False)

    def Issend(self, data: bytes, dest: int, tag: int) -> Any:
        def test() -> bool:
            if dest in self.errors:
                raise Failed(self.errors[dest])
            return False

        return SimpleNamespace(Test=test)

    def Ack_failed(self) -> None:
        self.known = [rank for rank, error in self.errors.items() if error == PROC_FAILED]

    def Get_failed(self) -> Any:
        return SimpleNamespace(size=len(self.known), Free=lambda: None)

    def Get_group(self) -> None:
        """All ranks."""


def mpi_of(world: World) -> Any:
    return SimpleNamespace(
        Exception=Failed,
        ERR_PROC_FAILED=PROC_FAILED,
        ERR_PROC_FAILED_PENDING=76,
        ERR_REVOKED=77,
        ERR_IN_STATUS=17,
        ERR_PENDING=18,
        ANY_SOURCE=-1,
        BYTE=None,
        Status=lambda: None,
        Group=SimpleNamespace(Translate_ranks=lambda failed, ranks, group: world.known),
    )


@pytest.fixture(params=[True, False], ids=["survives", "does not survive"])
def rank(request: Any) -> Iterator[tuple[Runtime, World]]:
    """The runtime of a rank from which something is on its way to each of the others."""
    world = World()
    MPI = mpi_of(world)
    failures = Failures(MPI, world, None) if request.param else None
    door: Any = SimpleNamespace(MPI=MPI, comm=world, failures=failures, box=None, job=0, probes=False)
    runtime = Runtime(Transport(door))
    for other in (0, 2):
        runtime.send(other, ParentExited(other))
    yield runtime, world
    payload.given_up.remove(runtime._given_up)


@pytest.mark.parametrize("rank", [True], indirect=True)
def test_a_death_that_is_met_while_a_deadlock_is_looked_for_is_told_after_the_step(rank) -> None:
    runtime, world = rank
    told: list[int] = []
    runtime.deaths.listeners.append(told.append)
    world.errors[2] = PROC_FAILED
    runtime.see_received([2, 0])
    assert not told and not runtime.node.dead
    runtime.look()
    assert told == [2] and set(runtime.node.dead) == {2}
    assert [runtime.transport.is_on_way(other) for other in (0, 2)] == [True, False]


def test_an_error_of_which_no_rank_has_died_is_raised(rank) -> None:
    runtime, world = rank
    world.errors[2] = OTHER
    with pytest.raises(Failed):
        runtime.see_received([0, 2])


@pytest.mark.parametrize("rank", [False], indirect=True)
def test_a_death_is_raised_where_the_job_does_not_survive_it(rank) -> None:
    runtime, world = rank
    world.errors[2] = PROC_FAILED
    with pytest.raises(Failed):
        runtime.see_received([0, 2])
