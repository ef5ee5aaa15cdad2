"""A thread on each rank that states where the program waits, and on rank 0 finds out when nothing can go on.

    a rank whose program waits ──TOLD──▶ rank 0 ──ASKED──▶ ranks that are stuck ──TOLD──▶ rank 0      `judge.py` decides
    rank 0 ──OVER──▶ every rank                   the program has ended everywhere: leave
    whoever ends the job ──FLUSH──▶ every rank    write out what was printed; MPI's Abort would drop it

Theory of operation: the threads talk on a communicator of their own while the program's threads are stuck in MPI; so
MPI must allow several threads (MPI_THREAD_MULTIPLE, which mpi4py asks for). A rank tells when it has been waiting at
two looks, and once again when it goes on: whoever is at work sends nothing.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

from mpi4py import MPI

from mpiprocessing.core.abort import abort, flush
from mpiprocessing.core.lastwords import tell_as_rank
from mpiprocessing.watch import report
from mpiprocessing.watch.judge import Judge, Question
from mpiprocessing.watch.ledger import Ledger
from mpiprocessing.watch.situation import Situation

__all__ = ["DEADLOCK", "Watcher"]

DEADLOCK = 3
"""Status of a job that has ended in a deadlock."""

_TOLD, _ASKED, _OVER, _FLUSH, _FLUSHED = range(1, 6)

_LOOK = 0.1
"""Seconds between two looks of the thread."""

_FLUSHING = 2.0
"""Seconds that ranks have to write out what was printed; only one that cannot needs them all."""


class Watcher:
    """The thread of one rank.

    Args:
        ledger: what the program does on this rank.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._comm = MPI.COMM_WORLD.Dup()
        self._world = MPI.COMM_WORLD
        self._abort: Callable[[int], None] = self._world.Abort
        self.rank, self.size = self._comm.rank, self._comm.size
        self._ledger = ledger
        self._judge = Judge(self.size) if self.rank == 0 else None
        self._under_way: list[Any] = []
        self._seen: int | None = None  # the serial at the last look, None where the program went on
        self._told: int | None = None  # the serial that was told
        self._flushed = 0
        self._wake, self._over, self._gone = threading.Event(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="mpiprocessing-watch", daemon=True)

    def start(self) -> None:
        """Begin to watch. The thread is none of the program's."""
        self._thread.start()

    def finish(self) -> None:
        """The program is over on this rank: returns when it is so on all."""
        self._ledger.end()
        self._wake.set()
        self._thread.join()
        # Messages that nobody has received have been told of. To leave them to MPI's end is an error of the program's, for
        # which MPICH kills one job in ten.
        while (
            message := self._world.Improbe(MPI.ANY_SOURCE, MPI.ANY_TAG, status := MPI.Status())
        ) is not None:
            message.Recv([bytearray(status.Get_count(MPI.BYTE)), MPI.BYTE])

    def end_job(self, status: int, text: str = "") -> NoReturn:
        """End the job at once, everywhere; what was printed before gets out.

        Args:
            status: for the shell.
            text: what is to be said.
        """
        flush()
        tell_as_rank(text)
        self._send_to_others(_FLUSH, None)
        deadline = time.monotonic() + _FLUSHING
        while self._flushed < self.size - 1 and time.monotonic() < deadline:
            if threading.current_thread() is self._thread:
                self._receive()
            time.sleep(_LOOK / 10)
        abort(self._abort, status)

    # ---- the thread ----

    def _run(self) -> None:
        self._ledger.ignore_this_thread()
        try:
            self._watch()
        except (
            BaseException
        ):  # a defect of ours: without this thread the other ranks would wait for this one at the end
            tell_as_rank(f"mpiprocessing: watch has failed on rank {self.rank}:\n{traceback.format_exc()}")
            abort(self._abort, 1)

    def _watch(self) -> None:
        while not self._over.is_set() or self._under_way:
            self._wake.wait(_LOOK)
            self._wake.clear()
            self._receive()
            self._look()
            if self._judge is not None:
                self._decide(self._judge)
            self._under_way = [request for request in self._under_way if not request.Test()]

    def _receive(self) -> None:
        status = MPI.Status()
        while self._comm.Iprobe(MPI.ANY_SOURCE, MPI.ANY_TAG, status):
            source, tag = status.Get_source(), status.Get_tag()
            content = self._comm.recv(None, source, tag)
            if tag == _TOLD and self._judge is not None:
                self._judge.told(source, *content)
            elif tag == _ASKED:
                self._tell(content)
            elif tag == _OVER:
                self._over.set()
            elif tag == _FLUSH:
                flush()
                self._send(source, _FLUSHED, None)
            elif tag == _FLUSHED:
                self._flushed += 1

    def _look(self) -> None:
        serial = self._ledger.waiting()
        if serial != self._told and (serial == self._seen or self._told is not None):
            self._tell(0)
        self._seen = serial

    def _tell(self, answers: int) -> None:
        statement = self._ledger.statement()
        self._told = None if statement is None else statement.serial
        if self._judge is not None:
            self._judge.told(self.rank, statement, answers)
        else:
            self._send(0, _TOLD, (statement, answers))

    def _decide(self, judge: Judge) -> None:
        if judge.all_ended and not self._over.is_set():
            tell_as_rank(report.never_received(judge.situation))
            self._send_to_others(_OVER, None)
            self._over.set()
            return
        found = judge.look(time.monotonic())
        if isinstance(found, Question):
            for rank in sorted(found.ranks):
                if rank == self.rank:
                    self._tell(found.number)
                else:
                    self._send(rank, _ASKED, found.number)
        elif isinstance(found, Situation):
            self.end_job(DEADLOCK, report.deadlock(found, self.size))

    def _send_to_others(self, tag: int, content: Any) -> None:
        for rank in range(self.size):
            if rank != self.rank:
                self._send(rank, tag, content)

    def _send(self, rank: int, tag: int, content: Any) -> None:
        self._under_way.append(self._comm.isend(content, rank, tag))
