"""A job from its beginning to its end: who is rank 0, who hosts, and what the shell is told.

Rank 0 runs the user's program, the others host its children. The program's end is the job's end: daemons are terminated, other
children joined, as in the standard library; then every rank leaves together. A program that fails ends everything at once.
The status is the program's own: 1 after an exception, n after `sys.exit(n)`.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections import Counter as Tally
from collections.abc import Callable
from multiprocessing.process import active_children, current_process
from typing import Any

from mpiprocessing.core import program, runtime
from mpiprocessing.core.children import Children, HostKeeper
from mpiprocessing.core.deadlock import DeadlockWatch, Witness
from mpiprocessing.core.ending import own_exit
from mpiprocessing.core.errors import LaunchError
from mpiprocessing.core.exitcalls import exit_calls
from mpiprocessing.core.host import Host
from mpiprocessing.core.jobtrace import JobTrace
from mpiprocessing.core.messages import JobEnd, JobEnded
from mpiprocessing.core.output import Console
from mpiprocessing.core.runtime import Runtime
from mpiprocessing.core.signals import Signals
from mpiprocessing.core.trace import Counter, EventLog, Observer, Tracing

__all__ = ["STATISTICS", "TRACE", "Job", "job", "run"]

STATISTICS = "MPIPROCESSING_STATISTICS"
"""Environment variable: a file that rank 0 writes the job's figures to, as JSON."""

TRACE = "MPIPROCESSING_TRACE"
"""Environment variable: a file name; every rank writes its events to it, with its rank as suffix."""

_GRACE = 1.0
"""Seconds that ranks with a child have to leave before the job is ended from outside."""


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
        self._ended = 0  # ranks that have left
        self._messages: Tally[str] = Tally()  # theirs, by kind
        self._bytes: Tally[str] = Tally()

    def lead(self, pids: dict[int, int]) -> None:
        """This is rank 0."""
        self.keeper = HostKeeper(self.runtime, pids)
        DeadlockWatch(self.runtime, self.keeper.hosts)
        self._console = Console(self.runtime)
        self.runtime.serve(JobEnded, self._rank_ended)

    def _rank_ended(self, message: JobEnded) -> None:
        self._ended += 1
        self._count(message.counts)

    def _count(self, counts: dict[str, tuple[int, int]]) -> None:
        for kind, (count, size) in counts.items():
            self._messages[kind] += count
            self._bytes[kind] += size

    def end(self, failed: bool) -> bool:
        """Rank 0: tell every rank to leave, and wait until they do.

        Args:
            failed: the program has failed: do not wait long for what runs there.

        Returns:
            Whether all have; false where a child does not let go of its rank.
        """
        assert self.keeper is not None
        for child in active_children():  # only a program that failed has left any
            # A pending one would start where another ends, and be joined at the interpreter's exit.
            if child.pid is None:
                child.terminate()
        self.keeper.hosts.close()
        for rank in range(1, self.runtime.size):
            self.runtime.send(rank, JobEnd())
        others = self.runtime.size - 1
        # Without a child a rank answers as soon as the machine lets it; only a child can keep it for ever.
        grace = _GRACE if failed or active_children() else None
        return self.runtime.drive_until(lambda: self._ended == others, grace)

    def figures(self, seconds: float) -> dict[str, Any]:
        """Messages and bytes of all ranks together.

        Args:
            seconds: how long the program ran on rank 0.
        """
        if self.runtime.counter is not None:
            self._count(self.runtime.counter.snapshot())
        messages, size = self._messages, self._bytes
        for kind in ("JobEnd", "JobEnded"):
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
        _job = Job(runtime.running())
    return _job


