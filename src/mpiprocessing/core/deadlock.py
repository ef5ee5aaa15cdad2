"""Deadlocks are found out, and told to the main program.

Programs that wait for each other hang, and a job that hangs costs as much as one that works. So when rank 0 has waited for a
while, it asks all ranks whether anybody works (`witness.py`); when two such waves prove that nothing can happen any more
(`quiescence.py`), it asks once more, for what everybody waits (`testimony.py`), and the main program's wait ends with an error
that says so (`deadlockreport.py`): `DeadlockError`; or `RanksError` where processes wait for a rank, since with more ranks
the program might go on, as it would with the standard library.

The pauses between waves grow while somebody works, up to twice the patience; so a deadlock is told after three times the
patience at most. Where rank 0 itself works, or gets messages, there is no wave at all.

A main program that catches the error may go on. Where it comes to the very same place again, having changed nothing, the job
is ended: a loop that catches everything must not wait for ever.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from time import monotonic

from mpiprocessing.core.deadlockreport import Report
from mpiprocessing.core.environment import DEADLOCK
from mpiprocessing.core.errors import DeadlockError, LaunchError, RanksError
from mpiprocessing.core.homes.hosts import Hosts
from mpiprocessing.core.messages import Described
from mpiprocessing.core.quiescence import Quiescence, Statement, Verdict
from mpiprocessing.core.runtime import Runtime
from mpiprocessing.core.witness import Witness

__all__ = ["DeadlockWatch", "patience"]

_PATIENCE = 1.0
"""Seconds that rank 0 waits before it asks, where nothing else is said."""

_BETWEEN = 0.1
"""Seconds from a wave that found everybody waiting to the one that must find the same: what was sent in the first one is
received by then."""

_LOOKS = 4
"""How often rank 0 looks at itself in the time of its patience."""

_SAME = 3
"""After so many reports that are the same the job is ended."""


def patience() -> float | None:
    """For how long rank 0 waits before it asks, in seconds; None where nobody is to be asked.

    Raises:
        LaunchError: the environment variable says neither.
    """
    said = os.environ.get(DEADLOCK, "").strip()
    if not said:
        return _PATIENCE
    if said.lower() == "off":
        return None
    try:
        seconds = float(said)
        if not 0 < seconds < float("inf"):
            raise ValueError
    except ValueError:
        raise LaunchError(
            f"{DEADLOCK} is {said!r}: it must be 'off' or a number of seconds above 0, such as 1"
        ) from None
    return seconds


class DeadlockWatch:
    """Rank 0 asks the others when it has waited for a while.

    Args:
        runtime: rank 0's runtime.
        hosts: the list of free ranks.
        patience: see `patience`.
        raise_in_main: has a step that raises called in the main thread, wherever that waits; from any thread.
    """

    def __init__(
        self,
        runtime: Runtime,
        hosts: Hosts,
        patience: float,
        raise_in_main: Callable[[Callable[[], None]], None],
    ) -> None:
        self._runtime = runtime
        self._hosts = hosts
        self._patience = patience
        self._raise_in_main = raise_in_main
        self._witness = Witness(runtime, lambda: True, self._judge, self._tell)
        self._quiescence = Quiescence()
        self._out = False  # a wave is out
        self._ended = False
        self._next = 0.0  # when to look again
        self._mark: Statement | None = None  # what rank 0 said of itself when it began to wait
        self._waited_since = 0.0
        self._pause = patience
        self._reports: list[str] = []
        runtime.progress.chores.append(self.tick)

    def end(self) -> None:
        """The job ends: nobody is to be asked any more."""
        self._ended = True

    def tick(self) -> None:
        """Called by whichever thread is up, again and again: is it time for a wave?"""
        now = monotonic()
        if now < self._next or self._out or self._ended:
            return
        with self._runtime.lock:
            self._next = now + self._patience / _LOOKS
            said = self._witness.statement()
            if not said.waits or said != self._mark:
                # Somebody on this rank works, or did a moment ago.
                self._mark = said if said.waits else None
                self._waited_since, self._pause = now, self._patience
            elif now - self._waited_since >= self._pause and not self._out:
                self._out = True
                self._witness.ask()

    def _judge(self, said: Statement) -> None:
        now = monotonic()
        verdict = self._quiescence.judge(said)
        if verdict is Verdict.RESTS:
            self._witness.ask_what()
            return
        self._out = False
        if verdict is Verdict.AGAIN:
            self._next = now + min(_BETWEEN, self._patience)
            return
        self._waited_since = now
        self._pause = min(self._pause * 2, 2 * self._patience)

    def _tell(self, said: Described) -> None:
        self._out = False
        self._quiescence = Quiescence()
        self._mark = None  # what follows begins anew
        pending = self._hosts.pending
        text = Report(said, pending, self._runtime.size).text()
        self._reports = [*(report for report in self._reports if report == text), text]
        if len(self._reports) >= _SAME:
            sys.stderr.write(
                f"mpiprocessing: {text}\nThe main program waits here again and again; the job is ended.\n"
            )
            self._runtime.transport.abort(1)
        error = RanksError(text) if pending else DeadlockError(text)

        def step() -> None:
            raise error

        self._raise_in_main(step)
