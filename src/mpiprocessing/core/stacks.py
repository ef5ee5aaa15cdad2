"""Where is everybody? A signal to any rank has all ranks say what they do, at any time.

    kill -QUIT ──▶ rank 2 ──StacksAsk──▶ rank 0 ──StacksTell──▶ all, down the tree of ranks
                     │                      │                     │
                     ▼ stderr               ▼ stderr              ▼ stderr

The rank that gets the signal shows the stacks of its threads at once, whatever it does: that is the work of the interpreter's
faulthandler, which needs no Python to run, so also in C code that never returns. Then, as soon as Python runs, it says which
rank it is, and has the others say the same; there the service thread answers, also while the program computes or sleeps.

SIGQUIT is what Ctrl-\\ sends, and what the runtimes of Java and Go print their stacks for. A launcher that passes it on to all
ranks has every rank begin by itself: the rest is told once all the same.

Who looks at the job from outside (`monitor/`) asks for the stacks of one rank, as text.
"""

from __future__ import annotations

import _thread
import contextlib
import faulthandler
import os
import signal
import tempfile
import threading
from collections.abc import Callable
from time import monotonic
from types import FrameType

from mpiprocessing.core.messages import StackAsk, StacksAsk, StacksTell, StackTold, Waiter, maker
from mpiprocessing.core.runtime import Runtime
from mpiprocessing.core.testimony import waiters
from mpiprocessing.core.tree import below

__all__ = ["Stacks"]

_AGAIN = 2.0
"""Seconds within which the same is not told again."""


class Stacks:
    """What this rank tells of itself.

    Args:
        runtime: this rank's runtime.
        hosts: whether a process of the program runs here now.
    """

    def __init__(self, runtime: Runtime, hosts: Callable[[], bool]) -> None:
        self._runtime = runtime
        self._hosts = hosts
        self._told = self._spread = -_AGAIN
        self._pid = os.getpid()
        runtime.serve(StacksAsk, lambda message: self._have_all_tell())
        runtime.serve(StacksTell, lambda message: self._tell_all_below())
        runtime.serve(StackAsk, self._told_one)
        if threading.current_thread() is threading.main_thread():
            faulthandler.unregister(
                signal.SIGQUIT
            )  # it comes before the handler that it passes the signal on to
            signal.signal(signal.SIGQUIT, self._asked)
            faulthandler.register(signal.SIGQUIT, file=2, all_threads=True, chain=True)

    def _asked(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() == self._pid:  # what the program forks is no rank
            _thread.start_new_thread(self._begin, ())  # the main thread may be in the middle of a step

    def _begin(self) -> None:
        self._told = monotonic()
        self._write(self._header() + "\n  (its stacks are above, the first that came)\n")
        self._runtime.send(0, StacksAsk())

    def _told_one(self, message: StackAsk) -> None:
        self._runtime.aside_received += 1
        self._runtime.send_aside(0, StackTold(self._runtime.rank, self.text()))

    def text(self) -> str:
        """What runs on this rank: who waits for what, and the stacks of all threads."""
        with tempfile.TemporaryFile() as file:  # faulthandler writes to descriptors only
            faulthandler.dump_traceback(file, all_threads=True)
            file.seek(0)
            return f"{self._header()}\n{file.read().decode(errors='replace')}"

    def _have_all_tell(self) -> None:
        """Rank 0: all ranks are to tell."""
        now = monotonic()
        if now - self._spread >= _AGAIN:
            self._spread = now
            self._tell_all_below()

    def _tell_all_below(self) -> None:
        """This rank and all below it tell."""
        for rank in below(self._runtime.rank, self._runtime.size):
            self._runtime.send(rank, StacksTell())
        if monotonic() - self._told >= _AGAIN:
            self._told = monotonic()
            self._write(self.text())  # in one piece: launchers forward what they are given, piece by piece

    def _header(self) -> str:
        runtime = self._runtime
        where = f"rank {runtime.rank} on {runtime.transport.host}, pid {os.getpid()}"
        if not self._hosts():
            return f"{where}: no process runs here"
        waiting = waiters(runtime)
        name = waiting[0].process if waiting else ""
        lines = [f"{where}, {name}:" if name else f"{where}:"]
        lines += [_line(waiter) for waiter in waiting] or ["  waits for nothing of ours"]
        return "\n".join(lines)

    def _write(self, text: str) -> None:
        # An empty line before it: a launcher may forward half a line of the rank that got the signal, whose stacks are written
        # in small pieces, and then this.
        with contextlib.suppress(OSError):  # the program may close what it likes
            os.write(2, b"\n" + text.encode(errors="replace"))


def _line(waiter: Waiter) -> str:
    thread = f"thread {waiter.name}" if waiter.name else "main thread"
    what = " at ".join(filter(None, (waiter.verb, waiter.place)))
    thing = f" (object {waiter.home & 0xFFFFFFFF} of rank {maker(waiter.home)})" if waiter.home else ""
    return f"  {thread} waits: {what}{thing}" + (f": {waiter.line}" if waiter.line else "")