def run(
    the_program: program.Program,
    bind: Callable[[], None],
    finish: Callable[[], None],
    child: Callable[[Any, int], int],
    tracing: Tracing | None = None,
) -> int:
    """Run a program on all ranks of this job. Collective.

    Args:
        the_program: what to run on rank 0.
        bind: gives the standard library's names to our classes; called on every rank before any user code.
        finish: ends what a main process leaves: finalizers, daemons, other children.
        child: runs a process object to its end and returns its exit code; see `Host`.
        tracing: what is done about a trace, where one is wanted.

    Returns:
        The status for the shell.
    """
    global _job
    this = runtime.start()
    trace = JobTrace(this, tracing) if tracing is not None else None
    _job = Job(this, hosted=True, trace=trace)
    _observe(this, trace)
    program.settle()
    bind()
    if trace is not None:
        trace.watch()
        child = trace.child(child)
    # Before the first message can come: the gather holds no rank back but rank 0.
    if this.rank:
        Witness(this)
    host = Host(this, program.prepare, child, _job.children.orphan, program.clean_up) if this.rank else None
    pids = this.transport.gather(os.getpid())
    if host is not None:
        # Ctrl-C reaches every rank: the main program decides. The others may come for a child that has just ended, or, from a
        # batch system, for every process of the job; each child finds them as they are in a new process.
        for number in (signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM):
            signal.signal(number, signal.SIG_IGN)
        host.serve()
        runtime.stop()
        return 0
    assert pids is not None
    _job.lead(dict(enumerate(pids[1:], start=1)))
    current_process().rank = 0  # type: ignore[attr-defined]  # like any other process, the main process has one
    signals = Signals(this.progress, this.lock._is_owned)  # type: ignore[attr-defined]
    signals.begin()
    exit_calls.begin()
    begun, pid = time.monotonic(), os.getpid()
    with own_exit(lambda status: _leave(signals, status)):
        with trace.process(current_process().name) if trace is not None else contextlib.nullcontext():
            status, failed = _main(the_program, finish, trace)
    seconds = time.monotonic() - begun
    _flush()
    if os.getpid() != pid:  # the program has forked, and this copy is no rank
        os._exit(status)
    exit_calls.hand_back()
    if not _job.end(failed):
        sys.stderr.write(
            "mpiprocessing: a child process does not let go of its rank; the job is ended from outside\n"
        )
        if trace is not None:
            trace.tell_alone()
        this.transport.abort(status)
    with this.lock:  # no message in between: the trace has those that the figures count
        _write_figures(_job, seconds)
        if trace is not None:
            trace.recorder.close()
    runtime.stop()
    return status


def _leave(signals: Signals, status: int) -> None:
    """What `os._exit` does on rank 0: every rank leaves, and nothing more of the program runs."""
    the_job = job()
    if threading.current_thread() is not threading.main_thread():
        signals.call(lambda: os._exit(status))  # only the main thread may end MPI
        threading.Event().wait(_GRACE)
    elif the_job.end(failed=True):
        runtime.stop()
        # MPICH says good-bye to its launcher in an exit handler of C, and is taken for crashed without it.
        ctypes.CDLL(None).exit(status)
    elif the_job.trace is not None:
        the_job.trace.tell_alone()
    the_job.runtime.transport.abort(status)


def _main(
    the_program: program.Program, finish: Callable[[], None], trace: JobTrace | None
) -> tuple[int, bool]:
    """Run the program; returns its status, and whether the rest of the job is to end at once."""
    try:
        if trace is not None:
            trace.check()
        try:
            the_program.run()
        except SystemExit as ended:
            status = _status(ended.code)
        else:
            status = 0
        finish()
        return status, False
    except LaunchError as error:
        sys.stderr.write(f"mpiprocessing: {error}\n")
        return 2, True
    except KeyboardInterrupt:
        _show()
        return 130, True
    except BaseException:
        _show()
        return 1, True


def _show() -> None:
    """Print the exception under way, without the frames that are ours."""
    kind, error, frames = sys.exc_info()
    here = os.path.dirname(os.path.abspath(__file__))
    while frames is not None and os.path.dirname(frames.tb_frame.f_code.co_filename) == here:
        frames = frames.tb_next
    traceback.print_exception(kind, error, frames)


def _status(code: Any) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    sys.stderr.write(f"{code}\n")
    return 1


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()


def _observe(this: Runtime, trace: JobTrace | None) -> None:
    observers: list[Observer] = []
    if os.environ.get(STATISTICS):
        observers.append(Counter())
    if os.environ.get(TRACE):
        observers.append(EventLog(os.environ[TRACE], this.rank))
    if trace is not None:
        observers.append(trace.recorder)
    if observers:
        this.observe(*observers)


def _write_figures(the_job: Job, seconds: float) -> None:
    path = os.environ.get(STATISTICS)
    if path:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(the_job.figures(seconds), file)
