"""A job: rank 0 leads it, the others host child processes, and in the end all leave together.

`main.py` begins it, when the main program needs it, and ends it with the program.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections import Counter as Tally
from collections.abc import Callable
from multiprocessing.process import active_children, current_process
from typing import Any, NamedTuple

from mpiprocessing.core import resourcetracker, thisrank
from mpiprocessing.core.children import Children, HostKeeper
from mpiprocessing.core.console import Console
from mpiprocessing.core.deadlock import DeadlockWatch, patience
from mpiprocessing.core.door import Door
from mpiprocessing.core.environment import STATISTICS, TRACE
from mpiprocessing.core.host import Host
from mpiprocessing.core.jobtrace import JobTrace
from mpiprocessing.core.messages import WATCH, JobEnd, JobEnded, JobLeave, OutputWritten, SignalsHeld
from mpiprocessing.core.oversight import Overseer, Oversight
from mpiprocessing.core.preparation import clean_up, prepare
from mpiprocessing.core.printing import Printing
from mpiprocessing.core.runtime import Runtime
from mpiprocessing.core.signals import Signals
from mpiprocessing.core.stacks import Stacks
from mpiprocessing.core.trace import Counter, EventLog, Observer, Tracing
from mpiprocessing.core.witness import Witness

__all__ = ["Job", "Lead", "Plan", "job"]

_GRACE = 1.0
"""Seconds that ranks with a child have to leave before the job is ended from outside."""


_NOT_THE_PROGRAMS = tuple(kind.__name__ for kind in (JobEnd, JobEnded, *WATCH))
"""Messages that are not counted."""


class Job:
    """This rank's part in the job.

    Args:
        runtime: this rank's runtime.
        hosted: whether ranks other than 0 run children.
        trace: this rank's part in the trace, where one is wanted.

    Attributes:
        runtime: this rank's runtime.
        trace: likewise.
        children: the child processes started here.
        hosts: on rank 0, the list of free ranks.
    """

    def __init__(self, runtime: Runtime, hosted: bool = False, trace: JobTrace | None = None) -> None:
        self.runtime = runtime
        self.trace = trace
        self.children = Children(runtime, hosted)
        self.keeper: HostKeeper | None = None
        self._watch: DeadlockWatch | None = None
        self._ended: set[int] = set()  # ranks that have left
        self._may_leave = False
        self._holds_signals = False
        if hosted and runtime.transport.failures is not None:
            runtime.part = self._part
            runtime.serve(JobLeave, self._leave)
        self._messages: Tally[str] = Tally()  # theirs, by kind
        self._bytes: Tally[str] = Tally()

    def lead(self, pids: dict[int, int], signals: Signals) -> None:
        """This is rank 0.

        Args:
            pids: rank → process id of every other rank.
            signals: the main program's: what brings it the word of a deadlock.
        """
        self.keeper = HostKeeper(self.runtime, pids)
        seconds = patience()
        if seconds is not None:
            self._watch = DeadlockWatch(self.runtime, self.keeper.hosts, seconds, signals.call)
        self.runtime.serve(JobEnded, self._rank_ended)

    def _rank_ended(self, message: JobEnded) -> None:
        self._ended.add(message.rank)
        self._count(message.counts)

    def _count(self, counts: dict[str, tuple[int, int]]) -> None:
        for kind, (count, size) in counts.items():
            self._messages[kind] += count
            self._bytes[kind] += size

    def hold_signals(self) -> None:
        """Rank 0: tell the others, once, that the signals in `HELD` are the main program's."""
        if self.keeper is not None and not self._holds_signals:
            self._holds_signals = True
            for rank in set(range(1, self.runtime.size)) - self.runtime.node.dead:
                self.runtime.send(rank, SignalsHeld())

    def end(self, failed: bool) -> bool:
        """Rank 0: tell every rank to leave, and wait until they do.

        Args:
            failed: the program has failed: do not wait long for what runs there.

        Returns:
            Whether all have; false where a child does not let go of its rank.
        """
        assert self.keeper is not None
        if self._watch is not None:
            self._watch.end()
        for child in active_children():  # only a program that failed has left any
            # A pending one would start where another ends, and be joined at the interpreter's exit.
            if child.pid is None:
                child.terminate()
        self.keeper.hosts.close()
        dead = self.runtime.node.dead
        for rank in range(1, self.runtime.size):
            if rank not in dead:
                self.runtime.send(rank, JobEnd())
        others = set(range(1, self.runtime.size))
        # Without a child a rank answers as soon as the machine lets it; only a child can keep it for ever.
        grace = _GRACE if failed or active_children() else None
        return self.runtime.drive_until(lambda: others <= self._ended | dead, grace)

    def _part(self) -> None:
        """Wait until all ranks that live may leave; in a job that survives deaths, and whether MPI knows of them or not."""
        runtime = self.runtime
        if runtime.rank:
            runtime.drive_until(lambda: self._may_leave)
            return
        for rank in set(range(1, runtime.size)) - runtime.node.dead:
            runtime.send(rank, JobLeave())
        runtime.drive_until(lambda: not runtime.transport.busy, _GRACE)

    def _leave(self, message: JobLeave) -> None:
        self._may_leave = True

    def figures(self, seconds: float) -> dict[str, Any]:
        """Messages and bytes of all ranks together.

        Args:
            seconds: how long the program ran on rank 0.
        """
        if self.runtime.counter is not None:
            self._count(self.runtime.counter.snapshot())
        messages, size = self._messages, self._bytes
        for kind in _NOT_THE_PROGRAMS:
            messages.pop(kind, None)
        kinds = {kind: {"messages": messages[kind], "bytes": size[kind]} for kind in sorted(messages)}
        return {
            "ranks": self.runtime.size,
            "messages": sum(messages.values()),
            "bytes": sum(size[kind] for kind in messages),
            "kinds": kinds,
            "work_seconds": seconds,
        }


