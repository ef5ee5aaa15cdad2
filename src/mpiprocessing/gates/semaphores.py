"""Semaphores and locks: units that processes take and give back.

`SemLock` is what all have in common, as in the standard library; a lock is a semaphore of one unit, and a recursive lock one
whose holder may take it again. A unit stays with its last holder until somebody else wants it: taken again by the same process
it costs no message. Which thread holds a lock, and how deep, belongs to the rank's stub: all handles of a process are one lock.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from multiprocessing.process import current_process
from operator import index
from threading import get_ident
from typing import Any, TypeVar

from mpiprocessing.core import units
from mpiprocessing.core.handle import Handle
from mpiprocessing.core.homes.semaphore import SemaphoreHome, SemaphoreStub
from mpiprocessing.core.messages import PermitAsk, PermitForce, PermitForced, PermitPost, PermitTold
from mpiprocessing.core.timelimit import time_limit

__all__ = [
    "RECURSIVE_MUTEX",
    "SEMAPHORE",
    "SEM_VALUE_MAX",
    "BoundedSemaphore",
    "Lock",
    "RLock",
    "SemLock",
    "Semaphore",
    "or_unknown",
]

T = TypeVar("T")

RECURSIVE_MUTEX, SEMAPHORE = 0, 1
"""The kinds of `SemLock`: whether a holder may take its unit again."""

SEM_VALUE_MAX = 2**31 - 1
"""The most units a semaphore may have; the same on every system here."""


def or_unknown(ask: Callable[[], T]) -> T | str:
    """What a `repr` is to show: it never fails, as in the standard library, also when nobody answers any more."""
    try:
        return ask()
    except Exception:
        return "unknown"


class SemLock:
    """Units between processes; the base of the four classes below.

    Args:
        kind: `RECURSIVE_MUTEX` where a holder may take its unit again, else `SEMAPHORE`.
        value: how many units are free at first.
        maxvalue: how many may be free at most.

    Raises:
        OSError: `value` is negative.
        OverflowError: a number is too large.
        ValueError: there is no such kind.
    """

    def __init__(self, kind: int, value: int, maxvalue: int, *, ctx: Any = None) -> None:
        value, maxvalue = index(value), index(maxvalue)
        if max(abs(value), abs(maxvalue)) > SEM_VALUE_MAX:
            raise OverflowError("Python int too large to convert to C int")
        if kind not in (RECURSIVE_MUTEX, SEMAPHORE):
            raise ValueError("unrecognized kind")
        if value < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        (handle,) = Handle.to_new(SemaphoreHome, SemaphoreStub, value, maxvalue)
        # Nobody can raise it so often that it would matter: such a release need not be confirmed.
        self.__setstate__((handle, kind, maxvalue, value <= SEM_VALUE_MAX // 2 < maxvalue))

    def __getstate__(self) -> tuple[Any, ...]:
        return self._handle, self.kind, self.maxvalue, self._roomy

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._handle: Handle
        self.kind: int
        self.maxvalue: int
        self._roomy: bool
        self._handle, self.kind, self.maxvalue, self._roomy = state
        self._recursive = self.kind == RECURSIVE_MUTEX
        self._runtime = self._handle.runtime
        self._stub: SemaphoreStub = self._handle.stub  # type: ignore[assignment]
        self._at_hand = self._stub.at_hand

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        """Take a unit.

        Args:
            block: whether to wait for one.
            timeout: seconds to wait at most; None for ever.

        Returns:
            Whether one was taken.
        """
        stub = self._stub
        if timeout is not None:
            timeout = time_limit(timeout)
        if self._recursive and stub.holder == get_ident():
            stub.depth += 1
            return True
        try:
            self._at_hand.pop()  # the usual case takes one step of the interpreter, and no lock
        except IndexError:
            pass
        else:
            stub.holder = get_ident()
            return True
        if not units.take(self._runtime, stub, block, timeout):
            return False
        stub.holder = get_ident()
        return True

    def release(self) -> None:
        """Give a unit back; one that another process or thread took as well, but for a recursive lock.

        Raises:
            ValueError: none is taken.
            AssertionError: a recursive lock is not held by this thread, nor was this process told that its holder is dead.
        """
        stub = self._stub
        if stub.holder == get_ident() and stub.in_use:
            if stub.depth > 1:
                stub.depth -= 1
                return
            if stub.keep and stub.turns and stub.in_use == 1:
                stub.turns -= 1
                stub.holder = None
                self._at_hand.append(None)
                # What changes these two gathers what is at hand afterwards: one of us sees what the other has done.
                if stub.keep and len(self._at_hand) <= stub.in_use:
                    return
                if not units.laid_down(self._runtime, stub):
                    self._release_for_another()
                return
        elif stub.excused(get_ident()):
            return
        elif self._recursive:
            if not stub.orphaned:
                raise AssertionError("attempt to release recursive lock not owned by thread")
            stub.orphaned = False
        if not self._give_back():
            self._release_for_another()

    def _give_back(self) -> bool:
        """A unit that this process holds goes back, whichever thread took it; false where there is none."""
        runtime, stub = self._runtime, self._stub
        with runtime.lock:
            stub.gather()
            if not stub.in_use:
                return False
            if stub.in_use == 1:
                stub.held_by(None)
            units.give_back(runtime, stub)
            return True

    def _release_for_another(self) -> None:
        if self._roomy:
            self._runtime.post(self._stub, PermitPost)
            return
        reply = self._runtime.ask(self._stub, PermitForce)
        if isinstance(reply, PermitForced) and not reply.ok:
            raise ValueError("semaphore or lock released too many times")

    def locked(self) -> bool:
        """Whether no unit is free."""
        return self._is_zero()

    __enter__ = acquire

    def __exit__(self, kind: object = None, error: object = None, trace: object = None) -> None:
        self.release()

    # ---- what the standard library has in a C object inside; some programs ask it ----

    @property
    def _semlock(self) -> SemLock:
        return self

    def _is_mine(self) -> bool:
        """Whether this thread holds a unit."""
        return self._stub.in_use > 0 and self._stub.holder == get_ident()

    def _count(self) -> int:
        """How many units this process holds; of a recursive lock, how often it was taken."""
        if not self._recursive:
            return self._stub.taken
        return 0 if self._stub.holder is None else self._stub.depth

    def _get_value(self) -> int:
        """How many units are free; exact at the moment the home answers."""
        self._runtime.peek()
        reply = self._runtime.ask(self._stub, PermitAsk)
        return reply.free if isinstance(reply, PermitTold) else 0

    def _is_zero(self) -> bool:
        return self._get_value() == 0

    def _owner(self) -> str:
        """Who holds a lock, in the standard library's words."""
        if self._is_mine():
            process, thread = current_process().name, threading.current_thread().name
            return process if thread == "MainThread" else f"{process}|{thread}"
        if self._stub.taken:
            return "SomeOtherThread"
        return "SomeOtherProcess" if self._is_zero() else "None"


