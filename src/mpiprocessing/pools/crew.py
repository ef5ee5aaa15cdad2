"""The workers of a pool: started, replaced when they end, and ended with it.

A worker that ends while there is work gets a successor: after as many tasks as it may run, after `sys.exit` in a task. Where
workers end again and again before they were ready for a task (an initializer that raises), as many of them as the pool has
places are enough: no more are started, and when none is left all tasks fail.

A worker whose rank dies is replaced as well, by one that waits for a rank where none is free. What it had is run again, or
fails (`taskfarm.py` says which), and the pool reports it.
"""

from __future__ import annotations

import itertools
import queue
import sys
import threading
import traceback
import weakref
from collections import deque
from collections.abc import Callable
from multiprocessing import ProcessError
from multiprocessing.process import BaseProcess
from typing import Any

from mpiprocessing.core import payload
from mpiprocessing.core.errors import RanksError, WorkerDied
from mpiprocessing.core.messages import Payload
from mpiprocessing.pools.orders import Orders
from mpiprocessing.pools.worker import work

__all__ = ["Crew", "Helper"]


class Helper:
    """A thread that does steps one after the other, where they may wait; started with the first one."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._todo: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._open: deque[None] = deque()  # one for each step that was not done to its end
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def do(self, step: Callable[[], None]) -> None:
        """Have a step done."""
        with self._starting:
            if self._thread is None:
                thread = _HelperThread(self._todo, self._open, self._name)
                thread.start()
                self._thread = thread  # from now on it may be joined
        self._put(step)

    def _put(self, step: Callable[[], None] | None) -> None:
        self._open.append(None)
        self._todo.put(step)

    def drop(self) -> None:
        """Forget the steps that have not begun."""
        try:
            while True:
                self._todo.get_nowait()
                self._open.pop()
        except queue.Empty:
            pass

    def end(self) -> None:
        """Let the thread end after the steps it has got; for the collector, which may not wait."""
        self._put(None)

    def join(self) -> None:
        """Let the thread end, and wait until it has."""
        self.end()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None


class _HelperThread(threading.Thread):
    """Holds what it works on, and not the helper: that may be collected."""

    def __init__(
        self, todo: queue.SimpleQueue[Callable[[], None] | None], left: deque[None], name: str
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._todo = todo
        self._left = left

    @property
    def mpiprocessing_resting(self) -> bool:
        """Whether nothing is left to do; for those who ask whether every thread waits for messages."""
        return not self._left

    def run(self) -> None:
        """Do the steps, until there is none to come."""
        while (step := self._todo.get()) is not None:
            try:
                step()
            except Exception:
                traceback.print_exc()
            del step  # what it refers to must not live until the next one comes
            self._left.pop()
        self._left.pop()


class Crew:
    """The workers of a pool.

    Args:
        orders: what they work on.
        make: makes a process that is not started yet, from `target` and `args`.
        initializer: called with `initargs` by every worker when it starts.
        initargs: its arguments.
        maxtasks: how many tasks a worker runs in its life; None for any number.

    Attributes:
        workers: their processes.
    """

    def __init__(
        self,
        orders: Orders,
        make: Callable[..., BaseProcess],
        initializer: Callable[..., object] | None,
        initargs: tuple[Any, ...],
        maxtasks: int | None,
    ) -> None:
        self.workers: list[Any] = []
        self._orders = orders
        self._make = make
        self._arguments = (initializer, initargs, maxtasks)
        self._numbers = itertools.count(1)
        self._keeper = Helper("mpiprocessing-pool-keeper")
        self._failures = 0  # workers that ended before they were ready, since one was
        self._filled = threading.Event()
        self._closed = False
        self._ended = False

    # ---- beginning ----

    def fill(self, processes: int | None) -> None:
        """Start workers: as many as were asked for, and as there are ranks.

        Args:
            processes: how many were asked for; None for as many as there are ranks.

        Raises:
            Exception: what starting the first one raised, or pickling the initializer.
        """
        wanted = max(1, self._orders.runtime.size - 1 if processes is None else processes)
        try:
            while len(self.workers) < wanted:
                self._start(len(self.workers))
                if self.workers[-1].rank is None and len(self.workers) > 1:
                    self.workers.pop().terminate()  # no rank is free, and there are others to do the work
                    break
        except BaseException:
            self.end()
            raise
        self._filled.set()
        if len(self.workers) < (processes or 0) or self.workers[0].rank is None:
            self._say_so(wanted)

    def _say_so(self, processes: int) -> None:
        """Say that there are fewer workers than were asked for."""
        count = sum(worker.rank is not None for worker in self.workers)
        free = f"{count or 'no'} {'ranks were' if count > 1 else 'rank was'} free"
        has = f"it has {count}" if count else "its one worker waits for a rank"
        enough = self._orders.runtime.size + processes - count
        sys.stderr.write(
            f"mpiprocessing: a pool of {processes} workers was asked for and {free}: {has} "
            f"(start the job with mpiexec -n {enough} for {processes})\n"
        )

    def _start(self, place: int) -> None:
        """Start a worker in a place of the list: at its end, or where one has ended."""
        number = next(self._numbers)
        worker: Any = self._make(target=work, args=(self._orders.handle, number, *self._arguments))
        worker.name = worker.name.replace("Process", "PoolWorker")
        worker.daemon = True
        worker.start()
        worker._popen.tell_no_death()
        me = weakref.ref(self)

        def exited() -> None:
            crew = me()
            if crew is not None:
                crew._exited(number, worker)

        with self._orders.runtime.lock:  # who ends at once must be found in the list
            self.workers[place : place + 1] = [worker]
            if worker._popen.returncode is None:
                worker._popen.on_exit(exited)
            else:
                exited()

    # ---- replacing; what follows is called under the runtime's lock, or does what may wait in the keeper's thread ----

    def _exited(self, number: int, worker: Any) -> None:
        popen = worker._popen  # not `exitcode`: that is for the thread that joins

        def describe() -> str:
            return f"{worker.name} on rank {popen.rank} ended with exit code {popen.returncode}"

        if popen.death is None:
            joined = self._orders.worker_gone(number, describe)
        else:
            joined, loss = self._orders.worker_died(number, popen.death, worker.name)
            if not self._ended:
                self._keeper.do(lambda: self._orders.tell(loss))
        trouble = self._orders.trouble.pop(number, None)
        if self._ended or popen.is_orphan or worker not in self.workers:
            return
        self._failures = 0 if joined else self._failures + 1
        last = describe()
        self._keeper.do(lambda: self._replace(worker, last, trouble))

    def _replace(self, worker: Any, last: str, trouble: Payload | None) -> None:
        self._filled.wait()
        if worker not in self.workers or self._ended or (self._closed and not self._orders.wanting):
            return
        if self._failures < len(self.workers):
            try:
                self._start(self.workers.index(worker))
            except RanksError:
                self._orders.fail(self._nobody_left(worker, last))
            except Exception as error:
                if self._orders.handle.closed:
                    return  # the pool's own process has ended meanwhile
                traceback.print_exc()
                self._orders.fail(ProcessError(f"a worker of the pool could not be replaced: {error}"))
        elif all(worker._popen.returncode is not None for worker in self.workers):
            self._orders.fail(self._hopeless(last, trouble))

    def _nobody_left(self, worker: Any, last: str) -> ProcessError | WorkerDied:
        death = worker._popen.death
        text = f"the pool has no worker left, nor a rank for one: the last one ({last})"
        if death is None:
            return ProcessError(text)
        return WorkerDied(f"{text}: {death}", death.rank, death.host, death.signal, worker.name)

    def _hopeless(self, last: str, trouble: Payload | None) -> ProcessError:
        text = (
            f"the pool has no workers: {self._failures} in a row ended before they were ready for a task, the last one "
            f"({last})"
        )
        if trouble is None:
            return ProcessError(f"{text}; what it printed says why")
        problem = payload.loads(trouble)
        error = ProcessError(f"{text} because its initializer raised {problem!r}{problem.__cause__}")
        error.__cause__ = problem
        return error

    # ---- ending ----

    def close(self) -> None:
        """No more work will come: who ends is not replaced, unless there is work left."""
        self._closed = True
        if not self._orders.wanting:
            for worker in self.workers:
                if worker.rank is None:  # it waits for a rank, and for nothing to do there
                    worker.terminate()

    def join(self) -> None:
        """Wait until all have ended; when there is nothing to do any more."""
        self._keeper.join()
        for worker in self.workers:
            worker.join()

    def end(self) -> None:
        """End them at once, whatever they do, and wait until they have."""
        self._ended = True
        self._filled.set()
        self._keeper.join()
        for worker in self.workers:
            if worker.exitcode is None:
                worker.terminate()
        for worker in self.workers:
            worker.join()

    def release(self) -> None:
        """Nobody refers to the pool any more: give the ranks back, without waiting."""
        self._ended = True
        self._filled.set()
        self._keeper.end()
        for worker in self.workers:
            if worker.exitcode is None:
                worker.terminate()
