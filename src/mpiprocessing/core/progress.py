"""Progress: which thread looks for messages, and how the others wait.

A thread that blocks in one of our calls *drives*: it looks for messages itself, so an answer wakes it without a change of
threads. Only one thread drives at a time; others that block are parked, and woken by their reply, by anything that has come in,
or to take over when the driver leaves. While user code computes, a service thread looks now and then, so that the homes on
this rank answer.

Signals are handled by Python in the main thread, between any two bytecodes. Our own handlers (terminate, Ctrl-C) must not
raise in the middle of a step: while the main thread is inside, they leave the exception here (`interrupt`), and it is raised
where a wait can be given up cleanly.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator

from mpiprocessing.core.backoff import LONGEST, Backoff
from mpiprocessing.core.node import Call

__all__ = ["Progress"]

SERVICE_INTERVAL = 1e-3
"""Seconds between two looks of the service thread while messages come; without any it grows to `LONGEST`."""

SWITCH_INTERVAL = 5e-4
"""Seconds after which the interpreter passes the GIL on: with Python's 5 ms a rank that computes would answer far later."""

_SLICE = 0.01
"""Seconds a parked thread sleeps at most: bounds what a lost race may cost, and lets the main thread see its interrupt."""


class Progress:
    """The threads of one rank and their turns at looking.

    Args:
        lock: guards what `look` touches.
        look: takes one look at the network and handles what has come; returns whether anything had.
        broken: called when the service thread cannot go on.
    """

    def __init__(self, lock: threading.RLock, look: Callable[[], bool], broken: Callable[[], None]) -> None:
        self._lock = lock
        self._look = look
        self._broken = broken
        self._driving = threading.Lock()
        self._parked: deque[threading.Lock] = deque()
        self._last_drive = 0.0
        self._main = threading.main_thread().ident
        self._main_waits = False
        self._waits: dict[int, Callable[[], bool]] = {}  # thread → what it waits for, without a time limit
        self._shielded = False
        self.pending: BaseException | Callable[[], None] | None = None
        self.chores: list[Callable[[], None]] = []  # what the service thread does besides, each time it looks
        self._stop = threading.Event()
        self._service = threading.Thread(target=self._serve, name="mpiprocessing-service", daemon=True)

    def begin(self) -> None:
        """Start to answer while user code runs."""
        sys.setswitchinterval(min(SWITCH_INTERVAL, sys.getswitchinterval()))
        self._service.start()

    def end(self) -> None:
        """Stop the service thread."""
        self._stop.set()
        self._service.join()

    # ---- waiting ----

    def until(
        self,
        done: Callable[[], bool],
        timeout: float | None = None,
        call: Call | None = None,
        outside: bool = False,
    ) -> bool:
        """Answer messages until something is so.

        Args:
            done: asked after every look; must not block.
            timeout: seconds; None for ever.
            call: the call whose reply makes it so, if that is what is waited for: its reply wakes a parked thread.
            outside: whether something other than a message may make it so (a socket of the program's own).

        Returns:
            Whether it is so.

        Raises:
            BaseException: what a signal has left for the main thread.
        """
        if done():
            return True
        deadline = None if timeout is None else time.monotonic() + max(timeout, 0.0)
        me = threading.get_ident()
        main = me == self._main
        outer = self._main_waits
        if main:
            self._main_waits = True
        outer_wait = self._waits.pop(me, None)
        if deadline is None and not outside:
            self._waits[me] = done
        try:
            while not done():
                if deadline is not None and time.monotonic() >= deadline:
                    return False
                if self._driving.acquire(False):
                    try:
                        self._drive(done, deadline, main)
                    finally:
                        self._driving.release()
                        self._hand_over()
                else:
                    self._park(call, deadline)
                if main and self.pending is not None:
                    self.raise_pending()
            return True
        finally:
            if main:
                self._main_waits = outer
            if outer_wait is not None:
                self._waits[me] = outer_wait
            else:
                self._waits.pop(me, None)

    def all_wait(self) -> bool:
        """Whether every thread of this process waits for what only a message can bring, without a time limit.

        A thread of ours that has nothing to do says so by an attribute `resting`.
        """
        if self.pending is not None:
            return False
        for thread in threading.enumerate():
            if thread is self._service or getattr(thread, "resting", False):
                continue
            done = self._waits.get(thread.ident or 0)
            if done is None or done():
                return False
        return True

    def peek(self) -> bool:
        """See what has come in, unless another thread is looking already; for calls that do not wait.

        Returns:
            Whether anything had come.
        """
        if not self._driving.acquire(False):
            return False
        try:
            came = False
            # As soon as somebody waits, looking is his turn: he must not sleep while answers pass by.
            while self._look():
                came = True
                if self._parked:
                    break
            return came
        finally:
            self._driving.release()
            self._hand_over()

    def _drive(self, done: Callable[[], bool], deadline: float | None, main: bool) -> None:
        """Look for messages until it is done, too late, or a signal has something to raise."""
        backoff = Backoff()
        while True:
            if self._look():
                if self._parked:
                    self._wake_all()
                backoff.reset()
                if done():
                    break
                continue
            if done() or (main and self.pending is not None and not self._shielded):
                break
            if deadline is None:
                backoff.pause()
                continue
            left = deadline - time.monotonic()
            if left <= 0:
                break
            backoff.pause(min(left, LONGEST))
        self._last_drive = time.monotonic()

    # ---- taking turns ----

    def _park(self, call: Call | None, deadline: float | None) -> None:
        """Another thread drives: sleep until something has come in, or it leaves."""
        parker = threading.Lock()
        parker.acquire()
        with self._lock:
            if call is not None:
                if call.reply is not None:
                    return
                call.wake = lambda: _wake(parker)
            self._parked.append(parker)
        parker.acquire(
            timeout=_SLICE if deadline is None else max(0.0, min(_SLICE, deadline - time.monotonic()))
        )
        with self._lock:
            with contextlib.suppress(ValueError):
                self._parked.remove(parker)
            if call is not None:
                call.wake = None

    def _hand_over(self) -> None:
        """The driver leaves: one of those who are parked takes its place."""
        if self._parked:
            with contextlib.suppress(IndexError):
                _wake(self._parked.popleft())

    def _wake_all(self) -> None:
        """Something has come in: whoever waits looks whether that was it."""
        with contextlib.suppress(IndexError):
            while True:
                _wake(self._parked.popleft())

    # ---- the service thread ----

    def _serve(self) -> None:
        try:
            pause = SERVICE_INTERVAL
            while not self._stop.wait(pause):
                driven = time.monotonic() - self._last_drive < pause
                pause = SERVICE_INTERVAL if driven or self.peek() else min(pause * 1.1, LONGEST)
                for chore in self.chores:
                    chore()
        except BaseException:
            # Without this thread the rank would fall silent, and the job would hang.
            traceback.print_exc()
            self._broken()

    # ---- signals ----

    @property
    def main_waits(self) -> bool:
        """Whether the main thread waits, and so calls or raises what is `pending`."""
        return self._main_waits

    def interrupt(self, error: BaseException) -> None:
        """Raise an error in the main thread, now or where a wait can be given up; called by signal handlers."""
        if self._main_waits or self._lock._is_owned():  # type: ignore[attr-defined]
            self.pending = error
        else:
            raise error

    def raise_pending(self) -> None:
        """Raise what a signal has left, if this is the main thread and may be interrupted."""
        if threading.get_ident() == self._main and not self._shielded:
            pending, self.pending = self.pending, None
            if isinstance(pending, BaseException):
                raise pending
            if pending is not None:
                pending()

    @contextlib.contextmanager
    def shielded(self) -> Iterator[None]:
        """For a wait that must be seen through: our signals are kept until it is over."""
        outer, self._shielded = self._shielded, True
        try:
            yield
        finally:
            self._shielded = outer


def _wake(parker: threading.Lock) -> None:
    # Several may wake the same thread: only the first finds it asleep.
    with contextlib.suppress(RuntimeError):
        parker.release()
