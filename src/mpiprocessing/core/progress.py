"""Progress: which thread looks for messages, and how the others wait.

A thread that blocks in one of our calls *drives*: it looks for messages itself, so an answer wakes it without a change of
threads. Only one thread drives at a time; others that block are parked, and woken by their reply, by anything that has come in,
or to take over when the driver leaves. While user code computes, a service thread looks now and then, so that the homes on
this rank answer.

    user code runs            the service thread sleeps on the bell (`doorbell.py`) and answers what is rung for
    a thread drives           it looks by itself; the service thread only sees now and then whether it still does
    the driver sleeps, too    on the bell; the service thread rests, until that driver leaves

So one thread of an idle rank wakes up now and then, not two; and a rank that computes is not disturbed unless somebody wants
something of it.

Signals are handled by Python in the main thread, between any two bytecodes. Our own handlers (terminate, Ctrl-C) must not
raise in the middle of a step: while the main thread is inside, they leave a step here (`leave_pending`), which is taken
where a wait can be given up cleanly. Nor may threads of a child that has ended be torn out of here: they are told (`evict`),
and leave as soon as they have given back what others rely on.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from time import monotonic, sleep

from mpiprocessing.core.backoff import PATIENCE_WITH_BUFFERS, Backoff
from mpiprocessing.core.doorbell import Doorbell
from mpiprocessing.core.frames import is_undisturbed, joined_thread
from mpiprocessing.core.lastwords import tell
from mpiprocessing.core.node import Call
from mpiprocessing.core.parked import wakes

__all__ = ["Progress"]

SWITCH_INTERVAL = 1e-4
"""Seconds after which the interpreter passes the GIL on. A rank that computes answers after about five of them, since each call
of MPI lets the GIL go: with Python's 5 ms that takes 6 to 14 ms, or more."""

_WATCH = 1e-3, 4e-3
"""Seconds after which the service thread sees again whether another one still drives: at first, and at most."""

_TRAFFIC = 2e-4
"""Seconds between two looks of the service thread at first, where messages come that nobody rings for."""

_SLICE = 0.01
"""Seconds a parked thread sleeps at most: bounds what a lost race may cost, and lets the main thread see its interrupt."""


