"""`concurrent.futures.ProcessPoolExecutor`: the standard library's own, whose workers are processes of ours.

Its queues, pipes, sentinels and processes come from `multiprocessing`, so they are ours already. What is left is to say how
many workers there can be, and to keep apart those that wait for a rank: the executor files its workers by process id, and
these have none yet.

Differs from the stdlib in:
- an exception that cannot be sent is described, and the executor goes on; the standard library's is broken by it;
- there are at most as many workers as ranks beside the program's own; without `max_workers` there are that many.
"""

from __future__ import annotations

import concurrent.futures
import importlib
import itertools
import multiprocessing.queues as queues
import sys
from concurrent.futures import process as stdlib
from typing import Any

from mpiprocessing.core.thisrank import running
from mpiprocessing.pools.remote import Argument, RemoteTraceback, Travelling, describe, tells, travelling
from mpiprocessing.queues import Queue

__all__ = ["ProcessPoolExecutor", "take_over"]


class _RemoteTraceback(RemoteTraceback, stdlib._RemoteTraceback):  # type: ignore[override]  # its `tb` is made of ours
    """The cause of a future's exception, where the standard library's is expected as well."""


def _called_with(names: dict[str, Any]) -> Argument:
    """What a worker of the standard library's has called a function with: in a chunk of `map`, else as a task."""
    if "args" in names:
        return Argument(f"arguments ({describe(names['args'], {})})")
    call = names["call_item"]
    return Argument(f"arguments ({describe(call.args, call.kwargs)})")


class ProcessPoolExecutor(stdlib.ProcessPoolExecutor):
    """An executor whose workers run on other ranks; the interface is that of `concurrent.futures.ProcessPoolExecutor`.

    Args:
        max_workers: how many workers there may be; as many as there are ranks beside the program's own without it.
        args: further arguments of the standard library's executor.
        kwargs: the same by name.
    """

    def __init__(self, max_workers: int | None = None, *args: Any, **kwargs: Any) -> None:
        ranks = max(running().size - 1, 1)
        if max_workers is None:
            max_workers = ranks
        elif isinstance(max_workers, int) and max_workers > ranks:
            sys.stderr.write(
                f"mpiprocessing: an executor of {max_workers} workers was asked for and there are {ranks} ranks for them: "
                f"it has {ranks} at most (start the job with mpiexec -n {max_workers + 1} for {max_workers})\n"
            )
            max_workers = ranks
        super().__init__(max_workers, *args, **kwargs)
        self._processes: dict[int, Any] = _Workers()


class _Workers(dict[int, Any]):
    """Workers by process id; by a number below zero while that is unknown, or still stands for an earlier worker."""

    def __init__(self) -> None:
        super().__init__()
        self._serials = itertools.count(-1, -1)

    def __setitem__(self, pid: int | None, worker: Any) -> None:
        super().__setitem__(next(self._serials) if pid is None or pid in self else pid, worker)

    def pop(self, pid: int, *default: Any) -> Any:
        """Take out the worker that has this process id by now."""
        known = pid if pid in self else next((key for key, worker in self.items() if worker.pid == pid), pid)
        return super().pop(known, *default)


def _with_traceback(error: BaseException, frames: Any) -> Travelling:
    """Stands for the standard library's `_ExceptionWithTraceback`: tells where and at what, and can always be sent."""
    return travelling(error, _RemoteTraceback)


def take_over() -> None:
    """Put it in the place of the standard library's, also where that was imported before ours was bound."""
    bound: object = queues.Queue
    if bound is Queue and not issubclass(stdlib._SafeQueue, Queue):
        importlib.reload(
            stdlib
        )  # it was imported before the names were bound, and derives from what they were
    stdlib.ProcessPoolExecutor = ProcessPoolExecutor  # type: ignore[misc]
    for function in (stdlib._process_worker, stdlib._process_chunk):
        tells(_called_with)(function)
    stdlib._ExceptionWithTraceback = _with_traceback  # type: ignore[misc,assignment]
    if "ProcessPoolExecutor" in vars(concurrent.futures):
        concurrent.futures.ProcessPoolExecutor = ProcessPoolExecutor  # type: ignore[misc]
