"""A room of waiting calls: first come, first served, and anybody may leave early.

Everything that blocks is built on this. A timeout is nothing special: the caller sends `Withdraw`, the room lets it go.

Whatever happens here takes the same time however many wait. A plain dict would not do: its first entry is found behind all
that have left since it last grew (10 µs with 16,000 in the room, where an ordered one takes 0.3).
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

from mpiprocessing.core.messages import Request

__all__ = ["WaitRoom"]

R = TypeVar("R", bound=Request)

_FEW = 16
"""Who waits among so many is found by looking at each."""


class WaitRoom(OrderedDict[int, R]):
    """The requests that wait, by their calls, in order of arrival."""

    _calls_of: dict[int, set[int]] | None = None  # stub → its calls; not kept before somebody asks for it

    def enter(self, request: R) -> None:
        """The request waits from now on."""
        self[request.call] = request
        if self._calls_of is not None:
            self._calls_of.setdefault(request.stub, set()).add(request.call)

    def next(self) -> R:
        """The request that came first leaves the room and is returned."""
        request = self.popitem(last=False)[1]
        if self._calls_of is not None:
            self._forget(self._calls_of, request)
        return request

    def leave(self, call: int) -> R | None:
        """The request with that call leaves the room, wherever it stands; None where it is not here (any more)."""
        request = self.pop(call, None)
        if request is not None and self._calls_of is not None:
            self._forget(self._calls_of, request)
        return request

    def leave_from(self, stub: int) -> list[R]:
        """All requests of that stub leave the room; returned in the order in which it made them."""
        if self._calls_of is None:
            if len(self) <= _FEW:
                return [self.pop(call) for call in sorted(c for c, wait in self.items() if wait.stub == stub)]
            self._calls_of = {}
            for call, request in self.items():
                self._calls_of.setdefault(request.stub, set()).add(call)
        return [self.pop(call) for call in sorted(self._calls_of.pop(stub, ()))]

    def everybody(self) -> list[R]:
        """All leave; returned in order of arrival."""
        waiting = list(self.values())
        self.clear()
        self._calls_of = None
        return waiting

    def waiting(self) -> list[R]:
        """Who waits, in order of arrival; nobody leaves."""
        return list(self.values())

    def _forget(self, calls_of: dict[int, set[int]], request: R) -> None:
        calls = calls_of[request.stub]
        calls.remove(request.call)
        if not calls:
            del calls_of[request.stub]
