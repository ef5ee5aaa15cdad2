"""Children that wait for a rank while everybody else waits for them: found out, and told to the main program.

    rank 0                       the ranks below it           the ranks below those
      │──── DeadlockAsk ───────────▶│──── DeadlockAsk ───────────▶│      are all your threads waiting, and how much have
      │◀─── DeadlockTold ───────────│◀─── DeadlockTold ───────────│      you sent and received?

A process that needs a rank of its own and finds none is *pending*. Mostly one gets free; but where the running ones wait for
the pending one (a barrier of four on three ranks) none ever will. The standard library would simply start one more process.
So while children are pending, rank 0 asks now and then, down a tree whose answers are added up on their way back, and no
further than to the first that works; `quiescence.py` says when they prove that nothing can go on. Then the main program's
wait ends with a `RanksError` that says who waits where, and how many ranks would do.

A rank counts as waiting only if each of its threads waits in a call of ours, without a time limit and for nothing but
messages. A sleeping or computing thread, a timer or a signal handler of the program's own: the rank might go on.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.process import current_process
from types import FrameType

from mpiprocessing.core.errors import RanksError
from mpiprocessing.core.homes.hosts import Hosts
from mpiprocessing.core.messages import DeadlockAsk, DeadlockTold
from mpiprocessing.core.quiescence import Quiescence, Statement, Verdict
from mpiprocessing.core.runtime import Runtime
from mpiprocessing.core.tree import above, below

__all__ = ["DeadlockWatch", "Witness"]

_FIRST, _LONGEST = 0.2, 3.0
"""Seconds between two waves: at first, and at most."""

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_STDLIB = os.path.dirname(os.path.abspath(threading.__file__)) + os.sep


class Witness:
    """A rank that states whether it and all below it wait.

    Args:
        runtime: this rank's runtime.
        told: on rank 0, called with what all ranks say together.
    """

    def __init__(self, runtime: Runtime, told: Callable[[Statement], None] | None = None) -> None:
        self._runtime = runtime
        self._told = told
        self._said = Statement(False, 0, 0, ())
        self._awaited = 0  # ranks below that have not answered
        self._in = 0  # messages of this very conversation do not count as work
        self._out = 0
        runtime.serve(DeadlockAsk, self._asked)
        runtime.serve(DeadlockTold, self._answered)

    def ask(self) -> None:
        """Have this rank and all below it make their statements; under the runtime's lock."""
        self._said = self._statement()
        # Where this rank does not wait, what the others do is of no interest.
        ranks = below(self._runtime.rank, self._runtime.size) if self._said.waits else []
        self._awaited = len(ranks)
        for rank in ranks:
            self._send(rank, DeadlockAsk())
        self._conclude()

    def _asked(self, message: DeadlockAsk) -> None:
        self._in += 1
        self.ask()

    def _answered(self, message: DeadlockTold) -> None:
        self._in += 1
        said = Statement(message.waits, message.sent, message.received, message.places)
        self._said = self._said.together_with(said)
        self._awaited -= 1
        self._conclude()

    def _conclude(self) -> None:
        if self._awaited:
            return
        if self._told is not None:
            self._told(self._said)
        else:
            self._send(above(self._runtime.rank), DeadlockTold(*self._said))

    def _send(self, rank: int, message: DeadlockAsk | DeadlockTold) -> None:
        self._out += 1
        self._runtime.send(rank, message)

    def _statement(self) -> Statement:
        """What this rank says of itself."""
        runtime = self._runtime
        node = runtime.node
        waits = (
            not node.outbox.holds
            and not runtime.dropped
            and not runtime.later
            and not node.restless
            and runtime.progress.all_wait()
            and not _may_be_signalled()
        )
        places = ((runtime.rank, f"{current_process().name}: {_place()}"),) if waits else ()
        return Statement(waits, node.outbox.pushed - self._out, node.delivered - self._in, places)


class DeadlockWatch:
    """Rank 0 asks the others while children are pending.

    Args:
        runtime: rank 0's runtime.
        hosts: the list of free ranks.
    """

    def __init__(self, runtime: Runtime, hosts: Hosts) -> None:
        self._runtime = runtime
        self._hosts = hosts
        self._witness = Witness(runtime, self._judge)
        self._quiescence = Quiescence()
        self._out = False  # a wave is out
        self._pause = _FIRST
        self._next: float | None = None
        runtime.progress.chores.append(self.tick)

    def tick(self) -> None:
        """Called by the service thread again and again: is it time for a wave?"""
        if not self._hosts.pending:
            self._next = None
            return
        now = time.monotonic()
        if self._next is None:
            self._pause, self._next = _FIRST, now + _FIRST
        elif now >= self._next and not self._out:
            self._pause = min(self._pause * 2, _LONGEST)
            self._next = now + self._pause
            with self._runtime.lock:
                self._out = True
                self._witness.ask()

    def _judge(self, said: Statement) -> None:
        self._out = False
        verdict = self._quiescence.judge(said)
        if verdict is Verdict.AGAIN:
            self._next = time.monotonic()
        elif verdict is Verdict.RESTS and self._hosts.pending:
            self._next = time.monotonic() + _LONGEST
            self._runtime.progress.interrupt(RanksError(self._report(said)))

    def _report(self, said: Statement) -> str:
        pending, size = self._hosts.pending, self._runtime.size
        waiting = "1 process waits" if pending == 1 else f"{pending} processes wait"
        places = [f"  rank {rank}, {place}" for rank, place in said.places]
        if size > len(places):
            places.append(f"  and {size - len(places)} more")
        return (
            f"nothing can go on: {waiting} for a free rank, and all {size} ranks are blocked:\n"
            + "\n".join(places)
            + "\nProcesses that wait for each other need a rank each: "
            + f"start the job with 'mpiexec -n {size + pending}' or more"
        )


def _may_be_signalled() -> bool:
    """Whether a timer runs, or the program has a handler of its own for a signal: it may wake what waits."""
    if signal.getitimer(signal.ITIMER_REAL)[0]:
        return True
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGUSR1, signal.SIGUSR2):
        handler = signal.getsignal(number)
        if callable(handler) and handler is not signal.default_int_handler:
            module = getattr(handler, "__module__", None) or ""
            if not module.startswith("mpiprocessing."):
                return True
    return False


def _place() -> str:
    """Where the main thread waits: the line of the user's program that called us."""
    main = threading.main_thread().ident
    frame: FrameType | None = sys._current_frames().get(main or 0)
    while frame is not None and frame.f_code.co_filename.startswith((_OURS, _STDLIB, "<frozen")):
        frame = frame.f_back
    if frame is None:
        return "at the end of the program, waiting for its processes"
    return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
