"""What a rank says of itself when rank 0 asks: what it runs, since when, its memory, who waits there for what.

Nothing is noted while the program runs: the task is found in the frames of the worker's main thread, the waits as for the
report on a deadlock (`core/testimony.py`). It is the service thread that answers, also while the program computes; a rank that
is in C code that keeps the interpreter to itself answers when that returns, and rank 0 says since when it is silent.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from multiprocessing.process import current_process
from time import perf_counter

import psutil

from mpiprocessing.core.messages import Described, RankStatus, StatusAsk, StatusTold
from mpiprocessing.core.runtime import Runtime
from mpiprocessing.core.testimony import testimony
from mpiprocessing.monitor import measuring
from mpiprocessing.monitor.ledger import Ledger
from mpiprocessing.pools import worker
from mpiprocessing.pools.orders import Orders

__all__ = ["RankSide"]


class RankSide:
    """This rank's part in the status of the job.

    Args:
        runtime: this rank's runtime.
        hosts: whether a process of the program runs here now.
    """

    def __init__(self, runtime: Runtime, hosts: Callable[[], bool]) -> None:
        self._runtime = runtime
        self._hosts = hosts
        self._ledger = Ledger(runtime)
        self._process = psutil.Process()
        measuring.begin()
        Orders.looker = self._ledger
        runtime.serve(StatusAsk, self.asked)

    def asked(self, message: StatusAsk) -> None:
        """Rank 0 asks."""
        runtime = self._runtime
        runtime.aside_received += 1
        account = self.account() if message.waits else None
        runtime.send_aside(0, StatusTold(self.status(message.final), account, message.final))

    def status(self, final: bool) -> RankStatus:
        """What this rank does; under the runtime's lock."""
        hosts = self._hosts()
        usage = resource.getrusage(resource.RUSAGE_SELF)
        memory = self._process.memory_info().rss
        return RankStatus(
            rank=self._runtime.rank,
            process=current_process().name if hosts else "",
            memory=memory,
            peak=max(usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), memory),
            processor=usage.ru_utime + usage.ru_stime,
            task=self._task() if hosts else None,
            work=measuring.told(),
            pools=self._ledger.status(final),
        )

    def account(self) -> Described:
        """Who waits here for what; under the runtime's lock."""
        return testimony(self._runtime, self._hosts())

    def _task(self) -> tuple[int, int, float] | None:
        """The task that runs here: its pool, its number, and for how many seconds it has been running."""
        frame = sys._current_frames().get(self._runtime.progress.main or 0)
        while frame is not None and frame.f_code is not worker._run_next.__code__:
            frame = frame.f_back
        if frame is None:
            return None
        names = frame.f_locals
        task, began, stub = names.get("task"), names.get("began"), names.get("stub")
        if task is None or began is None or stub is None or "seconds" in names:
            return None
        return stub.home, task, perf_counter() - began
