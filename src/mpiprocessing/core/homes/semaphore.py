"""The home of a semaphore; a lock is a semaphore of one unit, and may have sleepers.

Where a release by somebody who holds no unit can fail (`BoundedSemaphore`, `Lock`) it is a request, `PermitForce`. Where there
is room in any case it is a notice, `PermitPost`: a semaphore that one process raises and another takes costs the first one
message and no wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mpiprocessing.core.homes.condition import Monitor
from mpiprocessing.core.homes.home import Home, Letter
from mpiprocessing.core.homes.purse import Purse
from mpiprocessing.core.homes.waitroom import WaitRoom
from mpiprocessing.core.messages import (
    ConditionAsk,
    ConditionLate,
    ConditionNotify,
    ConditionWait,
    PermitAcquire,
    PermitAsk,
    PermitForce,
    PermitPost,
    PermitReturn,
    Wanted,
    Withdrawn,
    maker,
)

__all__ = ["SemaphoreHome", "SemaphoreStub"]


class SemaphoreHome(Home):
    """Units, who waits for one, and who sleeps until notified.

    Args:
        number: the home's number.
        units: how many are free at first.
        limit: how many there may ever be.
    """

    def __init__(self, number: int, units: int, limit: int) -> None:
        super().__init__(number)
        self.permits = Monitor(units, limit)

    def withdraw(self, call: int) -> tuple[bool, list[Letter]]:
        return self.permits.withdraw(call)

    def _give_up_for(self, stub: int) -> list[Letter]:
        return [(maker(call), Withdrawn(call)) for call in self.permits.leave_from(stub)]

    def stub_gone(self, stub: int) -> list[Letter]:
        return self.permits.stub_gone(stub)

    def stub_died(self, stub: int) -> list[Letter]:
        return self.permits.stub_died(stub)

    def rooms(self) -> Sequence[WaitRoom[Any]]:
        return self.permits.rooms()

    def expect_deaths(self) -> None:
        self.permits.lasting = False

    def statistics(self) -> dict[str, Any]:
        permits = self.permits
        counts = {"free": permits.free, "waiting": len(permits.room), "sleeping": permits.sleeping()}
        return {**super().statistics(), **counts}

    def holders(self) -> tuple[list[int], list[int]]:
        return self.permits.holders()

    def waits(self) -> list[Wanted]:
        return self.permits.waits("", "could release", "holds")

    def _acquire(self, message: PermitAcquire) -> list[Letter]:
        return self.permits.acquire(message)

    def _returned(self, message: PermitReturn) -> list[Letter]:
        return self.permits.returned(message)

    def _post(self, message: PermitPost) -> list[Letter]:
        return self.permits.post()

    def _force(self, message: PermitForce) -> list[Letter]:
        return self.permits.force(message)

    def _ask(self, message: PermitAsk) -> list[Letter]:
        return self.permits.ask(message)

    def _sleep(self, message: ConditionWait) -> list[Letter]:
        return self.permits.sleep(message)

    def _late(self, message: ConditionLate) -> list[Letter]:
        return self.permits.late(message)

    def _notify(self, message: ConditionNotify) -> list[Letter]:
        return self.permits.notify(message)

    def _asleep(self, message: ConditionAsk) -> list[Letter]:
        return self.permits.asleep(message)

    verbs = {
        PermitAcquire: _acquire,
        PermitReturn: _returned,
        PermitPost: _post,
        PermitForce: _force,
        PermitAsk: _ask,
        ConditionWait: _sleep,
        ConditionLate: _late,
        ConditionNotify: _notify,
        ConditionAsk: _asleep,
    }


class SemaphoreStub(Purse):
    """The units of the semaphore that are on this rank, and who holds them.

    Attributes:
        holder: the thread here that took a unit last, while it has it.
        depth: how often the holder of a recursive lock has taken it; of anything else, and without a holder, 1.
        orphaned: this process was told that the holder is dead, and may release in its place.
    """

    called = "lock or semaphore"
    holding = (
        "held the lock or semaphore that this process waits for: see to what it guards, then call release() once in its place, "
        "and it can be taken again"
    )

    def __init__(self, home: int, number: int, rank: int) -> None:
        super().__init__(home, number, rank)
        self.holder: int | None = None
        self.depth = 1
        self.orphaned = False
        self._excused: dict[int, int] = {}  # thread → releases of a lock that it did not get back

    @property
    def taken(self) -> int:
        """How many units threads of this process have taken."""
        return self.in_use - len(self.at_hand)

    def held_by(self, thread: int | None, depth: int = 1) -> None:
        """A unit was taken by that thread; None where the last one is given back."""
        self.holder, self.depth = thread, depth

    def sleeping(self, home: int, number: int, seq: int, call: int, condition: int) -> ConditionWait:
        """The request of a holder that goes to sleep, made at the moment it is sent: whatever is here goes home."""
        self.held_by(None)
        self.gather()
        self.keep = False
        units, self.unused = 1 + self.unused, 0
        self.in_use -= 1
        return ConditionWait(home, number, seq, call, condition, units, self.in_use, self.received)

    def excuse(self, thread: int, depth: int) -> None:
        """The thread leaves a wait without the lock, because its process ends: its releases on the way out are void."""
        self._excused[thread] = depth

    def excused(self, thread: int) -> bool:
        """Whether a release by that thread is void; each is so once."""
        left = self._excused.get(thread, 0)
        if left > 1:
            self._excused[thread] = left - 1
        elif left:
            del self._excused[thread]
        return left > 0
