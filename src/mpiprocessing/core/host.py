"""A rank that hosts child processes: it waits for one, runs it in its main thread, reports how it ended, waits again.

A child leaves nothing behind for the next one: its output streams, its handles, its signal handlers and its non-daemon threads
end with it.

`terminate` arrives in the service thread (or in the main thread, where that drives). It raises SIGTERM in this very rank, so
that the child's own handler runs if it has set one, and a sleeping or blocked main thread wakes. Our handler raises
`ProcessTerminated`. While the child goes on regardless (it caught the exception, or Python dropped it because it came inside a
finalizer, or it sits in C code), the signal is repeated; and whatever the child still makes of it, it was terminated.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from typing import Any

from mpiprocessing.core import payload
from mpiprocessing.core.errors import ProcessTerminated
from mpiprocessing.core.messages import (
    HostFree,
    JobEnd,
    JobEnded,
    ProcessExited,
    ProcessStart,
    ProcessTerminate,
)
from mpiprocessing.core.output import child_streams
from mpiprocessing.core.runtime import Runtime

__all__ = ["Host"]

_REPEAT = 0.01, 0.2
"""Seconds after which a child that has not ended is told again: at first, and at most."""


class Host:
    """The life of a rank that is not rank 0.

    Args:
        runtime: this rank's runtime.
        prepare: sets up what the user's program expects, from the preparation that came with the child.
        run: runs a process object to its end and returns its exit code.
        clean_up: undoes what a child has left behind, given the names of the modules that were there before it.
    """

    def __init__(
        self,
        runtime: Runtime,
        prepare: Callable[[Any], None],
        run: Callable[[Any], int],
        clean_up: Callable[[set[str]], None],
    ) -> None:
        self._runtime = runtime
        self._prepare = prepare
        self._clean_up = clean_up
        self._run = run
        self._waiting: deque[ProcessStart] = deque()
        self._current: int | None = None
        self._ending: dict[int, int] = {}  # process → signal
        self._armed = False  # the child's own code runs: an exception may be raised in it
        self._struck = False  # our handler has run: the child has not set its own
        self._job_ends = False
        runtime.serve(ProcessStart, self._waiting.append)
        runtime.serve(ProcessTerminate, lambda message: self._terminate(message.process, message.signal))
        runtime.serve(JobEnd, self._end_job)

    def serve(self) -> None:
        """Run children until the job ends."""
        runtime = self._runtime
        while True:
            runtime.drive_until(lambda: bool(self._waiting) or self._job_ends)
            if not self._waiting:
                break
            self._host(self._waiting.popleft())
        if runtime.counter is not None:
            # What is still held back is to be counted as well.
            runtime.drive_until(lambda: not runtime.node.outbox)
        counts = runtime.counter.snapshot() if runtime.counter is not None else {}
        runtime.send(0, JobEnded(runtime.rank, counts))

    def _host(self, message: ProcessStart) -> None:
        modules = set(sys.modules)
        handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        self._struck = False
        with child_streams(self._runtime):
            exitcode = self._child(message)
        self._current = None
        self._runtime.progress.pending = None
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if self._struck:
            exitcode = -self._ending.get(message.process, signal.SIGTERM)
        self._runtime.close_handles()
        self._clean_up(modules)
        self._ending.pop(message.process, None)
        # In this order: whoever has joined the process finds the rank free.
        self._runtime.send(0, HostFree(self._runtime.rank))
        self._runtime.send(message.parent, ProcessExited(message.process, exitcode))

    def _child(self, message: ProcessStart) -> int:
        signal.signal(signal.SIGTERM, self._on_terminate)
        try:
            with self._runtime.lock:
                self._current = message.process
                told = self._ending.get(message.process)
            if told is not None:
                payload.give_up(message.payload)
                return -told
            self._armed = True
            self._prepare(payload.loads(message.preparation))
            exitcode = self._run(payload.loads(message.payload))
            self._armed = False  # still inside: what our handler raised before this line is caught below
            return exitcode
        except ProcessTerminated as ended:
            return -ended.signal
        except SystemExit as ended:  # the program's own module, imported for this child, may call sys.exit
            return ended.code & 0xFF if isinstance(ended.code, int) else int(ended.code is not None)
        except BaseException:
            sys.stderr.write(
                f"rank {self._runtime.rank} on {self._runtime.transport.host} cannot read the process:\n"
            )
            traceback.print_exc()
            return 1
        finally:
            self._armed = False

    # ---- termination ----

    def _terminate(self, process: int, number: int) -> None:
        if process != self._current and all(process != message.process for message in self._waiting):
            return  # it has ended meanwhile
        self._ending.setdefault(process, number)
        if process == self._current:
            self._tell()
            threading.Thread(target=self._insist, args=(process,), daemon=True).start()

    def _tell(self) -> None:
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGTERM)

    def _insist(self, process: int) -> None:
        pause, longest = _REPEAT
        time.sleep(pause)
        while self._current == process:
            self._tell()
            time.sleep(pause := min(pause * 2, longest))

    def _on_terminate(self, number: int, frame: Any) -> None:
        self._struck = True
        if self._armed and self._current is not None:
            self._runtime.progress.interrupt(
                ProcessTerminated(self._ending.get(self._current, signal.SIGTERM))
            )

    def _end_job(self, message: JobEnd) -> None:
        # The main program has joined its children, and they theirs: what runs on after a good end lost its parent to
        # `terminate`. Nobody would ever end it, and its rank could not leave.
        self._job_ends = True
        self._waiting.clear()
        if self._current is not None:
            self._terminate(self._current, signal.SIGTERM)
