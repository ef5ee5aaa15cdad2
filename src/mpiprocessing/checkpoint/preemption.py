"""A signal tells the program to stop soon: no further task is begun, those that run are saved if they end in time.

    SIGUSR1, SIGTERM ──▶ handler ──▶ each call with a checkpoint: withdraw what no worker has begun
                                     its caller, in `get` or `next`: waits for the rest, for a time; raises Preempted

The handlers are set by the first call with a checkpoint, in the main process, where the program has none of its own for that
signal, and stay: between two such calls SIGTERM ends the program with `Preempted`, and SIGUSR1 keeps the next one from
beginning. What follows the last one, to write the results down perhaps, may go on.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, Protocol

from mpiprocessing.checkpoint.journal import Journal
from mpiprocessing.core.environment import GRACE
from mpiprocessing.core.errors import Preempted
from mpiprocessing.core.signals import HELD

__all__ = ["Preemption", "Stoppable", "preempted", "preemption"]

_DEFAULT = 20.0  # batch systems kill 30 s after SIGTERM


class Stoppable(Protocol):
    """A call that can be stopped."""

    def withdraw(self) -> None:
        """Begin no more tasks; called in the main thread."""


class Preemption:
    """Whether this process was told to stop, and what is to be stopped then.

    Attributes:
        asked: the signal that has come; None while none has.
    """

    def __init__(self) -> None:
        self.asked: int | None = None
        self._until = 0.0
        self._calls: dict[int, Stoppable] = {}
        self._before: dict[int, Any] = {}

    def begin(self, call: Stoppable, tell: Callable[[], None] = lambda: None) -> None:
        """A call with a checkpoint begins.

        Args:
            call: it; until `end`.
            tell: called when the handlers are set: other ranks get these signals as well, and are to leave them to this one.
        """
        self._calls[id(call)] = call
        if self._before or threading.current_thread() is not threading.main_thread():
            return
        for number in HELD:
            if signal.getsignal(number) is signal.SIG_DFL:
                self._before[number] = signal.signal(number, self._arrived)
        if self._before:
            tell()

    def end(self, call: Stoppable) -> None:
        """It has ended, well or not; from any thread."""
        self._calls.pop(id(call), None)

    @property
    def left(self) -> float:
        """Seconds that are left for what runs."""
        return max(0.0, self._until - monotonic())

    def _arrived(self, number: int, frame: object) -> None:
        if self.asked is not None:
            return  # the program knows; launchers say it several times
        self.asked = number
        name = signal.Signals(number).name
        if not self._calls and number == signal.SIGTERM:
            raise Preempted(f"{name} came while no call with a checkpoint was under way", number, "", 0)
        if not self._calls:
            _say(f"{name}: the next call with a checkpoint will not begin")
            return
        seconds = _grace()
        self._until = monotonic() + seconds
        _say(f"{name}: no further tasks are begun; those that run have {seconds:g} s to end")
        for call in list(self._calls.values()):
            call.withdraw()


def _say(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # in one piece: other threads and ranks write as well
        sys.stderr.write(f"mpiprocessing: {text}\n")


def _grace() -> float:
    try:
        return max(0.0, float(os.environ.get(GRACE) or _DEFAULT))
    except ValueError:
        _say(f"{GRACE}={os.environ[GRACE]!r} is no number of seconds: {_DEFAULT:g} are taken")
        return _DEFAULT


preemption = Preemption()
"""That of this process."""


def preempted(journal: Journal, of: int | None) -> Preempted:
    """What ends a call that was told to stop; says so on stderr, as a `SystemExit` does not.

    Args:
        journal: that of the call.
        of: how many items it has; None where that is not known.
    """
    number = preemption.asked or signal.SIGTERM
    how_many = f"{journal.saved} of {of}" if of is not None else f"{journal.saved}"
    text = (
        f"{signal.Signals(number).name} has stopped a call: {how_many} results are in {journal.path}; "
        "run the program again to go on from there"
    )
    _say(text)
    return Preempted(text, number, journal.path, journal.saved)
