"""Units that are handed out, kept by their last user while nobody else wants them, and given up when somebody does.

A lock is one unit; a bounded queue has a unit for each free place. The home keeps count; a stub keeps a *purse*.

    purse                       home
      │──── PermitAcquire ───────▶│
      │◀─── PermitAcquired ───────│     keep: the unit may stay in the purse when it is released
      │   release, acquire,       │     … no message at all
      │   release, acquire        │
      │◀─── PermitRecall ─────────│     somebody else waits
      │──── PermitReturn ────────▶│     at once what is not in use; the rest at its release

Taking turns costs three messages (acquire, acquired, return), the same user again none. The home does not let a unit stay
until it is recalled where the last recall showed that several users take turns. But who asks again `soon` after a unit had
left it would wait far longer than it works in between. It gets a *run*: the unit may stay although others wait, and many
turns of the same user cost one change. A run ends after so many turns, or a moment later (`purse.py`): what is not in use then
goes home, the rest at its release. So a long use is not multiplied, who does not come back does not keep others waiting, and
nobody waits for more than one run of each of those who came before.

Who asks has an empty purse, and whatever it releases from then on goes home, until it is granted a unit again: so the home need
not recall anything from a stub that waits itself.

When a rank has died, what its stub had in use does not come back by itself. Who waits is told so once nobody who lives has a
unit, and so is whoever comes later, until somebody releases in its place. Whether a dead stub had a unit in use, or only kept
it, nobody can say; so where ranks may die (`lasting` false) an unused unit stays for the moment of a run only, also when
nobody else wants it. Units that nobody ever released without having taken one are no signals: else more may come.

Only the purse knows whether a unit that may stay is in use just now. So whoever does not want to wait, or releases what he
does not hold, is answered after the purses have been asked. A unit that is to be released for another process is taken from
its purse (`PermitForfeit`) before anybody may have it: its holder might be releasing it at this very moment.
"""

from __future__ import annotations

from collections import deque

from mpiprocessing.core.homes.home import Letter
from mpiprocessing.core.homes.waitroom import WaitRoom
from mpiprocessing.core.messages import (
    ConditionWait,
    HolderDied,
    PermitAcquire,
    PermitAcquired,
    PermitAsk,
    PermitForce,
    PermitForced,
    PermitForfeit,
    PermitGrant,
    PermitRecall,
    PermitRefused,
    PermitReturn,
    PermitTold,
    Wanted,
    maker,
)

__all__ = ["Permits"]


