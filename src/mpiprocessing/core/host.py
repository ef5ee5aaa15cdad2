"""A rank that hosts child processes: it waits for one, runs it in its main thread, reports how it ended, waits again.

A child leaves nothing behind for the next one: its output streams, its handles, its signal handlers and its threads end with
it.

`terminate` arrives in the service thread (or in the main thread, where that drives). What it means is for the child's own
signal handlers (`signals.py`); where it has none the child is struck (`ending.py`), as by `kill` and by its own `os._exit`.

A child may fork. The copy is no rank: what comes back here in it ends at once, and never reaches MPI.
"""

from __future__ import annotations

import contextlib
import contextvars
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator
from multiprocessing.process import current_process
from types import ModuleType
from typing import Any

from mpiprocessing.core import payload
from mpiprocessing.core.abort import flush
from mpiprocessing.core.ending import Ending, own_exit
from mpiprocessing.core.errors import ProcessTerminated
from mpiprocessing.core.exitcalls import exit_calls
from mpiprocessing.core.finalizers import finalizers
from mpiprocessing.core.lastwords import exit_status, tell, traceback_of
from mpiprocessing.core.leftovers import Leftovers, renew_chance
from mpiprocessing.core.messages import (
    HostFree,
    JobEnd,
    JobEnded,
    ParentExited,
    ProcessExited,
    ProcessStart,
    ProcessTerminate,
    SignalsHeld,
)
from mpiprocessing.core.opened import hang_up, opened
from mpiprocessing.core.output import child_streams
from mpiprocessing.core.printing import Printing
from mpiprocessing.core.runtime import Runtime
from mpiprocessing.core.signals import Signals

__all__ = ["Host"]


