"""The traced program: plain mpi4py, unchanged, counted and recorded.

Theory of operation: a companion of the counted program (see program.py). At the end rank 0 gets the recordings of all ranks
over a communicator of our own, and writes them. A rank that fails would end the job at once, and the others cannot be asked:
they may wait in MPI for ever. So on every rank a thread of ours looks now and then whether the recordings are wanted:

    the rank that fails ──FAILED──▶ rank 0 ──WANTED──▶ every rank
                                           ◀──RECORDED──
                        ◀──WRITTEN──

and the failing rank waits for the last of these, for a short time, before it ends the job. All that needs an MPI that several
threads may call, which mpi4py asks for; without it rank 0 writes what it knows itself.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from mpi4py import MPI

from mpiprocessing.compare import recordings as files
from mpiprocessing.compare.counting import program
from mpiprocessing.compare.counting.tally import Tally
from mpiprocessing.compare.counting.traced import TracedCounters
from mpiprocessing.compare.counting.tracer import Tracer
from mpiprocessing.core.lastwords import tell as say
from mpiprocessing.core.recording import TIMELINE, Recording

__all__ = ["main"]

_FAILED, _WANTED, _RECORDED, _WRITTEN = 1, 2, 3, 4

_INTERVAL = 0.02
"""Seconds between two looks of the thread."""

_PATIENCE = 2.0
"""Seconds that the recordings of a job that fails may take."""

Tell = Callable[[Sequence[Any]], None]


def main(argv: list[str], trace: str = "", usage: str = program.USAGE) -> None:
    """Run a program of plain mpi4py and write what its ranks did.

    Args:
        argv: `-m module` or a script (or `-c code`), and the program's own arguments.
        trace: the file for a Chrome trace, "" for none; the recordings as they are go where MPIPROCESSING_TIMELINE says.
        usage: what is said without a program.

    Raises:
        SystemExit: what the program ended with, or 2 without a program.
    """
    raw = os.environ.get(TIMELINE)
    file = os.path.abspath(trace)  # the program may go elsewhere

    def tell(recordings: Sequence[Any]) -> None:
        if files.tell(recordings, trace and file, raw):
            say(f"mpiprocessing: the trace is in {trace}\n")  # the program may have closed its stderr

    if trace and not _can_write(file):
        sys.exit(2)

    class Traced(_Companion):
        def __init__(self, tally: Tally) -> None:
            super().__init__(tally, tell)

    program.main(argv, Traced, usage)


def _can_write(file: str) -> bool:
    """Collective: whether rank 0 can write a file; it says why it cannot, before a long run and not after it."""
    problem = None
    if MPI.COMM_WORLD.rank == 0:
        try:
            open(file, "a", encoding="utf-8").close()
        except OSError as error:
            problem = str(error)
            print(f"mpiprocessing: cannot write the trace: {problem}", file=sys.stderr)
    return MPI.COMM_WORLD.bcast(problem, root=0) is None


class _Companion(program.Companion):
    """Records a program.

    Args:
        tally: where calls are counted.
        tell: called on rank 0 with the recordings that are known.
    """

    def __init__(self, tally: Tally, tell: Tell) -> None:
        self._comm = MPI.COMM_WORLD.Dup()  # of our own
        self._recording = Recording(self._comm.rank)
        self.counters: TracedCounters = TracedCounters(tally, Tracer(self._recording))
        self._tell = tell
        self._told = False
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="mpiprocessing-trace", daemon=True)
        if MPI.Query_thread() == MPI.THREAD_MULTIPLE and self._comm.size > 1:
            self._thread.start()
        self._recording.add("began", f"rank {self._comm.rank}")

    def closed(self) -> None:
        """The recording is complete."""
        self._recording.add("ended", follows=True)
        self.counters.requests.close()

    def gathered(self) -> None:
        """Collective: bring the recordings to rank 0."""
        every = self._comm.gather(self._recording.data())
        if every is not None:
            self._write(every)
        self._comm.Barrier()  # until here another rank may fail, and want to know
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def failed(self) -> None:
        """Have what is known written."""
        self._recording.add("ended", follows=True)
        if self._comm.rank == 0:
            self._collect()
        elif self._thread.is_alive():
            self._comm.isend(None, 0, _FAILED)
            # Rank 0 has that time for a rank that does not answer, and writes what it has only then.
            self._wait_for(0, _WRITTEN, time.monotonic() + 2 * _PATIENCE)

    # ---- the thread ----

    def _look(self) -> None:
        status = MPI.Status()
        while not self._over.wait(_INTERVAL):
            if self._comm.Iprobe(MPI.ANY_SOURCE, _WANTED, status):
                self._comm.recv(None, status.Get_source(), _WANTED)
                self._comm.isend(self._recording.data(), 0, _RECORDED).wait()
            elif self._comm.Iprobe(MPI.ANY_SOURCE, _FAILED, status):
                self._comm.recv(None, status.Get_source(), _FAILED)
                self._collect()
                self._comm.isend(None, status.Get_source(), _WRITTEN)

    def _collect(self) -> None:
        """Rank 0: ask every rank, and write what comes in time."""
        with self._lock:
            if self._told:
                return
            known = [self._recording.data()]
            if self._thread.is_alive():
                others = range(1, self._comm.size)
                for rank in others:
                    self._comm.isend(None, rank, _WANTED)
                deadline = time.monotonic() + _PATIENCE
                for rank in others:
                    if self._wait_for(rank, _RECORDED, deadline):
                        known.append(self._comm.recv(None, rank, _RECORDED))
            self._told = True
            self._tell(known)

    def _write(self, every: Sequence[Any]) -> None:
        with self._lock:
            if not self._told:
                self._told = True
                self._tell(every)

    def _wait_for(self, rank: int, tag: int, deadline: float) -> bool:
        while not self._comm.Iprobe(rank, tag):
            if time.monotonic() > deadline:
                return False
            time.sleep(_INTERVAL)
        return True