class Permits:
    """The home's side: how many units are free, and who has the others.

    Args:
        units: how many are free at first.
        limit: how many there may ever be (a release beyond it is an error); None for no limit.
        generous: hand out all that is free to a single user, not one by one.

    Attributes:
        free: how many are free.
        room: who waits.
        lasting: whether a unit that is kept may stay until it is recalled.
    """

    def __init__(self, units: int, limit: int | None, generous: bool = False) -> None:
        self.lasting = True
        self.free = units
        self.limit = limit
        self.room: WaitRoom[PermitAcquire | ConditionWait] = WaitRoom()
        self._generous = generous
        self._out: dict[int, int] = {}  # stub → units there, in use or kept
        self._granted: dict[int, int] = {}  # stub → all units it was ever granted
        self._kept: set[int] = set()  # stubs that may keep units until they are recalled
        self._running: set[int] = set()  # stubs that may keep units for a moment
        self._asked: set[int] = set()  # recalls without an answer
        self._hasty: list[PermitAcquire] = []  # who entered the room and will not wait; some may have left it
        self._gone: set[int] = (
            set()
        )  # stubs that closed with units in use: nobody can give these back but by force
        self._dead: set[int] = set()  # those among them whose ranks have died
        self._signals = False  # units were released by who had taken none
        self._doubts: deque[PermitForce | PermitAsk] = deque()  # to be answered when the purses have answered
        self._forced: int | None = None  # the stub that was told to give a unit in use to the first of them
        self._last: int | None = None
        self._contested = False

    def acquire(self, message: PermitAcquire) -> list[Letter]:
        """Somebody wants a unit."""
        if message.received < self._granted.get(message.stub, 0):
            return [(maker(message.call), PermitAcquired(message.call, 0, True, False))]
        self._keeps_nothing(message.stub)
        self.room.enter(message)
        if not message.block:
            self._hasty.append(message)
        return self.settle()

    def returned(self, message: PermitReturn) -> list[Letter]:
        """Units have come home."""
        stub = message.stub
        self._take(stub, message.units)
        self.free += message.units
        if message.received == self._granted.get(stub, 0):
            self._keeps_nothing(stub)
        # else: more was granted since, which may be kept; `settle` asks again where that matters.
        if message.recalled:
            self._asked.discard(stub)
            if stub == self._forced:
                return self._forfeited(message.units) + self.settle()
        return self.settle()

    def force(self, message: PermitForce) -> list[Letter]:
        """Somebody releases a unit that another process holds (or nobody does)."""
        if self.limit is None or self.free + sum(self._out.values()) < self.limit:
            return [(maker(message.call), PermitForced(message.call, True)), *self.post()]
        self._doubts.append(message)
        return self.settle()

    def post(self) -> list[Letter]:
        """One more unit is free, whoever holds the others."""
        self.free += 1
        self._signals = True
        return self.settle()

    def ask(self, message: PermitAsk) -> list[Letter]:
        """Somebody wants to know how many are free."""
        self._doubts.append(message)
        return self.settle()

    def spent(self, stub: int) -> None:
        """A stub has used one of its units up (an item took a place in the queue)."""
        self._take(stub, 1)

    def refill(self) -> list[Letter]:
        """A unit that was used up is free again: for those who wait, or in good time for the one steady user."""
        self.free += 1
        letters = self.settle()
        steady = self._last
        if steady is None or self.room or self._contested or self._out.get(steady, 0):
            return letters
        assert self.limit is not None
        if self.free * 2 < self.limit:
            return letters
        units, self.free = self.free, 0
        self._hand_out(steady, units)
        self._kept.add(steady)
        return [*letters, (maker(steady), PermitGrant(steady, units))]

    def stub_gone(self, stub: int) -> list[Letter]:
        """A rank holds no handle any more. What it had in use stays out, as with the standard library.

        Not so the places of a queue: nobody is going to fill them, and some may have been on their way when it closed.
        """
        self._granted.pop(stub, None)
        self._keeps_nothing(stub)
        self._asked.discard(stub)
        if self._last == stub:
            self._last = None
        if self._forced == stub:
            self._forced = None
        if self._generous:
            self.free += self._out.pop(stub, 0)
        elif stub in self._out:
            self._gone.add(stub)
        return self.settle()

    def stub_died(self, stub: int) -> list[Letter]:
        """The rank of a stub is dead."""
        if not self._generous and stub in self._out:
            self._dead.add(stub)
        return self.stub_gone(stub)

    def settle(self) -> list[Letter]:
        """Grant what can be granted, recall what is wanted, and answer those who will not wait."""
        letters = []
        while self.free > 0 and self.room:  # an item that came back to a full queue leaves less than none
            letters.append(self._grant(self.room.next()))
        if self._dead:
            letters += self._tell_bereft()
        if not self.room and not self._doubts:
            return letters
        keeping = self._kept
        if self._running and (self._doubts or self._hurried()):
            keeping = keeping | self._running
        for stub in sorted(keeping - self._asked):
            self._asked.add(stub)
            self._contested = self._contested or bool(self.room)
            letters.append((maker(stub), PermitRecall(stub, self._granted[stub])))
        if not self._asked:
            letters += self._refuse_hurried()
            letters += self._resolve_doubts()
        return letters

    def holders(self) -> tuple[list[int], list[int]]:
        """The stubs that have units, and the ranks of those that have closed with some; when all have been recalled."""
        living = [stub for stub in self._out if stub not in self._gone]
        return sorted(living), sorted(maker(stub) for stub in self._gone)

    def waits(self, what: str, act: str, does: str) -> list[Wanted]:
        """What those wait for who are in the room.

        Args:
            what: completes the name of the object.
            act: what another one could do about it.
            does: what those do who have units.
        """
        return [Wanted(call, what, act, does) for call in self.room]

    def _grant(self, request: PermitAcquire | ConditionWait) -> Letter:
        stub = request.stub
        if stub == self._last:
            self._contested = False
        alone = not self.room and not self._contested
        run = not alone and isinstance(request, PermitAcquire) and request.soon
        units = self.free if alone and self._generous else 1
        self.free -= units
        self._hand_out(stub, units)
        self._last = stub
        run = run or (alone and not self.lasting)
        if run:
            self._running.add(stub)
        elif alone:
            self._kept.add(stub)
        return maker(request.call), self._granted_to(request, units, alone or run, run)

    def _granted_to(
        self, request: PermitAcquire | ConditionWait, units: int, keep: bool, run: bool
    ) -> PermitAcquired:
        """The answer to one who waited for a unit."""
        return PermitAcquired(request.call, units, keep, run)

    def _keeps_nothing(self, stub: int) -> None:
        """What the stub still has is in use, and comes home when it is released."""
        self._kept.discard(stub)
        self._running.discard(stub)

    def _hand_out(self, stub: int, units: int) -> None:
        self._out[stub] = self._out.get(stub, 0) + units
        self._granted[stub] = self._granted.get(stub, 0) + units

    def _take(self, stub: int, units: int) -> None:
        left = self._out.get(stub, 0) - units
        if left:
            self._out[stub] = left
        else:
            self._out.pop(stub, None)
            self._gone.discard(stub)

    def _tell_bereft(self) -> list[Letter]:
        """Where the dead have all units: who waits, waits in vain."""
        dead = next((stub for stub in self._out if stub in self._dead), None)
        if dead is None or self.free > 0 or self._signals or not self._gone.issuperset(self._out):
            return []
        return [(maker(call), HolderDied(call, maker(dead))) for call in self._give_up()]

    def _give_up(self) -> list[int]:
        """Nobody will get a unit. Returns the calls that wait for one."""
        return [request.call for request in self.room.everybody()]

    def _hurried(self) -> list[PermitAcquire]:
        """Those in the room who will not wait."""
        if self._hasty:
            self._hasty = [request for request in self._hasty if request.call in self.room]
        return self._hasty

    def _refuse_hurried(self) -> list[Letter]:
        hurried, self._hasty = self._hurried(), []
        for request in hurried:
            self.room.leave(request.call)
        return [(maker(request.call), PermitRefused(request.call)) for request in hurried]

    def _resolve_doubts(self) -> list[Letter]:
        letters: list[Letter] = []
        while self._doubts and not self._asked:
            doubt = self._doubts[0]
            dest = maker(doubt.call)
            holder = next(iter(self._out), None)  # nothing is kept now: what is out is in use
            if isinstance(doubt, PermitAsk):
                self._doubts.popleft()
                letters.append((dest, PermitTold(doubt.call, self.free)))
            elif holder is None:
                self._doubts.popleft()
                letters.append((dest, PermitForced(doubt.call, False)))
            elif holder in self._gone:
                self._take(holder, 1)
                self.free += 1
                letters += self._forfeited(1)
            else:
                self._asked.add(holder)
                self._forced = holder
                letters.append((maker(holder), PermitForfeit(holder)))
        return letters + (self.settle() if self.free > 0 and self.room else [])

    def _forfeited(self, units: int) -> list[Letter]:
        """A holder has answered; without a unit, it had released it before it was told, and the doubt stands."""
        self._forced = None
        if not units:
            return []
        doubt = self._doubts.popleft()
        return [(maker(doubt.call), PermitForced(doubt.call, True))]