class Progress:
    """The threads of one rank and their turns at looking.

    Args:
        lock: guards what `look` touches.
        bell: rung when something has been sent to this rank.
        look: takes one look at the network and handles what has come; returns whether anything had.
        is_busy: whether something is on its way that no ring announces.
        broken: called when the service thread cannot go on.
        has_buffers: whether large buffers are on their way, from here or to here.

    Attributes:
        pending: what a signal has left for the main thread.
        chores: what is done besides, again and again, by whichever thread is up.
        before_sleep: called in the main thread each time its wait becomes sleep; None where it has nothing to say then.
        service_naps: whether the service thread sleeps until it is rung for; see `stir`.
    """

    def __init__(
        self,
        lock: threading.RLock,
        bell: Doorbell,
        look: Callable[[], bool],
        is_busy: Callable[[], bool],
        broken: Callable[[], None],
        has_buffers: Callable[[], bool] = lambda: False,
    ) -> None:
        self._lock = lock
        self._bell = bell
        self._look = look
        self._is_busy = is_busy
        self._broken = broken
        self._has_buffers = has_buffers
        self._driving = threading.Lock()
        self._backoff = Backoff(bell)  # of whoever drives
        self._parked: deque[threading.Lock] = deque()
        self._drives = 0  # waits that are over
        self._driver_sleeps = False
        self._listens = False  # whoever sends something here rings
        self._service_listens = False
        self._service_rests = False
        self.service_naps = False
        self._relief = (
            threading.Lock()
        )  # released for the service thread when a driver leaves whose sleep it relied on
        self._relief.acquire()
        self._main = threading.main_thread().ident
        self._main_waits = False
        self._waits: dict[int, Callable[[], bool]] = {}  # thread → what it waits for, without a time limit
        self._inside: set[int] = set()  # threads that look for messages, or wait for their turn
        self._evicted: set[int] = set()  # those of them whose process has ended
        self._shielded = False
        self._patient = False
        self.pending: Callable[[], None] | None = None
        self._urgent = True
        self.chores: list[Callable[[], None]] = []
        self.before_sleep: Callable[[], None] | None = None
        self._stopped = False
        self._service = threading.Thread(target=self._serve, name="mpiprocessing-service", daemon=True)

    @property
    def stopped(self) -> bool:
        """Whether nobody answers any more."""
        return self._stopped

    def begin(self) -> None:
        """Start to answer while user code runs."""
        sys.setswitchinterval(min(SWITCH_INTERVAL, sys.getswitchinterval()))
        self._service.start()

    def end(self) -> None:
        """Stop the service thread. Threads of the program that still wait, wait for what never comes: they end as well."""
        self._stopped = True
        _wake(self._relief)
        self._bell.rouse()
        self._service.join()
        self.chores.append(self._end_thread)
        self._bell.rouse()

    def _end_thread(self) -> None:
        if threading.get_ident() != self._main:
            raise SystemExit  # nobody is told of the end of a thread

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
        deadline = None if timeout is None else monotonic() + max(timeout, 0.0)
        me = threading.get_ident()
        main = me == self._main
        outer = self._main_waits
        if main:
            self._main_waits = True
        outer_wait = self._waits.pop(me, None)
        if deadline is None and not outside:
            self._waits[me] = done
        nested = me in self._inside
        try:
            self._inside.add(me)
            while True:
                if deadline is not None and monotonic() >= deadline:
                    return False
                if self._driving.acquire(False):
                    try:
                        finished = self._drive(done, deadline, main, call, outside)
                    finally:
                        self._leave()
                else:
                    if main and self.before_sleep is not None:
                        self.before_sleep()
                    self._park(done, call, deadline)
                    finished = done()
                if main and self.pending is not None:
                    self.raise_pending()
                if finished:
                    return True
                if not main and (self._stopped or me in self._evicted):
                    raise SystemExit  # this rank has left the job: a thread that it leaves behind waits in vain
        finally:
            if main:
                self._main_waits = outer
            if outer_wait is not None:
                self._waits[me] = outer_wait
            else:
                self._waits.pop(me, None)
            if not nested:
                self._step_out(me)

    def is_inside(self, thread: int | None) -> bool:
        """Whether a thread looks for messages, or waits for its turn to do so."""
        return thread in self._inside

    def evict(self, thread: int) -> bool:
        """See that a thread ends which looks for messages or waits for its turn, in good order: others rely on it.

        Args:
            thread: its number; its process has ended.

        Returns:
            Whether it does either, and so ends by itself as soon as `rouse` is called.
        """
        if self.is_inside(thread):
            self._evicted.add(thread)
        return thread in self._evicted

    def rouse(self) -> None:
        """Have everybody look once more."""
        self._wake_all()
        self._bell.rouse()

    def _step_out(self, me: int) -> None:
        self._inside.discard(me)
        if me in self._evicted:
            self._evicted.discard(me)
            raise SystemExit

    def all_wait(self) -> int | None:
        """See whether every thread of this process waits for what only a message can bring, without a time limit.

        So does a thread that joins one of these. A thread of ours that has nothing to do says so by an attribute
        `mpiprocessing_resting`, one that may wait for another thread (`parked.py`) by `mpiprocessing_serves`: names that no
        program gives to what its own threads do.

        Returns:
            How often those that wait for another thread were woken so far; None where a thread does anything else.
        """
        if self.pending is not None or self.before_sleep is not None:
            return None  # the main thread has something to raise, or something to say before it sleeps
        ran = 0
        threads = {thread.ident: thread for thread in threading.enumerate()}
        for ident, frame in sys._current_frames().items():
            thread = threads.get(ident)
            if thread is self._service or getattr(thread, "mpiprocessing_resting", False):
                continue
            done = self._waits.get(ident)
            if done is not None:
                if not is_undisturbed(frame, Progress.until.__code__) or done():
                    return None
                continue
            woken = (
                wakes(thread, frame)
                if thread is not None and hasattr(thread, "mpiprocessing_serves")
                else None
            )
            if woken is not None:
                ran += woken
                continue
            joined = joined_thread(frame)
            if joined is None or not joined.is_alive():
                return None
        return ran

    @property
    def main(self) -> int | None:
        """The number of the main thread."""
        return self._main

    def waiting(self) -> list[int]:
        """The threads that wait for what only a message can bring, without a time limit."""
        return list(self._waits)

    def peek(self) -> None:
        """See what has come in, unless another thread is looking already; for calls that do not wait."""
        me = threading.get_ident()
        nested = me in self._inside
        try:
            self._inside.add(me)
            if (
                self._driving.acquire(False)
                and self._look_through()
                and self.service_naps
                and self._is_busy()
            ):
                self.stir()
        finally:
            if not nested:
                self._step_out(me)
        if self.pending is not None and not nested:
            self.raise_urgent()

    def _look_through(self) -> bool:
        """Look until there is nothing more. The caller has taken the turn at looking, and loses it.

        Returns:
            Whether anything had come.
        """
        came = False
        try:
            # As soon as somebody waits, looking is his turn: he must not sleep while answers pass by.
            while self._look():
                came = True
                if self._parked:
                    break
        finally:
            self._driving.release()
            if came:
                self._wake_all()
            else:
                self._hand_over()
        return came

    def _drive(
        self,
        done: Callable[[], bool],
        deadline: float | None,
        main: bool,
        call: Call | None,
        outside: bool,
    ) -> bool:
        """Look for messages until it is done, too late, or a signal has something to raise. Returns whether it is done."""
        backoff = self._backoff
        backoff.reset()
        while True:
            if self._look():
                if self._parked:
                    self._wake_all()
                if self._listens:
                    self._stop_listening()
                if done():
                    return True
                backoff.reset()
                if self._service_rests:
                    self._do_chores()
                continue
            if done():
                return True
            if main and self.pending is not None and self._may_raise():
                return False
            left = None if deadline is None else deadline - monotonic()
            if left is not None and left <= 0:
                return False
            if backoff.is_patient() or (self._has_buffers() and backoff.is_patient(PATIENCE_WITH_BUFFERS)):
                continue
            if self._stopped or (self._evicted and threading.get_ident() in self._evicted):
                return False
            self._do_chores()
            if main and self.before_sleep is not None:
                self.before_sleep()
            self._driver_sleeps = self._listens = True
            if call is not None:
                call.wake = self._bell.rouse  # another thread of this process may be the one that answers
                if call.reply is None:
                    backoff.rest(left, outside or self._is_busy())
                call.wake = None  # whoever is up needs no bell
                continue
            if threading.active_count() > 2:
                outside = True  # or make true in another way what is waited for
            backoff.rest(left, outside or self._is_busy())

    def _do_chores(self) -> None:
        for chore in self.chores:
            chore()

    def _stop_listening(self) -> None:
        """Nobody need ring for a driver that is awake; the service thread may be asleep still."""
        if not self._service_listens:
            self._listens = False
            self._bell.awake()

    def _leave(self) -> None:
        """The driver leaves: the service thread answers, if no other thread takes its place."""
        self._drives += 1
        self._driver_sleeps = False
        if self._listens:
            self._stop_listening()
        self._driving.release()
        if self._parked:
            self._hand_over()
        if self.service_naps and self._is_busy():
            self.stir()
        if self._service_rests:
            self._service_rests = False
            _wake(self._relief)

    # ---- taking turns ----

    def _park(self, done: Callable[[], bool], call: Call | None, deadline: float | None) -> None:
        """Another thread drives: sleep until something has come in, or it leaves.

        No wake-up is missed. Who drives first sees what came or gives up its turn, then wakes those who are in line; here the
        thread first stands in line, then asks once more for both.
        """
        parker = threading.Lock()
        parker.acquire()
        with self._lock:
            if call is not None:
                if call.reply is not None:
                    return
                call.wake = lambda: _wake(parker)
            self._parked.append(parker)
        if self._driving.locked() and not done():
            parker.acquire(
                timeout=_SLICE if deadline is None else max(0.0, min(_SLICE, deadline - monotonic()))
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
            drives, rung = 0, False
            backoff, (pause, longest) = Backoff(self._bell, _TRAFFIC), _WATCH
            while not self._stopped:
                self._do_chores()
                if self._driver_sleeps:
                    self._rest()
                if drives != self._drives or not self._driving.acquire(False):
                    drives = self._drives
                    sleep(pause)
                    pause = min(pause * 1.5, longest)
                    continue
                pause = _WATCH[0]
                if rung:
                    # First what it was rung for: to listen takes calls of the system, and after each of them the GIL has to be
                    # waited for while the program computes.
                    rung = False
                    self._look_through()
                    continue
                self._service_listens = self._listens = True
                self._bell.listen()
                if self._look_through():
                    backoff.reset()
                self.service_naps = True  # before it asks
                busy = self._is_busy()
                self.service_naps = not busy
                if self._stopped:  # it may have been rung for that before this thread listened
                    break
                rung = self._bell.wait(backoff.step(busy))
                if rung:
                    backoff.reset()
                self.service_naps = self._service_listens = False
        except BaseException:
            # Without this thread the rank would fall silent, and the job would hang.
            tell(traceback.format_exc())
            self._broken()

    def stir(self) -> None:
        """Something is on its way now: until it has been received the service thread looks more often, as nobody rings."""
        self.service_naps = False
        self._bell.rouse()

    def _rest(self) -> None:
        """A driver sleeps on the bell: until it leaves there is nothing to do here."""
        self._relief.acquire(False)  # a late one
        self._service_rests = True
        # Who leaves says first that it does not sleep, then asks whether anybody rests; here it is the other way round.
        if self._driver_sleeps and not self._stopped:
            self._relief.acquire()
        self._service_rests = False

    # ---- signals ----

    @property
    def main_waits(self) -> bool:
        """Whether the main thread waits, and so calls or raises what is `pending`."""
        return self._main_waits

    def leave_pending(self, step: Callable[[], None], urgent: bool = True) -> None:
        """Have that called where the main thread's wait can be given up; called by signal handlers.

        Args:
            step: may raise.
            urgent: also in a call that has done what it was to do.
        """
        self.pending, self._urgent = step, urgent
        self._bell.rouse()

    def raise_pending(self) -> None:
        """Take the step that a signal has left, which may raise, if this is the main thread and may be interrupted."""
        if threading.get_ident() == self._main and self._may_raise():
            pending, self.pending = self.pending, None
            if pending is not None:
                pending()

    def raise_urgent(self) -> None:
        """Likewise, at the end of a call that cannot be undone any more."""
        if self._urgent:
            self.raise_pending()

    def _may_raise(self) -> bool:
        return not self._shielded and (self._urgent or not self._patient)

    @contextlib.contextmanager
    def patient(self) -> Iterator[None]:
        """For a wait in a call that cannot be undone any more: what is not urgent is kept until it has returned.

        Who is interrupted there would do the same again.
        """
        outer, self._patient = self._patient, self._patient or threading.get_ident() == self._main
        try:
            yield
        finally:
            self._patient = outer

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
