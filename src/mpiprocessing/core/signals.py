"""The program's signal handlers, called where they may raise.

Python calls a handler between any two bytecodes of the main thread, so also in the middle of a step of ours, and what it raises
would tear that step: a message would be lost. So the handlers that the program sets stand in a table, and one of ours stands
in for each of them:

    signal arrives ──▶ in the program's own code      its handler is called at once
                   ──▶ in a wait of ours              left for the wait, which gives up cleanly, then calls it
                   ──▶ in any other step of ours      comes again a moment later, as a rule in the program's own code
                   ──▶ before the process, or after   the same: it ends with the process
                   ──▶ where a lock would stay taken  the same (`halfway.py`)
                   ──▶ while a library is imported    the same: one that is half imported stays so, for the next child as well

What has come so far is handled, as by Python itself, before the program sets a timer or a handler anew or blocks signals: after
`signal.alarm(0)` nothing comes.

`signal.signal` and `signal.getsignal` show the table. It is a new one for each child process: what the system does by default
with a signal that ends a process, it would do to the rank; here it ends the child alone, with the same exit code.

Ctrl-C reaches every rank at the same time. The main program decides what it means; in a child only `Process.interrupt`, a
handler of the child's own, or that it interrupts itself, makes something of it.
"""

from __future__ import annotations

import _thread
import functools
import os
import signal
import sys
import threading
from collections import deque
from time import sleep

from mpiprocessing.core.halfway import is_halfway, is_importing, may_raise

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    from mpiprocessing.core.runtime import Runtime

__all__ = ["HELD", "Signals", "sigterm_without_child"]

STRIKE = signal.SIGURG
"""What wakes the main thread when something is to be called there. By default it is ignored, so one that comes late does no
harm; and nothing else uses it."""

HELD = (signal.SIGUSR1, signal.SIGTERM)
"""Signals that stop a call with a checkpoint. A launcher sends them to every rank, and then they are for the main program."""

