"""Conditions: processes that hold a lock sleep until another one notifies them.

A condition is a lock and a number: the lock's own home keeps the sleepers (`core/homes/condition.py`). So to wait takes two
messages, with the lock given back and taken again, and to notify takes one.
"""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

from mpiprocessing.core import units
from mpiprocessing.core.errors import WorkerDied, ends_the_process
from mpiprocessing.core.messages import (
    ConditionAsk,
    ConditionLate,
    ConditionNotify,
    ConditionTold,
    ConditionWaited,
)
from mpiprocessing.core.node import Call
from mpiprocessing.core.thisrank import running
from mpiprocessing.core.timelimit import time_limit
from mpiprocessing.gates.semaphores import RLock, SemLock, or_unknown

__all__ = ["Condition"]

T = TypeVar("T")


class Condition:
    """A condition variable between processes; the interface is that of `multiprocessing.Condition`.

    Args:
        lock: the lock to use, a `Lock` or an `RLock`; a new `RLock` without it. Several conditions may share one.

    Raises:
        AttributeError: `lock` cannot be acquired.
    """

    def __init__(self, lock: Any = None, *, ctx: Any = None) -> None:
        self._lock: Any = lock or RLock(ctx=ctx)
        if not hasattr(self._lock, "acquire"):
            raise AttributeError(
                f"{type(lock).__name__!r} object has no attribute 'acquire'\na condition takes a Lock or an RLock"
            )
        runtime = running()
        with runtime.lock:
            self._number = runtime.node.new_number()

    def __getstate__(self) -> tuple[Any, ...]:
        return self._lock, self._number

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._lock, self._number = state

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        """Take the lock; see `Lock.acquire`."""
        taken: bool = self._lock.acquire(block, timeout)
        return taken

    def release(self) -> None:
        """Give the lock back; see `Lock.release`."""
        self._lock.release()

    def __enter__(self) -> bool:
        entered: bool = self._lock.__enter__()
        return entered

    def __exit__(self, *exception: object) -> None:
        self._lock.__exit__(*exception)

    def wait(self, timeout: float | None = None) -> bool:
        """Give the lock back, sleep until notified, take the lock again, as often as it was held.

        Args:
            timeout: seconds to sleep at most; None for ever.

        Returns:
            Whether it was notified in time.

        Raises:
            AssertionError: this thread does not hold the lock.
        """
        lock: SemLock = self._lock._semlock
        if not lock._is_mine():
            raise AssertionError("must acquire() condition before using wait()")
        timeout = time_limit(timeout)
        runtime, stub, depth = lock._handle.runtime, lock._stub, lock._stub.depth
        call = runtime.request(stub, stub.sleeping, self._number)

        def late() -> None:
            runtime.post(stub, ConditionLate, self._number, call.number)

        try:
            reply = runtime.wait(call, timeout, late=late)
        except BaseException as error:
            self._interrupted(lock, call, depth, error)
            raise
        if isinstance(reply, ConditionWaited):
            stub.held_by(threading.get_ident(), depth)
            return reply.notified
        stub.held_by(None)
        stub.excuse(threading.get_ident(), depth)
        raise SystemExit  # the process has ended: a thread that it left behind goes no further

    def _interrupted(self, lock: SemLock, call: Call, depth: int, error: BaseException) -> None:
        """A signal has ended the sleep: take the lock again, and leave to another one what was for this one."""
        runtime, stub, me = lock._handle.runtime, lock._stub, threading.get_ident()
        answered = isinstance(call.reply, ConditionWaited)
        if isinstance(error, WorkerDied):  # the lock is not to be had: the releases on the way out are void
            stub.held_by(None)
            stub.excuse(me, depth)
            return
        if ends_the_process(error):
            # Whoever ends this process may hold the lock while it waits for our end.
            with runtime.lock:
                if answered:
                    stub.held_by(None)
                    units.give_back(runtime, stub)
                stub.excuse(me, depth)
        elif answered or units.take(runtime, stub, True, None):
            stub.held_by(me, depth)
        if isinstance(call.reply, ConditionWaited) and call.reply.notified:
            runtime.post(stub, ConditionNotify, self._number, 1)  # last: the signal may strike here again

    def wait_for(self, predicate: Callable[[], T], timeout: float | None = None) -> T:
        """Wait until something is so.

        Args:
            predicate: asked with the lock held, at first and each time this process is notified.
            timeout: seconds to wait at most; None for ever.

        Returns:
            What `predicate` returned last.

        Raises:
            AssertionError: this thread does not hold the lock, and must wait.
        """
        end = None if timeout is None else monotonic() + timeout
        while not (result := predicate()):
            left = None if end is None else end - monotonic()
            if left is not None and left <= 0:
                break
            self.wait(left)
        return result

    def notify(self, n: int = 1) -> None:
        """Let some who sleep go on, those that came first, as soon as they can have the lock.

        Args:
            n: how many at most.

        Raises:
            AssertionError: this thread does not hold the lock.
        """
        lock: SemLock = self._lock._semlock
        if not lock._is_mine():
            raise AssertionError("lock is not owned")
        count = math.ceil(min(n, sys.maxsize))
        if count > 0:
            lock._handle.runtime.post(lock._stub, ConditionNotify, self._number, count)

    def notify_all(self) -> None:
        """Let all who sleep go on, one after the other, as each can have the lock."""
        self.notify(n=sys.maxsize)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({self._lock}, {or_unknown(self._sleeping)})>"

    def _sleeping(self) -> int:
        lock: SemLock = self._lock._semlock
        lock._handle.runtime.peek()
        reply = lock._handle.runtime.ask(lock._stub, ConditionAsk, self._number)
        return reply.sleeping if isinstance(reply, ConditionTold) else 0
