"""The threads of a manager's server: one for each thread that calls.

    thread a of rank 1 ──▶ its thread here ──▶ lock.acquire()     blocks nobody but thread a
    thread b of rank 1 ──▶ its thread here ──▶ lock.release()

A lock knows its holder by the thread, so whoever calls again finds the same thread again, as in the standard library, where
each calling thread has a connection and a thread of its own. A thread that no call has reached for want of callers ends.

A caller that gave up a call leaves a thread that is still at it; what it calls next is made by a fresh one, and the old one
ends as soon as it can. A caller that does not wait for a call has not given it up: what it calls next is made after it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from mpiprocessing.core.messages import maker

__all__ = ["NAME", "ServerThreads"]

NAME = "mpiprocessing-manager"
"""What these threads are called."""

Job = Callable[[], None]


class _Worker(threading.Thread):
    """A thread that makes one caller's calls."""

    def __init__(self) -> None:
        super().__init__(name=NAME, daemon=True)
        self.busy = False  # with a call that somebody waits for, or has given up
        self._left = 0
        self.mpiprocessing_resting = True  # for those who ask whether every thread waits for messages
        # Likewise: while it does not rest, it may wait for another of these threads.
        self.mpiprocessing_serves = True
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()

    def run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            del job  # what it held may be the last of its kind

    def give(self, job: Job | None, awaited: bool = True) -> None:
        """Do this next; None: end."""
        self.busy = awaited
        self.mpiprocessing_resting = False
        self._left += 1
        self._jobs.put(job)

    def done(self) -> None:
        """A job is done, or about to be."""
        self._left -= 1
        if not self._left:
            self.busy = False
            self.mpiprocessing_resting = True


class ServerThreads:
    """The threads of one server. All methods are called under the runtime's lock."""

    def __init__(self) -> None:
        self._workers: dict[int, _Worker] = {}

    def submit(self, thread: int, job: Job, awaited: bool = True) -> None:
        """Have a call made.

        Args:
            thread: whose call it is.
            job: makes it, and says `idle` at its end.
            awaited: whether its caller waits for it before the next one.

        Raises:
            RuntimeError: the system gives no more threads.
        """
        worker = self._workers.get(thread)
        if worker is None or worker.busy:
            if worker is not None:
                worker.give(None)
            worker = self._workers[thread] = _Worker()
            worker.start()
        worker.give(job, awaited)

    def idle(self, thread: int) -> None:
        """The call of that thread is about to be answered: the next one may come at once."""
        worker = self._workers.get(thread)
        if worker is not None and worker is threading.current_thread():
            worker.done()

    def forget(self, rank: int) -> None:
        """Nobody on that rank calls any more."""
        for thread in [thread for thread in self._workers if maker(thread) == rank]:
            self._workers.pop(thread).give(None)

    def end(self) -> None:
        """Nobody calls any more."""
        workers, self._workers = self._workers, {}
        for worker in workers.values():
            worker.give(None)