_job: Job | None = None


def job() -> Job:
    """This rank's part in the job; of a program that runs alone, or as one of many, when first asked for."""
    global _job
    if _job is None:
        _job = Job(thisrank.running())
    return _job


class Plan(NamedTuple):
    """What the modules above bring into the job.

    Args:
        bind: gives the standard library's names to our classes; called on every rank before any user code.
        finish: ends what a main process leaves: finalizers, daemons, other children.
        child: runs a process object to its end and returns its exit code; see `Host`.
        tracing: what is done about a trace, where one is wanted.
        oversight: what is done for those who look at the job.
    """

    bind: Callable[[], None]
    finish: Callable[[], None]
    child: Callable[[Any, int], int]
    tracing: Tracing | None = None
    oversight: Oversight | None = None

    def host(self, door: Door, printing: Printing) -> None:
        """Host child processes until the job ends; every rank but 0.

        Args:
            door: the way to the other ranks; it is open.
            printing: what becomes of what children print.
        """
        the_job = self._begin(door)
        trace, child = the_job.trace, self.child
        if trace is not None:
            child = trace.child(child)
        host = Host(the_job.runtime, prepare, child, the_job.children.orphan, clean_up, printing)
        Witness(the_job.runtime, host.hosts)
        Stacks(the_job.runtime, host.hosts)
        if self.oversight is not None:
            self.oversight.answer(the_job.runtime, host.hosts)
        the_job.runtime.begin()
        host.serve()
        thisrank.stop()

    def lead(self, door: Door, signals: Signals, console: Console) -> Lead:
        """Begin the job around the main program; rank 0.

        Args:
            door: the way to the other ranks; it is open.
            signals: the main program's.
            console: its streams.
        """
        the_job = self._begin(door)
        assert door.pids is not None
        signals.runtime = the_job.runtime
        the_job.lead(dict(enumerate(door.pids[1:], start=1)), signals)
        stacks = Stacks(the_job.runtime, lambda: True)
        the_job.runtime.serve(OutputWritten, console.write)
        current_process().rank = 0  # type: ignore[attr-defined]  # like any other process, the main process has one
        overseer = None
        if self.oversight is not None:
            assert door.places is not None
            places = [(host, cores, pid) for (host, cores), pid in zip(door.places, door.pids, strict=True)]
            overseer = self.oversight.lead(the_job.runtime, stacks, places)
        the_job.runtime.begin()
        return Lead(the_job, self, overseer)

    def _begin(self, door: Door) -> Job:
        global _job
        this = thisrank.start(door)
        this.transport.keep_yields_ours()
        trace = JobTrace(this, self.tracing) if self.tracing is not None else None
        _job = Job(this, hosted=True, trace=trace)
        _observe(this, trace, self.oversight is not None and self.oversight.counts)
        self.bind()
        resourcetracker.share(door.job)
        if trace is not None:
            trace.watch()
        return _job


