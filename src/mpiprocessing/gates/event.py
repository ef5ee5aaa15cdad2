"""Events: a flag that processes wait for.

The flag has a home of its own: setting it takes one message and one more to each who waits. The standard library builds it
from a condition and a semaphore.
"""

from __future__ import annotations

from typing import Any

from mpiprocessing.core.handle import Handle
from mpiprocessing.core.homes.event import EventHome, EventStub
from mpiprocessing.core.messages import EventClear, EventSet, EventWait, EventWaited
from mpiprocessing.core.timelimit import time_limit

__all__ = ["Event"]


class Event:
    """A flag between processes; the interface is that of `multiprocessing.Event`."""

    def __init__(self, *, ctx: Any = None) -> None:
        (self._handle,) = Handle.to_new(EventHome, EventStub)

    def is_set(self) -> bool:
        """Whether the flag is set."""
        runtime = self._handle.runtime
        runtime.peek()
        reply = runtime.ask(self._handle.stub, EventWait, False)
        return isinstance(reply, EventWaited) and reply.is_set

    def set(self) -> None:
        """Set the flag: whoever waits for it goes on."""
        self._handle.runtime.post(self._handle.stub, EventSet)

    def clear(self) -> None:
        """Clear the flag."""
        self._handle.runtime.post(self._handle.stub, EventClear)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the flag is set.

        Args:
            timeout: seconds to wait at most; None for ever.

        Returns:
            Whether it was set in time.
        """
        timeout = time_limit(timeout)
        if timeout == 0:
            return self.is_set()
        reply = self._handle.runtime.ask(self._handle.stub, EventWait, True, timeout=timeout)
        return isinstance(reply, EventWaited)

    def __repr__(self) -> str:
        state = "set" if self.is_set() else "unset"
        return f"<{type(self).__qualname__} at {id(self):#x} {state}>"