class Semaphore(SemLock):
    """A number of units; the interface is that of `multiprocessing.Semaphore`.

    Args:
        value: how many are free at first.
    """

    def __init__(self, value: int = 1, *, ctx: Any = None) -> None:
        super().__init__(SEMAPHORE, value, SEM_VALUE_MAX, ctx=ctx)

    def get_value(self) -> int:
        """How many units are free."""
        return self._get_value()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}(value={or_unknown(self._get_value)})>"


class BoundedSemaphore(Semaphore):
    """A semaphore that never has more units than at first; the interface is that of `multiprocessing.BoundedSemaphore`.

    Args:
        value: how many units there are.
    """

    def __init__(self, value: int = 1, *, ctx: Any = None) -> None:
        SemLock.__init__(self, SEMAPHORE, value, value, ctx=ctx)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}(value={or_unknown(self._get_value)}, maxvalue={self.maxvalue})>"


class Lock(SemLock):
    """A lock between processes; the interface is that of `multiprocessing.Lock`."""

    def __init__(self, *, ctx: Any = None) -> None:
        super().__init__(SEMAPHORE, 1, 1, ctx=ctx)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}(owner={or_unknown(self._owner)})>"


class RLock(SemLock):
    """A lock that its holder may take again; the interface is that of `multiprocessing.RLock`."""

    def __init__(self, *, ctx: Any = None) -> None:
        super().__init__(RECURSIVE_MUTEX, 1, 1, ctx=ctx)

    def __repr__(self) -> str:
        owner = or_unknown(self._owner)
        others = {
            "None": "0",
            "SomeOtherThread": "nonzero",
            "SomeOtherProcess": "nonzero",
            "unknown": "unknown",
        }
        depth = others.get(owner) or self._count()
        return f"<{type(self).__name__}({owner}, {depth})>"