class Lead:
    """The job around the main program."""

    def __init__(self, the_job: Job, plan: Plan, overseer: Overseer | None) -> None:
        self._job = the_job
        self._overseer = overseer
        self._trace = the_job.trace
        self.finish = plan.finish

    def watched(self) -> contextlib.AbstractContextManager[None]:
        """For the life of the main program: a trace shows it."""
        return (
            self._trace.process(current_process().name)
            if self._trace is not None
            else contextlib.nullcontext()
        )

    def check(self) -> None:
        """See before the program that it can be traced, and looked at.

        Raises:
            LaunchError: it cannot.
        """
        if self._trace is not None:
            self._trace.check()
        if self._overseer is not None:
            self._overseer.check()

    def end(self, status: int, failed: bool, seconds: float) -> None:
        """The program has ended: so does the job.

        Args:
            status: for the shell, should a child not let go of its rank.
            failed: whether it ends at once.
            seconds: how long the program ran.
        """
        the_job, trace, overseer = self._job, self._trace, self._overseer
        if overseer is not None:
            overseer.last_words(failed)
        if not the_job.end(failed):
            sys.stderr.write(
                "mpiprocessing: a child process does not let go of its rank; the job is ended from outside\n"
            )
            if trace is not None:
                trace.tell_alone()
            if overseer is not None:
                overseer.end(status, the_job.figures(seconds))
            the_job.runtime.transport.abort(status)
        with the_job.runtime.lock:  # no message in between: the trace has those that the figures count
            figures = the_job.figures(seconds)
            _write_figures(figures)
            if trace is not None:
                trace.recorder.close()
        if overseer is not None:
            overseer.end(status, figures)
        thisrank.stop()

    def leave(self, status: int, seconds: float) -> bool:
        """The program has ended without a word.

        Args:
            status: for the shell.
            seconds: how long the program ran.

        Returns:
            Whether every rank has left; false where a child does not let go of its rank.
        """
        if self._overseer is not None:
            self._overseer.last_words(failed=True)
        ended = self._job.end(failed=True)
        if self._overseer is not None:
            self._overseer.end(status, self._job.figures(seconds))
        if ended:
            thisrank.stop()
            return True
        if self._trace is not None:
            self._trace.tell_alone()
        return False


def _observe(this: Runtime, trace: JobTrace | None, counts: bool) -> None:
    observers: list[Observer] = []
    if counts or os.environ.get(STATISTICS):
        observers.append(Counter())
    if os.environ.get(TRACE):
        observers.append(EventLog(os.environ[TRACE], this.rank))
    if trace is not None:
        observers.append(trace.recorder)
    if observers:
        this.observe(*observers)


def _write_figures(figures: dict[str, Any]) -> None:
    path = os.environ.get(STATISTICS)
    if path:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(figures, file)
