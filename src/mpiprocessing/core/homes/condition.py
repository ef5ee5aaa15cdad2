"""The units of a lock whose holders may sleep: a monitor, with a room of sleepers for each condition variable.

    sleeper                     home                        notifier
      │──── ConditionWait ───────▶│                             │      gives the lock back and sleeps, in one step
      │                           │◀──── PermitAcquire ─────────│
      │                           │───── PermitAcquired ───────▶│
      │                           │◀──── ConditionNotify ───────│      the sleeper goes to those who wait for the lock
      │                           │◀──── PermitReturn ──────────│
      │◀─── ConditionWaited ──────│                             │      awake, with the lock

A wait takes two messages, the lock's release and return included, and a notify one. Nobody is woken to find the lock taken:
a sleeper that is notified waits for the lock like anybody else, and hears of both at once.

A condition is a number that the lock's home has rooms for while somebody sleeps there; it has no home of its own. So several
conditions may share a lock, and what happens to the lock and to its sleepers happens in one order.

A sleeper whose time is over does not withdraw: it says `ConditionLate`, and waits for the lock like one that was notified.
Where it had been notified before, that stands. A sleeper that withdraws (a signal ended its wait) goes without the lock; if it
had been notified, the next one is in its place, so that no notification is lost.
"""

from __future__ import annotations

from typing import Any

from mpiprocessing.core.homes.home import Letter
from mpiprocessing.core.homes.permits import Permits
from mpiprocessing.core.homes.waitroom import WaitRoom
from mpiprocessing.core.messages import (
    ConditionAsk,
    ConditionLate,
    ConditionNotify,
    ConditionTold,
    ConditionWait,
    ConditionWaited,
    PermitAcquire,
    PermitAcquired,
    Wanted,
    maker,
)

__all__ = ["Monitor"]


class Monitor(Permits):
    """The units of a lock, and who sleeps on which of its conditions.

    Args:
        units: how many are free at first.
        limit: how many there may ever be.
    """

    def __init__(self, units: int, limit: int) -> None:
        super().__init__(units, limit)
        self._sleepers: dict[int, WaitRoom[ConditionWait]] = {}  # conditions on which somebody sleeps
        self._late: set[int] = set()  # calls that wait for the lock again without having been notified

    def sleep(self, message: ConditionWait) -> list[Letter]:
        """A holder gives back what it has and sleeps."""
        self._sleepers.setdefault(message.condition, WaitRoom()).enter(message)
        self._take(message.stub, message.units)
        self.free += message.units
        if message.received == self._granted.get(message.stub, 0):
            self._keeps_nothing(message.stub)
        return self.settle()

    def notify(self, message: ConditionNotify) -> list[Letter]:
        """Some who sleep, those that came first, wait for the lock from now on."""
        self._wake(message.condition, message.count)
        return self.settle()

    def late(self, message: ConditionLate) -> list[Letter]:
        """A sleeper's time is over."""
        sleeper = self._leave(message.condition, message.sleeper)
        if sleeper is None:
            return []  # notified before, and on its way back
        self._late.add(sleeper.call)
        self.room.enter(sleeper)
        return self.settle()

    def asleep(self, message: ConditionAsk) -> list[Letter]:
        """Somebody wants to know how many sleep on a condition."""
        sleeping = len(self._sleepers.get(message.condition, ()))
        return [(maker(message.call), ConditionTold(message.call, sleeping))]

    def withdraw(self, call: int) -> tuple[bool, list[Letter]]:
        """Somebody gives up a call, whatever it waits for. Returns whether it did, and what others are to be told."""
        if any(self._leave(condition, call) for condition in list(self._sleepers)):
            return True, []
        request = self.room.leave(call)
        if request is None:
            return False, []
        self._pass_on(request)
        return True, self.settle()

    def leave_from(self, stub: int) -> list[int]:
        """A process has ended: its calls wait no longer. Returns them."""
        calls = []
        for condition, room in list(self._sleepers.items()):
            calls += [sleeper.call for sleeper in room.leave_from(stub)]
            self._tidy(condition)
        for request in self.room.leave_from(stub):
            calls.append(request.call)
            self._pass_on(request)
        return calls

    def rooms(self) -> tuple[WaitRoom[Any], ...]:
        """Where calls wait, for a unit or for a notification."""
        return (self.room, *self._sleepers.values())

    def waits(self, what: str, act: str, does: str) -> list[Wanted]:
        sleepers = [call for room in self._sleepers.values() for call in room]
        asleep = [Wanted(call, "a notification of", "could notify", "") for call in sleepers]
        return super().waits(what, act, does) + asleep

    def sleeping(self) -> int:
        """How many sleep, on whatever condition."""
        return sum(len(room) for room in self._sleepers.values())

    def _give_up(self) -> list[int]:
        calls = super()._give_up()
        for room in self._sleepers.values():  # nobody can take the lock to notify them
            calls += [sleeper.call for sleeper in room.everybody()]
        self._sleepers.clear()
        self._late.clear()
        return calls

    def _wake(self, condition: int, count: int) -> None:
        room = self._sleepers.get(condition)
        if room is not None:
            for _ in range(min(count, len(room))):
                self.room.enter(room.next())
        self._tidy(condition)

    def _pass_on(self, request: PermitAcquire | ConditionWait) -> None:
        """One that had been notified does not come back: the next one does."""
        if isinstance(request, PermitAcquire):
            return
        if request.call in self._late:
            self._late.remove(request.call)
        else:
            self._wake(request.condition, 1)

    def _leave(self, condition: int, call: int) -> ConditionWait | None:
        room = self._sleepers.get(condition)
        sleeper = None if room is None else room.leave(call)
        self._tidy(condition)
        return sleeper

    def _tidy(self, condition: int) -> None:
        if not self._sleepers.get(condition, True):
            del self._sleepers[condition]

    def _granted_to(
        self, request: PermitAcquire | ConditionWait, units: int, keep: bool, run: bool
    ) -> PermitAcquired:
        if isinstance(request, PermitAcquire):
            return super()._granted_to(request, units, keep, run)
        notified = request.call not in self._late
        self._late.discard(request.call)
        return ConditionWaited(request.call, units, keep, run, notified)
