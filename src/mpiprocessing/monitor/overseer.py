"""Rank 0 looks at its job: it asks the ranks, keeps the status file up to date, shows the progress, and tells the report.

    thread on rank 0, about once a second    the other ranks
      ── StatusAsk ────────────────────────▶   service thread
      ◀─ StatusTold ────────────────────────
      writes status.json, the bars or lines
      looks for questions in the directory
      ── StackAsk ─────────────────────────▶
      ◀─ StackTold ─────────────────────────

A thread of its own, since a shared disk may keep whoever writes to it waiting: messages must not wait for that. No rank but 0
writes to the disk. A rank that has not answered is not asked again before it has, so that nothing piles up at one that
cannot; the status says since when it is silent.

Nothing of this counts for those who look for deadlocks (`core/witness.py`).
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from time import monotonic, time
from typing import Any

from mpiprocessing.core.errors import LaunchError
from mpiprocessing.core.messages import StackTold, StatusAsk, StatusTold
from mpiprocessing.core.runtime import Runtime
from mpiprocessing.core.stacks import Stacks
from mpiprocessing.core.wanted import TEXT, Wanted
from mpiprocessing.monitor import files
from mpiprocessing.monitor.document import Clock, Facts, Seen, Tracker, document, heartbeat, pause
from mpiprocessing.monitor.progress import progress
from mpiprocessing.monitor.rankside import RankSide
from mpiprocessing.monitor.report import report, text
from mpiprocessing.monitor.stackcalls import StackCalls

__all__ = ["Overseer"]

_ANSWERS = 0.2
"""Seconds in which most ranks have answered."""

_GRACE = 2.0
"""Seconds that ranks have for their last word; those of a job that has failed have half of it."""


class Overseer:
    """What rank 0 does for those who look at the job.

    Args:
        runtime: rank 0's runtime.
        wanted: what is wanted.
        facts: what does not change in the life of the job.
        stacks: what rank 0 tells of itself.
    """

    def __init__(self, runtime: Runtime, wanted: Wanted, facts: Facts, stacks: Stacks) -> None:
        self._runtime = runtime
        self._wanted = wanted
        self._facts = facts
        self._directory = (
            os.path.abspath(wanted.status) if wanted.status else ""
        )  # the program may go elsewhere
        self._report = wanted.report if wanted.report in ("", TEXT) else os.path.abspath(wanted.report)
        self._me = RankSide(runtime, lambda: True)
        self._seen: dict[int, Seen] = {}
        self._asked: set[int] = set()  # have not answered
        self._final = False  # it is their last word that they are asked for
        self._pause, self._heartbeat = pause(runtime.size), heartbeat(runtime.size)
        self._tracker = Tracker()
        self._stacks = StackCalls(runtime, stacks, facts)
        self._written = (0.0, "")  # when, and what of it would be news
        self._trouble = False
        self._begun = False
        self._stop = threading.Event()
        self._thread = _Thread(target=self._run, name="mpiprocessing-monitor", daemon=True)
        self._progress = progress(wanted)
        runtime.serve(StatusTold, self._told)
        runtime.serve(StackTold, self._stacks.told)

    def check(self) -> None:
        """See before the program that what is wanted can be done, and begin.

        Raises:
            LaunchError: it cannot.
        """
        self._wanted.check()
        try:
            if self._directory:
                files.prepare(self._directory)
            if self._report not in ("", TEXT):
                open(self._report, "a", encoding="utf-8").close()
        except OSError as error:
            raise LaunchError(f"cannot write to {error.filename}: {error.strerror}") from error
        self._begun = True
        self._ask(self._others())
        if self._wanted.status or self._wanted.progress:
            self._thread.start()

    # ---- asking ----

    def _others(self) -> list[int]:
        return [rank for rank in range(1, self._runtime.size) if rank not in self._runtime.node.dead]

    def _ask(self, ranks: list[int], final: bool = False) -> None:
        waits = bool(self._directory) and not final
        for rank in ranks:
            with self._runtime.lock:
                if rank not in self._asked:
                    self._asked.add(rank)
                    self._runtime.send_aside(rank, StatusAsk(waits, final))

    def _told(self, message: StatusTold) -> None:
        self._runtime.aside_received += 1
        rank = message.status.rank
        if message.final or not self._final:
            self._asked.discard(rank)
        self._seen[rank] = Seen(message.status, message.account, monotonic())

    def _see_myself(self, final: bool = False) -> None:
        with self._runtime.lock:
            account = self._me.account() if self._directory and not final else None
            self._seen[0] = Seen(self._me.status(final), account, monotonic())

    # ---- the thread ----

    def _run(self) -> None:
        while True:
            try:
                self._look()
            except Exception as error:  # the job goes on without
                if not self._trouble:
                    self._trouble = True
                    self._runtime.say(
                        f"the status of the job cannot be told: {type(error).__name__}: {error}\n"
                    )
            if self._stop.wait(self._pause):
                return

    def _look(self) -> None:
        self._ask(self._others())
        self._stop.wait(_ANSWERS)
        self._see_myself()
        now = Clock(time(), monotonic())
        with self._runtime.lock:
            seen = dict(self._seen)
            dead = set(self._runtime.node.dead)
        status = document(self._facts, seen, self._tracker, now, dead)
        self._show(status, now)
        if self._directory:
            self._answer_questions()
            self._write(status, now.monotonic)

    def _show(self, status: dict[str, Any], now: Clock) -> None:
        """Show how far calls are."""
        if self._progress is not None:
            calls = [
                (pool["name"], call, now.time - call["begun"])
                for pool in status["pools"]
                for call in pool["calls"]
            ]
            self._progress.show(calls, now.monotonic)

    def _write(self, status: dict[str, Any], now: float) -> None:
        """Write the status, if it says anything new or it is time for a sign of life."""
        news = json.dumps(
            [
                [(pool["tasks"], pool["done"], pool["running"], pool["over"]) for pool in status["pools"]],
                [
                    (
                        one["state"],
                        one["process"],
                        (one["memory"] or 0) >> 20,
                        one["task"] and one["task"]["number"],
                    )
                    for one in status["ranks"]
                ],
                status["waits"],
            ]
        )
        when, what = self._written
        if news != what or now - when >= self._heartbeat:
            files.write(self._directory, status)
            self._written = now, news

    def _answer_questions(self) -> None:
        for name, what in files.requests(self._directory):
            self._stacks.begin(name, what)
        for name, answer in self._stacks.ready():
            files.answer(self._directory, name, answer)

    # ---- the end ----

    def last_words(self, failed: bool) -> None:
        """The program has ended, the ranks are still there: what have they done?

        Args:
            failed: the program has failed: nobody is waited for for long.
        """
        if not self._begun:
            return
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_GRACE)
        if self._report or self._directory:
            self._final = True
            self._asked.clear()
            others = set(self._others())
            self._ask(sorted(others), final=True)
            with self._runtime.progress.shielded():
                self._runtime.drive_until(
                    lambda: not (self._asked & others) - self._runtime.node.dead,
                    _GRACE / 2 if failed else _GRACE,
                )
        self._see_myself(final=True)

    def end(self, status: int, figures: dict[str, Any]) -> None:
        """The job is over.

        Args:
            status: its.
            figures: messages and bytes, see `Job.figures`.
        """
        if not self._begun:
            return
        now = Clock(time(), monotonic())
        dead = set(self._runtime.node.dead)
        last = document(self._facts, self._seen, self._tracker, now, dead)
        if self._progress is not None:
            self._show(last, now)
            self._progress.end()
        if self._directory:
            last |= {"state": "ended", "status": status, "waits": []}
            with contextlib.suppress(OSError):
                files.write(self._directory, last)
        if self._report:
            told = report(self._facts, self._seen, figures, status, sorted(self._asked | dead))
            self._runtime.say(text(told).removeprefix("mpiprocessing: "))
            if self._report != TEXT:
                try:
                    with open(self._report, "w", encoding="utf-8") as file:
                        json.dump(told, file, ensure_ascii=False, indent=1)
                        file.write("\n")
                except OSError as error:
                    self._runtime.say(f"cannot write the report {self._report}: {error.strerror}\n")
        with contextlib.suppress(Exception):  # the program may have put anything there, or closed it
            sys.stderr.flush()


class _Thread(threading.Thread):
    """A thread that no program waits for, nor anybody who asks whether all wait."""

    mpiprocessing_resting = True
