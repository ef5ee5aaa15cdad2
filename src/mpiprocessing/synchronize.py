"""Locks and barriers.

A lock is one unit that stays with its last holder until somebody else wants it: taken again by the same process it costs no
message. Derived from CPython's `Lib/multiprocessing/synchronize.py`; there is no shared memory here.

Differs from the stdlib in:
- a barrier's `action` is called by the last process to arrive, as documented; it is pickled with the barrier;
- objects may be sent to any process at any time, also through a queue or a pipe.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from multiprocessing.process import current_process
from threading import BrokenBarrierError
from typing import Any

from mpiprocessing.core import units
from mpiprocessing.core.handle import Handle
from mpiprocessing.core.homes.barrier import BarrierHome
from mpiprocessing.core.homes.semaphore import SemaphoreHome, SemaphoreStub
from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.messages import (
    BarrierAbort,
    BarrierAct,
    BarrierActed,
    BarrierAsk,
    BarrierPassed,
    BarrierReset,
    BarrierTold,
    BarrierWait,
    PermitAsk,
    PermitForce,
    PermitForced,
    PermitTold,
)

__all__ = ["Barrier", "BrokenBarrierError", "Lock"]


class Lock:
    """A lock between processes; the interface is that of `multiprocessing.Lock`."""

    def __init__(self, *, ctx: Any = None) -> None:
        (self._handle,) = Handle.to_new(SemaphoreHome, SemaphoreStub, 1, 1)

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        """Take the lock.

        Args:
            block: whether to wait for it.
            timeout: seconds to wait at most; None for ever.

        Returns:
            Whether it was taken.
        """
        runtime, stub = self._handle.runtime, self._handle.stub
        assert isinstance(stub, SemaphoreStub)
        taken = units.take(runtime, stub, block, timeout)
        if taken:
            stub.holder = threading.get_ident()
        return taken

    def release(self) -> None:
        """Give the lock back; also when another process took it.

        Raises:
            ValueError: nobody has it.
        """
        runtime, stub = self._handle.runtime, self._handle.stub
        assert isinstance(stub, SemaphoreStub)
        with runtime.lock:
            if stub.in_use:
                units.give_back(runtime, stub)
                return
        reply = runtime.ask(stub, PermitForce)
        assert isinstance(reply, PermitForced)
        if not reply.ok:
            raise ValueError("semaphore or lock released too many times")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}(owner={self._owner()})>"

    def _owner(self) -> str | None:
        """Who holds it, in the standard library's words."""
        runtime, stub = self._handle.runtime, self._handle.stub
        assert isinstance(stub, SemaphoreStub)
        if stub.in_use:
            thread = threading.current_thread()
            if stub.holder != thread.ident:
                return "SomeOtherThread"
            name = current_process().name
            return name if thread.name == "MainThread" else f"{name}|{thread.name}"
        reply = runtime.ask(stub, PermitAsk)
        return None if stub.unused or (isinstance(reply, PermitTold) and reply.free) else "SomeOtherProcess"

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *exception: object) -> None:
        self.release()


class Barrier:
    """Lets processes wait for each other; the interface is that of `multiprocessing.Barrier`.

    Args:
        parties: how many must arrive.
        action: called by the last to arrive, before all go on.
        timeout: seconds to wait at most where `wait` is given none.
    """

    def __init__(
        self,
        parties: int,
        action: Callable[[], object] | None = None,
        timeout: float | None = None,
        *,
        ctx: Any = None,
    ) -> None:
        if parties < 1:
            raise ValueError("parties must be > 0")
        self._parties = parties
        self._action = action
        self._timeout = timeout
        (self._handle,) = Handle.to_new(BarrierHome, Stub, parties, action is not None)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until all have arrived.

        Args:
            timeout: seconds; the barrier breaks for all when they are over.

        Returns:
            The order of arrival, from 0.

        Raises:
            threading.BrokenBarrierError: the barrier is broken, or was broken or reset meanwhile.
        """
        runtime, stub = self._handle.runtime, self._handle.stub
        reply = runtime.ask(stub, BarrierWait, timeout=self._timeout if timeout is None else timeout)
        if isinstance(reply, BarrierPassed):
            return reply.index
        if isinstance(reply, BarrierAct):
            assert self._action is not None
            try:
                self._action()
            except BaseException:
                runtime.post(stub, BarrierActed, False)
                raise
            runtime.post(stub, BarrierActed, True)
            return reply.index
        raise BrokenBarrierError

    def abort(self) -> None:
        """Break the barrier: whoever waits or arrives gets `BrokenBarrierError`."""
        self._handle.runtime.post(self._handle.stub, BarrierAbort)

    def reset(self) -> None:
        """Make the barrier new; whoever waits gets `BrokenBarrierError`."""
        self._handle.runtime.post(self._handle.stub, BarrierReset)

    @property
    def parties(self) -> int:
        """How many must arrive."""
        return self._parties

    @property
    def n_waiting(self) -> int:
        """How many have arrived and wait."""
        return self._told().waiting

    @property
    def broken(self) -> bool:
        """Whether the barrier is broken."""
        return self._told().broken

    def _told(self) -> BarrierTold:
        self._handle.runtime.peek()
        reply = self._handle.runtime.ask(self._handle.stub, BarrierAsk)
        assert isinstance(reply, BarrierTold)
        return reply

    def __repr__(self) -> str:
        told = self._told()
        state = "broken" if told.broken else f"waiters={told.waiting}/{self._parties}"
        return f"<{type(self).__module__}.{type(self).__qualname__} at {id(self):#x}: {state}>"
