"""The home of an event: a flag, and who waits for it.

each process                home
  │──── EventWait ───────────▶│      answered when the flag is set; at once where the caller does not want to wait
  │                           │◀──── EventSet ────── any process
  │◀─── EventWaited ──────────│      to all who wait
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mpiprocessing.core.homes.home import Home, Letter
from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.homes.waitroom import WaitRoom
from mpiprocessing.core.messages import EventClear, EventSet, EventWait, EventWaited, Wanted, maker

__all__ = ["EventHome", "EventStub"]


class EventStub(Stub):
    """What stands for an event."""

    called = "event"


class EventHome(Home):
    """A flag, and who waits until it is set.

    Args:
        number: the home's number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.is_set = False
        self._room: WaitRoom[EventWait] = WaitRoom()

    def withdraw(self, call: int) -> tuple[bool, list[Letter]]:
        return self._room.leave(call) is not None, []

    def rooms(self) -> Sequence[WaitRoom[Any]]:
        return (self._room,)

    def statistics(self) -> dict[str, Any]:
        return {**super().statistics(), "set": self.is_set, "waiting": len(self._room)}

    def kind(self) -> str:
        return "Event"

    def waits(self) -> list[Wanted]:
        return [Wanted(call, "", "could set", "") for call in self._room]

    def _set(self, message: EventSet) -> list[Letter]:
        self.is_set = True
        return [(maker(wait.call), EventWaited(wait.call, True)) for wait in self._room.everybody()]

    def _clear(self, message: EventClear) -> list[Letter]:
        self.is_set = False
        return []

    def _wait(self, message: EventWait) -> list[Letter]:
        if message.block and not self.is_set:
            self._room.enter(message)
            return []
        return [(maker(message.call), EventWaited(message.call, self.is_set))]

    verbs = {EventSet: _set, EventClear: _clear, EventWait: _wait}
