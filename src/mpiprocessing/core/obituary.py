"""Deaths in words: the errors of calls that get no answer because a rank has died; they name object, rank and way out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpiprocessing.core.errors import HolderDied, HomeLost, PeerLost, WorkerDied
from mpiprocessing.core.homes.pipe import PipeStub
from mpiprocessing.core.homes.semaphore import SemaphoreStub
from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.homes.telling import ReferentStub
from mpiprocessing.core.messages import Bereft, HomeDied

__all__ = ["Facts", "bereft", "home_lost"]

Facts = Callable[[int], dict[str, Any]]
"""What is known of a dead rank: `host`, `signal`, `process`, as `WorkerDied` takes them."""


def home_lost(stub: Stub, facts: Facts) -> WorkerDied:
    """The error of a call whose object was lost.

    Args:
        stub: stands for it.
        facts: tells about dead ranks.
    """
    assert stub.lost is not None
    kind = PeerLost if isinstance(stub, PipeStub | ReferentStub) else HomeLost
    lost = f"kept the {stub.called} that is used here: it is lost, with what was in it; let rank 0 make what others share"
    return _error(kind, stub.lost, lost, facts)


def bereft(reply: Bereft, stub: Stub, facts: Facts) -> WorkerDied:
    """The error of a call that got `reply` instead of an answer.

    Args:
        reply: says which rank is dead.
        stub: stands for the object that was called.
        facts: tells about dead ranks.
    """
    if stub.lost is not None:
        return home_lost(stub, facts)
    if isinstance(reply, HomeDied):
        return _error(
            HomeLost, reply.rank, f"was to pass this call of the {stub.called} on; make it again", facts
        )
    if isinstance(stub, SemaphoreStub):
        stub.orphaned = True
    return _error(HolderDied, reply.rank, stub.holding, facts)


def _error(kind: type[WorkerDied], rank: int, what: str, facts: Facts) -> WorkerDied:
    known = facts(rank)
    host, process = known.get("host"), known.get("process")
    where = f" on {host}" if host else ""
    ran = f"{process} on " if process else ""
    return kind(f"{ran}rank {rank}{where} is dead, and {what}", rank, **known)
