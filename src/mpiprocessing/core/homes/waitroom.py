"""A room of waiting calls: first come, first served, and anybody may leave early.

Everything that blocks is built on this. A timeout is nothing special: the caller sends `Withdraw`, the room lets it go.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from mpiprocessing.core.messages import Request

__all__ = ["WaitRoom"]

R = TypeVar("R", bound=Request)


class WaitRoom(Generic[R]):
    """The requests that wait, in order of arrival."""

    def __init__(self) -> None:
        self._waiting: dict[int, R] = {}  # call → request; a dict keeps the order of arrival

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, call: int) -> bool:
        return call in self._waiting

    def enter(self, request: R) -> None:
        """The request waits from now on."""
        self._waiting[request.call] = request

    def next(self) -> R:
        """The request that came first leaves the room and is returned."""
        return self._waiting.pop(next(iter(self._waiting)))

    def leave(self, call: int) -> R | None:
        """The request with that call leaves the room, wherever it stands; None where it is not here (any more)."""
        return self._waiting.pop(call, None)

    def leave_from(self, stub: int) -> list[R]:
        """All requests of that stub leave the room; returned in order of arrival."""
        leaving = [request for request in self._waiting.values() if request.stub == stub]
        for request in leaving:
            del self._waiting[request.call]
        return leaving

    def everybody(self) -> list[R]:
        """All leave; returned in order of arrival."""
        waiting, self._waiting = list(self._waiting.values()), {}
        return waiting

    def waiting(self) -> list[R]:
        """Who waits, in order of arrival; nobody leaves."""
        return list(self._waiting.values())
