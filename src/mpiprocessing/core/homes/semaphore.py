"""The home of a semaphore; a lock is a semaphore of one unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mpiprocessing.core.homes.home import Home, Letter
from mpiprocessing.core.homes.permits import Permits, Purse
from mpiprocessing.core.homes.waitroom import WaitRoom
from mpiprocessing.core.messages import PermitAcquire, PermitAsk, PermitForce, PermitReturn

__all__ = ["SemaphoreHome", "SemaphoreStub"]


class SemaphoreHome(Home):
    """Units, and who waits for one.

    Args:
        number: the home's number.
        units: how many are free at first.
        limit: how many there may ever be; None for no limit.
    """

    def __init__(self, number: int, units: int, limit: int | None) -> None:
        super().__init__(number)
        self.permits = Permits(units, limit)

    def withdraw(self, call: int) -> tuple[bool, list[Letter]]:
        return self.permits.room.leave(call) is not None, []

    def rooms(self) -> Sequence[WaitRoom[Any]]:
        return (self.permits.room,)

    def stub_gone(self, stub: int) -> list[Letter]:
        return self.permits.stub_gone(stub)

    def statistics(self) -> dict[str, Any]:
        return {**super().statistics(), "free": self.permits.free, "waiting": len(self.permits.room)}

    def _acquire(self, message: PermitAcquire) -> list[Letter]:
        return self.permits.acquire(message)

    def _returned(self, message: PermitReturn) -> list[Letter]:
        return self.permits.returned(message)

    def _force(self, message: PermitForce) -> list[Letter]:
        return self.permits.force(message)

    def _ask(self, message: PermitAsk) -> list[Letter]:
        return self.permits.ask(message)

    verbs = {PermitAcquire: _acquire, PermitReturn: _returned, PermitForce: _force, PermitAsk: _ask}


class SemaphoreStub(Purse):
    """The units of the semaphore that are on this rank.

    Attributes:
        holder: the thread here that took a unit last; for `repr`.
    """

    holder: int | None = None