class Host:
    """The life of a rank that is not rank 0.

    Args:
        runtime: this rank's runtime.
        prepare: sets up what the user's program expects, from the preparation that came with the child.
        run: runs a process object to its end and returns its exit code; its second argument is a descriptor that becomes
            readable when the process's parent has ended.
        orphan: makes orphans of the children of a process that has ended before them, and returns what tells them; true where
            it has not even waited for any.
        clean_up: undoes what a child has left behind, given the names of the modules that were there before it.
        printing: what becomes of what children print.
    """

    def __init__(
        self,
        runtime: Runtime,
        prepare: Callable[[Any], None],
        run: Callable[[Any, int], int],
        orphan: Callable[[bool], Callable[[], None]],
        clean_up: Callable[[dict[str, ModuleType]], None],
        printing: Printing,
    ) -> None:
        self._runtime = runtime
        self._printing = printing
        self._prepare = prepare
        self._clean_up = clean_up
        self._run = run
        self._orphan = orphan
        self._waiting: deque[ProcessStart] = deque()
        self._current: int | None = None
        self._message: ProcessStart | None = None  # that began it
        self._unread: ProcessStart | None = None  # the same, until the process object in it is read
        self._ending: dict[int, int] = {}  # process that has not begun → signal
        self._orphans: set[int] = set()  # processes here whose parents have ended
        self._parent: int | None = None  # the descriptor to close when the current process's parent ends
        self._signals = Signals(runtime)
        self._struck = Ending(self._signals)
        self._job_ends = False
        self._pid = os.getpid()
        runtime.serve(ProcessStart, self._waiting.append)
        runtime.serve(ProcessTerminate, lambda message: self._terminate(message.process, message.signal))
        runtime.serve(ParentExited, self._parent_exited)
        runtime.serve(JobEnd, self._end_job)
        runtime.serve(SignalsHeld, self._hold_signals)
        runtime.deaths.listeners.append(self._rank_died)

    def serve(self) -> None:
        """Run children until the job ends."""
        runtime = self._runtime
        with own_exit(self._leave):
            while True:
                runtime.drive_until(lambda: bool(self._waiting) or self._job_ends)
                if not self._waiting:
                    break
                self._host(self._waiting[0])
        if runtime.observer is not None:
            # What is still held back is to be counted as well.
            runtime.drive_until(lambda: not runtime.node.outbox)
        with runtime.lock:  # no message in between: a trace has those that are counted
            counts = runtime.counter.snapshot() if runtime.counter is not None else {}
            runtime.send(0, JobEnded(runtime.rank, counts))

    def _hold_signals(self, message: SignalsHeld) -> None:
        Signals.held = True

    def hosts(self) -> bool:
        """Whether a process runs here now."""
        return self._current is not None

    def _host(self, message: ProcessStart) -> None:
        modules, leftovers = dict(sys.modules), Leftovers(lambda: self._struck.exitcode is not None)
        with child_streams(self._runtime, self._printing):
            exitcode = contextvars.Context().run(next, self._apart(message))
            if os.getpid() != self._pid:
                flush()
                os._exit(exitcode & 0xFF)
        self._current = None
        self._runtime.progress.pending = None
        ended = self._struck.exitcode is not None
        # In this order: the ends of its children, and of what it holds, are no news for its threads.
        hang_up(leftovers.disown())
        tell_orphans = self._orphan(ended)
        self._runtime.close_handles()
        tell_orphans()
        payload.forget_registered()
        with self._runtime.lock:  # none of them is in the middle of a message
            leftovers.end_threads(self._runtime.progress.evict)
        self._runtime.progress.rouse()
        self._runtime.close_handles()  # what they have made meanwhile
        leftovers.undo()
        with self._struck.silence():
            self._clean_up(modules)
            leftovers.collect()
        opened.close()
        self._ending.pop(message.process, None)
        self._orphans.discard(message.process)
        # In this order: whoever has joined the process finds the rank free.
        self._runtime.send(0, HostFree(self._runtime.rank))
        self._runtime.send(message.parent, ProcessExited(message.process, exitcode))

    def _apart(self, message: ProcessStart) -> Iterator[int]:
        """Run a child where `sys.exc_info` is its own, as it is in a generator.

        What ends a child may tear the end of an `except` block, and what that handled stays "the exception that is being
        handled" (CPython 3.11): everything that was raised later on this rank would have it as its context.
        """
        yield self._child(message)

    def _child(self, message: ProcessStart) -> int:
        signals, struck = self._signals, self._struck
        signals.begin(lambda number: struck.leave(-number), Host._run_program.__code__)
        struck.begin()
        exit_calls.begin()
        finalizers.begin()
        opened.begin()
        exitcode = 0
        try:
            with self._runtime.lock:
                told = self._ending.get(message.process)
                if self._job_ends:
                    told = signal.SIGKILL
                else:
                    self._waiting.popleft()
                self._current, self._message = message.process, message
            if told is not None:
                payload.give_up(message.payload)
                return -told
            exitcode = self._run_child(message)
        except ProcessTerminated as ended:
            exitcode = ended.exitcode
        finally:
            struck.end()
            signals.end()
            exit_calls.end()
            finalizers.end()
            opened.end()
        # Whatever the child still made of it.
        return exitcode if struck.exitcode is None else struck.exitcode

    def _run_child(self, message: ProcessStart) -> int:
        self._unread = message
        try:
            renew_chance()
            with self._watching_parent(message.process) as sentinel:
                return self._run_program(message, sentinel)
        except SystemExit as ended:  # the program's own module, imported for this child, may call sys.exit
            return exit_status(ended.code)
        except BaseException as error:
            if (end := ProcessTerminated.behind(error)) is not None:
                raise end from None
            where = f"rank {self._runtime.rank} on {self._runtime.transport.host}"
            tell(f"Process {current_process().name} ({where}) could not begin:\n{traceback_of(error)}")
            return 1
        finally:
            if (
                self._unread is not None
            ):  # its handles are still on their way: nobody would ever see their end
                payload.give_up(message.payload)

    def _run_program(self, message: ProcessStart, sentinel: int) -> int:
        """All that signals and strikes may tear."""
        self._prepare(payload.loads(message.preparation))
        self._unread = None
        return self._run(payload.loads(message.payload), sentinel)

    # ---- the parent ----

    @contextlib.contextmanager
    def _watching_parent(self, process: int) -> Iterator[int]:
        """A descriptor that becomes readable when the parent of this process ends."""
        reading, writing = os.pipe()
        with self._runtime.lock:
            self._parent = writing
            if process in self._orphans:
                self._close_parent()
        try:
            yield reading
        finally:
            with self._runtime.lock:
                self._close_parent()
            with contextlib.suppress(OSError):  # the program may close what it likes
                os.close(reading)

    def _parent_exited(self, message: ParentExited) -> None:
        if message.process == self._current:
            self._orphans.add(message.process)
            self._close_parent()
        elif any(message.process == start.process for start in self._waiting):
            self._orphans.add(message.process)

    def _rank_died(self, rank: int) -> None:
        """The parents that ran there have ended, and their daemons end with them."""
        if rank == 0:
            self._runtime.transport.main_died()
        running = (self._message,) if self._current is not None else ()
        for start in (*running, *self._waiting):
            if start is not None and start.parent == rank:
                self._parent_exited(ParentExited(start.process))
                if start.daemon:
                    self._terminate(start.process, signal.SIGTERM)

    def _close_parent(self) -> None:
        writing, self._parent = self._parent, None
        if writing is not None:
            with contextlib.suppress(OSError):
                os.close(writing)

    # ---- termination ----

    def _terminate(self, process: int, number: int) -> None:
        if process == self._current:
            if number == signal.SIGKILL:
                self._struck.strike(-number)
            else:
                self._signals.deliver(number)
        elif any(process == message.process for message in self._waiting):
            self._ending.setdefault(process, number)

    def _leave(self, status: int) -> None:
        """What `os._exit` does here."""
        self._struck.leave(status)

    def _end_job(self, message: JobEnd) -> None:
        # The main program has joined its children, and they theirs: what runs on after a good end lost its parent to
        # `terminate`. Nobody would ever end it, and its rank could not leave.
        self._job_ends = True
        self._waiting.clear()
        if self._current is not None:
            self._struck.strike(-signal.SIGKILL)
