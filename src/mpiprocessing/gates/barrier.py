"""Barriers: processes wait until all have arrived.

The barrier has a home of its own, which lives with one of those who wait (`core/homes/barrier.py`). The standard library builds
it from a condition and two integers in shared memory.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import BrokenBarrierError
from typing import Any

from mpiprocessing.core.errors import WorkerDied, ends_the_process
from mpiprocessing.core.handle import Handle
from mpiprocessing.core.homes.barrier import BarrierHome, BarrierStub
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
    Reply,
    Withdrawn,
)

__all__ = ["Barrier"]


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
        (self._handle,) = Handle.to_new(BarrierHome, BarrierStub, parties, action is not None)

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
        try:
            reply = self._arrive(self._timeout if timeout is None else timeout)
        except WorkerDied as lost:
            raise BrokenBarrierError(str(lost)) from lost
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
        if isinstance(reply, BarrierBroken) and reply.dead >= 0:
            raise BrokenBarrierError(
                f"the process on rank {reply.dead} is dead, which has been at this barrier; `reset` makes it new"
            )
        raise BrokenBarrierError

    def _arrive(self, timeout: float | None) -> Reply:
        runtime, stub = self._handle.runtime, self._handle.stub
        call = runtime.request(stub, BarrierWait)

        def undo(reply: Reply) -> None:
            if isinstance(reply, BarrierAct):
                runtime.post(stub, BarrierActed, False)  # the others wait for it

        def late() -> None:
            runtime.post(stub, BarrierLate, call.number)

        try:
            return runtime.wait(call, timeout, undo, late)
        except BaseException as error:
            if isinstance(call.reply, Withdrawn) and ends_the_process(error):
                runtime.post(stub, BarrierAbort)  # the others need not wait: this one does not come again
            raise

    def abort(self) -> None:
        """Break the barrier: whoever waits or arrives gets `BrokenBarrierError`."""
        self._now(BarrierAbort)

    def reset(self) -> None:
        """Make the barrier new; whoever waits gets `BrokenBarrierError`."""
        self._now(BarrierReset)

    def _now(self, kind: type[BarrierAbort] | type[BarrierReset]) -> None:
        """Have the home do something, and return when it has.

        Who is told of it afterwards finds it done. A notice alone may still go round by a rank that the home has left, and
        count as received: see `homes/writers.py`, which a barrier has no need of otherwise.
        """
        runtime, stub = self._handle.runtime, self._handle.stub
        runtime.post(stub, kind)
        runtime.see_done(stub, BarrierAsk)

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
