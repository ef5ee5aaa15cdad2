"""How far the calls of pools are, on rank 0's stderr: a bar for each on a terminal, a line a minute in a log."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable
from typing import Any, Protocol

from mpiprocessing.core.wanted import BAR, LINES, Wanted
from mpiprocessing.monitor.terminal import terminal, width
from mpiprocessing.monitor.words import duration, pace, share

__all__ = ["Bars", "Lines", "Progress", "progress"]

_MINUTE = 60.0

_YOUNG = 1.0
"""Seconds for which a call goes on before it gets a bar: what ends at once needs none."""

Call = tuple[str, dict[str, Any], float]
"""The pool's name, the call as the status has it, and for how many seconds it has been going on."""


class Progress(Protocol):
    """Shows how far calls are."""

    def show(self, calls: list[Call], now: float) -> None:
        """These are going on; those that are no longer there have ended."""

    def end(self) -> None:
        """The job ends."""


def progress(wanted: Wanted) -> Progress | None:
    """What shows the progress, as it is wanted.

    Args:
        wanted: what is.
    """
    if not wanted.progress:
        return None
    device = terminal() if wanted.progress not in (LINES,) and not wanted.seconds() else None
    if wanted.progress == BAR or device is not None:
        return Bars(80 if device is None else width(device))
    return Lines(wanted.seconds() or _MINUTE, _say)


def _say(text: str) -> None:
    with contextlib.suppress(Exception):  # the program may close what it likes, and put anything in its place
        sys.stderr.write(text)
        sys.stderr.flush()


class Lines:
    """A line for each call, every so many seconds, and one when it has ended if there was one before.

    Args:
        every: seconds.
        say: writes a line.
    """

    def __init__(self, every: float, say: Callable[[str], None]) -> None:
        self._every = every
        self._say = say
        self._next: dict[tuple[str, int], float] = {}
        self._told: dict[tuple[str, int], dict[str, Any]] = {}

    def show(self, calls: list[Call], now: float) -> None:
        """These are going on."""
        there = set()
        for pool, call, _ in calls:
            key = (pool, call["number"])
            there.add(key)
            if now >= self._next.setdefault(key, now + self._every):
                self._next[key] += self._every
                self._told[key] = call
                self._say(f"mpiprocessing: {pool}, {_far(call)}\n")
        for key in [key for key in self._next if key not in there]:
            del self._next[key]
            call_told = self._told.pop(key, None)
            if call_told is not None:
                self._say(f"mpiprocessing: {key[0]}, {call_told['what']}: ended\n")

    def end(self) -> None:
        """The job ends."""
        self.show([], 0.0)


def _far(call: dict[str, Any]) -> str:
    done, total = call["done"], call["total"]
    of = f"{done} of {total} ({share(done, total)})" if total is not None else f"{done}"
    left = "" if call["left"] is None else f", {duration(call['left'])} left"
    return f"{call['what']}: {of}, {pace(call['rate'])}{left}"


class Bars:
    """A bar for each call.

    Args:
        columns: how wide the terminal is.
    """

    def __init__(self, columns: int) -> None:
        from tqdm import tqdm  # only a job that shows bars needs it

        class Bar(tqdm):  # type: ignore[type-arg]  # not generic at run time
            """A bar that starts no thread and makes no lock of multiprocessing: that would be one of ours."""

            monitor_interval = 0

        Bar.set_lock(threading.RLock())
        self._make = Bar
        self._columns = columns
        self._bars: dict[tuple[str, int], Any] = {}

    def show(self, calls: list[Call], now: float) -> None:
        """These are going on."""
        there = set()
        with contextlib.suppress(Exception):  # see `_say`
            for pool, call, age in sorted(calls, key=lambda one: one[1]["done"] != one[1]["total"]):
                key = (pool, call["number"])
                there.add(key)
                bar = self._bars.get(key)
                if bar is None:
                    if age < _YOUNG or call["done"] == call["total"]:
                        continue
                    bar = self._bars[key] = self._make(
                        total=call["total"],
                        desc=f"{pool}, {call['what']}",
                        unit=" items",
                        ncols=self._columns,
                        file=sys.stderr,
                        smoothing=0,  # its pace is that since the call began
                        delay=1e-6,  # not before it knows how much is done
                    )
                    bar.start_t -= age
                bar.total = call["total"]
                bar.update(call["done"] - bar.n)
                bar.refresh()
                if call["done"] == call["total"]:  # before another one begins below it
                    self._bars.pop(key).close()
            for key in [key for key in self._bars if key not in there]:
                self._bars.pop(key).close()

    def end(self) -> None:
        """The job ends."""
        self.show([], 0.0)
