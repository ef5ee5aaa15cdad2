"""The home of a barrier: who has arrived, and whether it is broken.

each process                home (moves to one of them)
  │──── BarrierWait ─────────▶│
  │◀─── BarrierAct ───────────│      only to the last, and only where there is an action
  │──── BarrierActed ────────▶│
  │◀─── BarrierPassed ────────│      to all, with the order of arrival

Who runs out of time does not withdraw: it says `BarrierLate`, which breaks the barrier for all. Who withdraws, since a signal
has ended its wait, has not come, and the others go on waiting.
"""

from __future__ import annotations

from typing import Any

from mpiprocessing.core.homes.home import Home, Letter
from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.homes.waitroom import WaitRoom
from mpiprocessing.core.messages import (
    BarrierAbort,
    BarrierAct,
    BarrierActed,
    BarrierAsk,
    BarrierBroken,
    BarrierLate,
    BarrierPassed,
    BarrierReset,
    BarrierTold,
    BarrierWait,
    Wanted,
    maker,
)

__all__ = ["BarrierHome", "BarrierStub"]


class BarrierStub(Stub):
    """What stands for a barrier."""

    called = "barrier"


class BarrierHome(Home):
    """Counts arrivals and lets everybody go together.

    Args:
        number: the home's number.
        parties: how many must arrive.
        action: whether the last to arrive has something to do first.
    """

    def __init__(self, number: int, parties: int, action: bool) -> None:
        super().__init__(number)
        self.parties = parties
        self.broken = False
        self._action = action
        self._room: WaitRoom[BarrierWait] = WaitRoom()
        self._held: list[BarrierWait] = []  # complete, while the action runs
        self._stays = False
        self._dead = -1  # a rank that has died since the barrier was made new

    def withdraw(self, call: int) -> tuple[bool, list[Letter]]:
        return self._room.leave(call) is not None, []

    def statistics(self) -> dict[str, Any]:
        return {**super().statistics(), "waiting": len(self._room), "broken": self.broken}

    def kind(self) -> str:
        return "Barrier"

    def state(self) -> str:
        return f"{len(self._room)} of {self.parties} have come"

    def waits(self) -> list[Wanted]:
        return [Wanted(call, "the others at", "has not come to", "") for call in self._room]

    def _wait(self, message: BarrierWait) -> list[Letter]:
        if self.broken:
            return [(maker(message.call), BarrierBroken(message.call, self._dead))]
        if len(self._room) + 1 == self.parties and not self._held:
            return self._all_there([*self._room.everybody(), message])
        self._room.enter(message)
        return []

    def _complete(self) -> list[Letter]:
        if len(self._room) < self.parties or self._held:
            return []
        return self._all_there([self._room.next() for _ in range(self.parties)])

    def _all_there(self, arrived: list[BarrierWait]) -> list[Letter]:
        if self._action:
            self._held = arrived
            last = arrived[-1].call
            return [(maker(last), BarrierAct(last, self.parties - 1))]
        return self._let_go(arrived)

    def _let_go(self, arrived: list[BarrierWait]) -> list[Letter]:
        letters: list[Letter] = [
            (maker(wait.call), BarrierPassed(wait.call, index)) for index, wait in enumerate(arrived)
        ]
        ranks = [rank for rank, _ in letters]
        if self.rank not in ranks and not self._stays:
            self.wanted = ranks[0]
        return letters

    def stub_gone(self, stub: int) -> list[Letter]:
        # The process that was to run the action has ended before it could say how that went.
        return self._action_over(ok=False) if self._held and self._held[-1].stub == stub else []

    def stub_died(self, stub: int) -> list[Letter]:
        self._dead = maker(stub)  # it has been at the barrier, and is not going to come again
        letters = self.stub_gone(stub)
        return letters if self.broken else letters + self._break()

    def expect_deaths(self) -> None:
        self._stays = True

    def _acted(self, message: BarrierActed) -> list[Letter]:
        return self._action_over(message.ok)

    def _action_over(self, ok: bool) -> list[Letter]:
        arrived, self._held = self._held, []
        if ok:
            # The actor has its index already.
            letters = [letter for letter in self._let_go(arrived) if letter[1].call != arrived[-1].call]  # type: ignore[attr-defined]
            return letters + self._complete()
        letters = [(maker(wait.call), BarrierBroken(wait.call, self._dead)) for wait in arrived[:-1]]
        return letters + self._break()

    def _break(self) -> list[Letter]:
        self.broken = True
        return [(maker(wait.call), BarrierBroken(wait.call, self._dead)) for wait in self._room.everybody()]

    def _abort(self, message: BarrierAbort) -> list[Letter]:
        return self._break()

    def _reset(self, message: BarrierReset) -> list[Letter]:
        letters = self._break()
        self.broken, self._dead = False, -1
        return letters

    def _late(self, message: BarrierLate) -> list[Letter]:
        # As in the standard library, a timeout breaks the barrier for everybody; unless all have come meanwhile.
        return self._break() if message.waiter in self._room else []

    def _ask(self, message: BarrierAsk) -> list[Letter]:
        return [(maker(message.call), BarrierTold(message.call, len(self._room), self.broken))]

    verbs = {
        BarrierWait: _wait,
        BarrierActed: _acted,
        BarrierAbort: _abort,
        BarrierReset: _reset,
        BarrierLate: _late,
        BarrierAsk: _ask,
    }