_FATAL = (signal.SIGTERM, signal.SIGALRM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
"""Signals that by default end a process, and that it may be sent."""

_THE_RANKS = {STRIKE, signal.SIGQUIT}
"""Signals that are for the rank, whatever runs on it; see `stacks.py`."""

_AGAIN = 1e-3
"""Seconds after which a signal that came in the middle of a step comes again."""

_SELDOM = 0.1
"""Seconds between its comings at most."""

_TRIES = 5
"""How often it may come again. If it ends the process, then only a step under the runtime's lock, a look for messages or an
import keeps it off; a handler that may raise, after which the program goes on, never comes into a step."""

_TRIES_HALFWAY = 8
"""The same where a thread takes a lock: who is found there again and again waits for it, and does not have it."""

_TRIES_IN_PEACE = 20
"""Likewise, after which a handler that may raise no longer waits for the end of a call that has done what it was to do; about a
second. The call may be one that nobody answers."""

_TRIES_IN_IMPORT = 60
"""The same while a library is imported; about ten seconds."""

_PATIENCE = 2.0
"""Seconds after which SIGTERM ends a rank without a child."""

_set, _get = signal.signal, signal.getsignal
_alarm, _setitimer, _mask = signal.alarm, signal.setitimer, signal.pthread_sigmask
_raise, _kill, _interrupt = signal.raise_signal, os.kill, _thread.interrupt_main


def _is_within(function: CodeType, frame: FrameType | None) -> bool:
    while frame is not None and frame.f_code is not function:
        frame = frame.f_back
    return frame is not None


class Signals:
    """The signal handlers of the process that runs on this rank.

    Attributes:
        runtime: this rank's runtime, with its waits, and with steps that nothing may tear; None while there is none.
        held: the main program has taken over the signals of `HELD` for all ranks: what they do by default they do not do here.
    """

    held = False  # of the rank, whatever runs on it

    def __init__(self, runtime: Runtime | None = None) -> None:
        self.runtime = runtime
        self._table: dict[int, Any] = {}
        self._before: dict[int, Any] = {}
        self._die: Callable[[int], None] | None = None
        self._program: CodeType | None = None
        self._life: object | None = None
        self._steps: deque[tuple[_Step, int]] = deque()
        self._late: list[_Step] = []  # signals that have come, and could not be handled yet
        self._own_interrupts = 0  # of this process, to itself, and on their way
        self._blocked: set[Any] = set()  # by the program, in its main thread
        self._blocking = threading.RLock()  # a signal may come into a step that holds it
        self._waking = 0  # the signal that is told to whoever looks for signals by a descriptor
        self._in_place = [
            (module, function, _in_place_of(module, function, ours))
            for module, function, ours in (
                (signal, _set, self.set),
                (signal, _get, self.get),
                (signal, _alarm, functools.partial(self._say_of_later, _alarm)),
                (signal, _setitimer, functools.partial(self._say_of_later, _setitimer)),
                (signal, _mask, functools.partial(self._say_of_later, _mask)),
                (signal, _raise, self._raise_signal),
                (os, _kill, self._kill),
                (_thread, _interrupt, self._interrupt_main),
            )
        ]
        self._main = threading.main_thread().ident

    # ---- the life of a process ----

    def begin(self, die: Callable[[int], None] | None = None, program: CodeType | None = None) -> None:
        """A process begins: it finds all signals as a new process does. From the main thread.

        Args:
            die: called in the main thread for a signal that ends the process; without it they do what the system does.
            program: what runs the program, if the rank outlives it: nothing is called outside of that.
        """
        self._die, self._program, self._life = die, program, object()
        self._table = {signal.SIGINT: signal.default_int_handler}
        self._before = {STRIKE: _set(STRIKE, self._struck)}
        for number in (signal.SIGINT, *(_FATAL if die is not None else ())):
            self._before[number] = _set(number, self._arrived)
        for module, function, stand_in in self._in_place:
            setattr(module, function.__name__, stand_in)

    def end(self) -> None:
        """The process has ended: what it has set is forgotten."""
        for module, function, _ in self._in_place:
            setattr(module, function.__name__, function)
        self._own_interrupts = 0
        with self._blocking:
            self._blocked = set()  # none comes any more to wait there
        for number in signal.sigpending() - _THE_RANKS:
            known = _get(number)
            if known is not None:
                _set(number, signal.SIG_IGN)  # it is forgotten: it was for the process
                _set(number, known)
        if self._die is not None:
            signal.set_wakeup_fd(-1)
        self._die = self._program = self._life = None
        self._steps.clear()
        self._late.clear()
        for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
            _setitimer(timer, 0)
        for number, handler in self._before.items():
            if handler is not None:  # not of Python: what set it is not of the program either
                _set(number, handler)

    # ---- what the program calls ----

    def set(self, signalnum: int, handler: Any) -> Any:
        """Stands for `signal.signal`."""
        frame = sys._getframe(2)
        self._settle(frame)
        before = self.get(signalnum)
        if signalnum == STRIKE:
            _set(STRIKE, self._struck)
        else:
            ours = callable(handler) or (self._covers(signalnum) and _is_word(handler))
            known = _set(signalnum, self._arrived if ours else handler)
            self._before.setdefault(signalnum, known)
        self._table[signalnum] = handler
        self._settle(frame)  # what came meanwhile
        return before

    def get(self, signalnum: int) -> Any:
        """Stands for `signal.getsignal`."""
        if signalnum in self._table:
            return _named(self._table[signalnum])
        return signal.SIG_DFL if self._covers(signalnum) or signalnum == STRIKE else _get(signalnum)

    def _say_of_later(self, function: Callable[..., Any], *args: Any) -> Any:
        """Stands for a function by which a program says something of signals to come."""
        frame = sys._getframe(2)
        self._settle(frame)
        if function is _mask and args[0] != signal.SIG_UNBLOCK:
            args = args[0], {*args[1]} - {STRIKE}  # what ends the process from outside is never blocked
        if function is _mask and threading.get_ident() == self._main:
            return self._block(frame, *args)
        answer = function(*args)
        self._settle(frame)  # what came meanwhile
        return answer

    def _block(self, frame: FrameType, how: int, mask: Any) -> Any:
        with self._blocking:
            answer = _mask(how, mask)
            self._blocked = _mask(signal.SIG_BLOCK, ())
        self._settle(frame)  # what came meanwhile
        return answer

    def _raise_signal(self, signalnum: int, /) -> None:
        """Stands for `signal.raise_signal`."""
        self._own_interrupts += signalnum == signal.SIGINT
        _raise(signalnum)
        self._settle(sys._getframe(2))

    def _kill(self, pid: int, signal_: int, /) -> None:
        """Stands for `os.kill`."""
        self._own_interrupts += signal_ == signal.SIGINT and pid == os.getpid()
        if pid != os.getpid() or not self._leave_blocked(signal_):
            _kill(pid, signal_)
        self._settle(sys._getframe(2))

    def _interrupt_main(self, signum: int = signal.SIGINT, /) -> None:
        """Stands for `_thread.interrupt_main`, which calls a handler of Python, and does nothing where there is none."""
        if not (self._covers(signum) and _is_word(self._table.get(signum, signal.SIG_DFL))):
            self._own_interrupts += signum == signal.SIGINT
            _interrupt(signum)  # type: ignore[arg-type]
            self._settle(sys._getframe(2))

    def _settle(self, frame: FrameType) -> None:
        """Handle what has come and had to wait, where that may be."""
        if threading.get_ident() == self._main and self._is_in_program(frame) and may_raise(frame):
            while self._late:
                self._late.pop(0)(frame)  # may raise: the others wait on

    def _covers(self, number: int) -> bool:
        return number == signal.SIGINT or (self._die is not None and number in _FATAL)

    # ---- signals from other ranks, calls from other threads ----

    def deliver(self, number: int) -> bool:
        """Have a signal take effect as if it had been sent to this process alone; from any thread.

        Returns:
            False where the process ignores it.
        """
        handler = self._table.get(number, signal.SIG_DFL)
        if handler == signal.SIG_IGN:
            return False
        if not self._leave_blocked(number):
            act = functools.partial(self._act_as_sent, number, handler)
            self._call(_Step(act, self._life, final=not callable(handler), number=number))
        return True

    def _leave_blocked(self, number: int) -> bool:
        """Send a signal that the main thread has blocked to that thread, where it waits, or is waited for (`signal.sigwait`).

        The rank's other threads block none, and the system would have one of them take it.
        """
        with self._blocking:
            if number not in self._blocked:
                return False
            self._own_interrupts += number == signal.SIGINT
            assert self._main is not None
            signal.pthread_kill(self._main, number)
            return True

    def _act_as_sent(self, number: int, handler: Any, frame: FrameType | None) -> None:
        """What a signal does that came by a message: event loops (asyncio's) look for it at their wakeup descriptor."""
        if self._leave_blocked(number):
            return
        if callable(handler):
            self._waking = number
            try:
                _raise(number)  # only the interpreter knows the descriptor; its handler has nothing to do
            finally:
                self._waking = 0
        self._act(number, handler, frame)

    def call(self, step: Callable[[], None]) -> None:
        """Have something called in the main thread, where it may raise; from any thread."""
        self._call(_Step(lambda frame: step(), self._life, final=True))

    def _call(self, step: _Step) -> None:
        _thread.start_new_thread(self._insist, (step,))

    def strike(self, step: Callable[[], None], tries: int) -> None:
        """Like `call`, if it can be done now; for a caller that comes again, and says how often it has come."""
        self._strike(_Step(lambda frame: step(), self._life, final=True), tries)

    def _strike(self, step: _Step, tries: int) -> None:
        self._steps.append((step, tries))
        assert self._main is not None
        signal.pthread_kill(self._main, STRIKE)

    def _insist(self, step: _Step) -> None:
        # Python may miss a signal that comes just before a call blocks: it looks for it when the call returns.
        tries, pause = 0, _AGAIN
        while not step.done and step.life is self._life:
            tries += 1
            self._strike(step, tries)
            sleep(pause)
            pause = min(pause * 1.5, _SELDOM)

    # ---- arriving ----

    def _struck(self, number: int, frame: FrameType | None) -> None:
        # A second strike may come between any two lines of this handler, and take what this one has just seen.
        while (left := self._left()) is not None:
            self._hand_over(*left, frame)
        if number in self._table:
            self._arrived(number, frame)

    def _left(self) -> tuple[_Step, int] | None:
        try:
            return self._steps.popleft()
        except IndexError:
            return None

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        if number == self._waking:
            return
        handler = self._table.get(number, signal.SIG_DFL)
        own = False
        if number == signal.SIGINT:
            own, self._own_interrupts = self._own_interrupts > 0, 0
        if handler == signal.SIG_IGN or (self.held and number in HELD and not callable(handler)):
            return
        if (
            number == signal.SIGINT
            and not own
            and handler is signal.default_int_handler
            and self._die is not None
        ):
            return  # Ctrl-C reaches every rank: the main program decides
        if any(step.number == number and not step.done for step in self._late):
            return  # one that has come and was not handled yet stands for those after it, as in the system
        self._hand_over(self._step(number, handler), 0, frame)

    def _step(self, number: int, handler: Any) -> _Step:
        """What a signal does."""
        return _Step(
            functools.partial(self._act, number, handler),
            self._life,
            final=not callable(handler),
            number=number,
        )

    def _act(self, number: int, handler: Any, frame: FrameType | None) -> None:
        if callable(handler):
            handler(number, frame)
        elif self._die is not None:
            self._die(number)
        else:
            os._exit(128 + number)  # which is ours in the main program, and takes the job along

    def _hand_over(self, step: _Step, tries: int, frame: FrameType | None) -> None:
        if step.done or step.life is not self._life:
            return
        if self._is_in_program(frame):
            progress = self.runtime.progress if self.runtime is not None else None
            waits = progress is not None and progress.main_waits
            most = _TRIES_IN_IMPORT if is_importing(frame) else _TRIES
            whole = tries > _TRIES_HALFWAY or not is_halfway(frame)
            insists = step.final and tries >= most and not waits and not self._is_locked()
            if whole and (may_raise(frame) or insists):
                step(frame)
                return
            # A program that does little else than call us is hardly ever found in its own code.
            if (
                progress is not None
                and (waits or tries >= _TRIES)
                and self._has_place(progress.pending, step)
            ):
                progress.leave_pending(step, step.final or tries >= _TRIES_IN_PEACE)
        if not tries:
            self._late = [one for one in self._late if not one.done] + [step]
            # The wait may have been about to end, and not look any more.
            self._call(step)

    def _is_in_program(self, frame: FrameType | None) -> bool:
        return self._program is None or _is_within(self._program, frame)

    @staticmethod
    def _has_place(pending: Any, step: _Step) -> bool:
        return pending is None or pending is step or (isinstance(pending, _Step) and pending.done)

    def _is_locked(self) -> bool:
        """Whether the main thread is in the middle of something that others rely on."""
        runtime = self.runtime
        if runtime is None:
            return False
        return runtime.lock._is_owned() or runtime.progress.is_inside(self._main)  # type: ignore[attr-defined]


def sigterm_without_child(number: int, frame: FrameType | None) -> None:
    """What SIGTERM does on a rank other than 0 that runs no child: it ends the rank, a moment later.

    The word that these signals are for the main program may be on its way.
    """
    if Signals.held:
        return
    if _told:
        _set(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        return
    _told.append(number)
    again = threading.Timer(_PATIENCE, os.kill, (os.getpid(), number))
    again.daemon = True
    again.start()


_told: list[int] = []


class _Step:
    """Something to be called once, by whoever comes to it first, while that process lives.

    Args:
        step: gets the frame in which it is called.
        life: of the process.
        final: whether the process ends with it: after a while it may come between two lines of ours.
        number: of the signal that it is; 0 for none.
    """

    def __init__(
        self, step: Callable[[FrameType | None], None], life: object, final: bool, number: int = 0
    ) -> None:
        self._step = step
        self.number = number
        self.life = life
        self.final = final
        self.done = False

    def __call__(self, frame: FrameType | None = None) -> None:
        if not self.done:
            self.done = True
            self._step(frame or sys._getframe(1))


def _in_place_of(module: Any, function: Callable[..., Any], ours: Callable[..., Any]) -> Callable[..., Any]:
    """Ours under the other's name, by which it is pickled: `signal.signal` is a popular initializer of pools."""

    @functools.wraps(function)
    def stand_in(*args: Any, **kwargs: Any) -> Any:
        return ours(*args, **kwargs)

    stand_in.__module__ = module.__name__
    return stand_in


def _is_word(handler: Any) -> bool:
    return handler in (signal.SIG_DFL, signal.SIG_IGN)


def _named(handler: Any) -> Any:
    return signal.Handlers(handler) if _is_word(handler) else handler
