"""Pools of worker processes.

    map(f, xs) ──chunks──▶ task farm (home) ──PoolRun──▶ worker
                                            ◀──PoolRan──

The farm's home is on the rank that made the pool. It hands the next task out where a result comes in, inside the message
handler, so there is no dispatching thread and a master that computes does not stop its workers. Results are unpickled by
whoever asks for them. Derived from CPython's `Lib/multiprocessing/pool.py`; its results' interfaces are kept.

Differs from the stdlib in:
- a pool takes the ranks that are free when it is made; asked for more workers than that, it says so and takes what there is;
- tasks go to whoever is free, some ahead of time while there are plenty; the function travels once to each worker;
- a task whose worker ends (`sys.exit`, a crash of its Python code) fails with `ProcessError` instead of never being answered;
- callbacks run in a thread of the pool, started only if one is given.
"""

from __future__ import annotations

import itertools
import queue
import sys
import threading
import traceback
import warnings
import weakref
from collections.abc import Callable, Iterable, Sequence
from multiprocessing import ProcessError
from multiprocessing.pool import MaybeEncodingError  # type: ignore[attr-defined]
from multiprocessing.util import Finalize
from typing import Any

from mpiprocessing.core import payload
from mpiprocessing.core.handle import Handle
from mpiprocessing.core.homes.taskfarm import Task, TaskFarmHome, TaskFarmStub
from mpiprocessing.core.job import job
from mpiprocessing.core.messages import Payload
from mpiprocessing.process import Process
from mpiprocessing.results import ApplyResult, AsyncResult, MapResult
from mpiprocessing.worker import APPLY, MAP, STARMAP, work

__all__ = ["ApplyResult", "AsyncResult", "MapResult", "MaybeEncodingError", "Pool"]

INIT, RUN, CLOSE, TERMINATE = "INIT", "RUN", "CLOSE", "TERMINATE"


class Pool:
    """A pool of worker processes; the interface is that of `multiprocessing.Pool`.

    Args:
        processes: how many workers; as many as ranks are free without it.
        initializer: called with `initargs` by every worker when it starts.
        initargs: its arguments.
        maxtasksperchild: accepted; workers live as long as the pool.
        context: accepted; there is one way to start processes.
    """

    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
        context: Any = None,
    ) -> None:
        self._pool: list[Process] = []
        self._state = INIT
        if processes is not None and processes < 1:
            raise ValueError("Number of processes must be at least 1")
        if maxtasksperchild is not None and (not isinstance(maxtasksperchild, int) or maxtasksperchild <= 0):
            raise ValueError("maxtasksperchild must be a positive int or None")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        self._runtime = job().runtime
        self._initializer, self._initargs = initializer, tuple(initargs)
        self._results: dict[int, tuple[ApplyResult, int]] = {}  # task → result, and which part of it
        self._functions: dict[bytes, int] = {}
        self._serials = itertools.count(1)
        self._worker_serials = itertools.count(1)
        self._todo: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._helper: threading.Thread | None = None
        ended = weakref.WeakMethod(self._task_ended)
        self._handle: Handle = Handle.to_new(TaskFarmHome, TaskFarmStub, _weakly(ended))[0]
        home = self._handle.home()
        assert isinstance(home, TaskFarmHome)
        self._farm = home
        self._fill(processes)
        self._processes = len(self._pool)
        self._state = RUN
        # A process that ends ends its pools first, or they would replace the workers that end with it.
        Finalize(None, _end, args=(weakref.ref(self),), exitpriority=15)
        # A pool nobody refers to any more gives its ranks back; the collector may not send messages itself.
        workers, runtime = self._pool, self._runtime
        weakref.finalize(self, lambda: runtime.later.append(lambda: _release(workers))).atexit = False

    # ---- workers ----

    def _fill(self, processes: int | None) -> None:
        """Start workers: as many as were asked for, and as there are ranks."""
        wanted = self._runtime.size - 1 if processes is None else processes
        while len(self._pool) < max(wanted, 1):
            worker = self._start_worker()
            if worker.rank is None and self._pool:  # no rank is free, and there are others to do the work
                worker.terminate()
                break
            self._pool.append(worker)
        if processes is not None and len(self._pool) < processes:
            sys.stderr.write(
                f"mpiprocessing: a pool of {processes} workers was asked for and {len(self._pool)} ranks were free: "
                f"it has {len(self._pool)} (start the job with mpiexec -n {processes + 1} for {processes})\n"
            )

    def _start_worker(self) -> Process:
        number = next(self._worker_serials)
        worker = Process(
            target=work, args=(self._handle, number, self._initializer, self._initargs), daemon=True
        )
        worker.name = worker.name.replace("Process", "PoolWorker")
        worker.start()
        popen: Any = worker._popen  # type: ignore[attr-defined]
        me = weakref.ref(self)

        def exited() -> None:
            pool = me()
            if pool is not None:
                pool._worker_exited(number, worker)

        with self._runtime.lock:
            if popen.returncode is None:
                popen.on_exit(exited)
        return worker

    def _worker_exited(self, number: int, worker: Process) -> None:
        """A worker's process has ended; called under the runtime's lock."""
        lost = self._farm.gone(number)
        if self._state != RUN or worker not in self._pool:
            return
        began, waiting = lost[:1], lost[1:]
        for task in began:
            result, _ = self._results.pop(task.number)
            result._failed(
                ProcessError(
                    f"{worker.name} on rank {worker.rank} ended with exit code {worker.exitcode} during its task"
                )
            )
        self._runtime.node.dispatch(self._farm.put_back(waiting))
        self._later(lambda: self._replace(worker))

    def _replace(self, worker: Process) -> None:
        if self._state == RUN:
            self._pool[self._pool.index(worker)] = self._start_worker()

    # ---- handing out ----

    def _task_ended(self, task: int, ok: bool, content: Payload) -> None:
        result, part = self._results.pop(task)
        result._arrived(part, ok, content)

    def _submit(
        self, result: ApplyResult, mode: str, func: Callable[..., Any], chunks: Iterable[Any]
    ) -> None:
        try:
            packed = [payload.owned(payload.dumps((mode, chunk))) for chunk in chunks]
            function = payload.owned(payload.dumps(func))
        except Exception as error:  # as in the standard library, it is the result that fails
            result._fail_all(error)
            return
        with self._runtime.lock:
            number = self._define(function)
            tasks = []
            for part, content in enumerate(packed):
                task = next(self._serials)
                self._results[task] = (result, part)
                tasks.append(Task(task, number, content))
            self._runtime.dispatch(self._farm.submit(tasks))

    def _define(self, function: Payload) -> int:
        """The number of a function, the same one whenever it pickles to the same bytes."""
        known = None if function.buffers or function.refs else self._functions.get(function.body)
        if known is not None:
            return known
        number = next(self._serials)
        self._farm.define(number, function)
        if not function.buffers and not function.refs:
            self._functions[function.body] = number
        return number

    def _later(self, step: Callable[[], None]) -> None:
        """Have something done in the pool's own thread, where it may wait."""
        if self._helper is None:
            self._helper = threading.Thread(
                target=_help, args=(self._todo,), name="mpiprocessing-pool", daemon=True
            )
            self._helper.start()
        self._todo.put(step)

    def _check_running(self) -> None:
        if self._state != RUN:
            raise ValueError("Pool not running")

    # ---- calls ----

    def apply(
        self, func: Callable[..., Any], args: Iterable[Any] = (), kwds: dict[str, Any] | None = None
    ) -> Any:
        """Call `func(*args, **kwds)` in a worker and wait for the result."""
        return self.apply_async(func, args, kwds).get()

    def apply_async(
        self,
        func: Callable[..., Any],
        args: Iterable[Any] = (),
        kwds: dict[str, Any] | None = None,
        callback: Callable[[Any], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> ApplyResult:
        """Like `apply`, without waiting."""
        self._check_running()
        result = ApplyResult(self._runtime, self._later, 1, callback, error_callback)
        self._submit(result, APPLY, func, [(tuple(args), kwds or {})])
        return result

    def map(
        self, func: Callable[[Any], Any], iterable: Iterable[Any], chunksize: int | None = None
    ) -> list[Any]:
        """Call `func` with each argument and wait for the list of results.

        Args:
            func: what to call.
            iterable: its arguments.
            chunksize: how many arguments make one task; a quarter of a worker's share without it.
        """
        values: list[Any] = self._map(MAP, func, iterable, chunksize, None, None).get()
        return values

    def map_async(
        self,
        func: Callable[[Any], Any],
        iterable: Iterable[Any],
        chunksize: int | None = None,
        callback: Callable[[Any], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> MapResult:
        """Like `map`, without waiting."""
        return self._map(MAP, func, iterable, chunksize, callback, error_callback)

    def starmap(
        self, func: Callable[..., Any], iterable: Iterable[Iterable[Any]], chunksize: int | None = None
    ) -> list[Any]:
        """Like `map`, each argument being unpacked: `func(*argument)`."""
        values: list[Any] = self._map(STARMAP, func, iterable, chunksize, None, None).get()
        return values

    def starmap_async(
        self,
        func: Callable[..., Any],
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
        callback: Callable[[Any], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> MapResult:
        """Like `starmap`, without waiting."""
        return self._map(STARMAP, func, iterable, chunksize, callback, error_callback)

    def _map(
        self,
        mode: str,
        func: Callable[..., Any],
        iterable: Iterable[Any],
        chunksize: int | None,
        callback: Callable[[Any], object] | None,
        error_callback: Callable[[BaseException], object] | None,
    ) -> MapResult:
        self._check_running()
        items: Any = iterable if hasattr(iterable, "__len__") else list(iterable)
        if chunksize is None:
            chunksize, extra = divmod(len(items), len(self._pool) * 4)
            chunksize += bool(extra)
        chunks = list(_chunks(items, max(chunksize, 1)))
        result = MapResult(self._runtime, self._later, len(chunks), callback, error_callback)
        if chunks:
            self._submit(result, mode, func, chunks)
        else:
            result._complete()
        return result

    # ---- the end ----

    def close(self) -> None:
        """No more tasks will come: workers end when all is done."""
        if self._state == RUN:
            with self._runtime.lock:
                self._state = CLOSE
                self._runtime.dispatch(self._farm.close())

    def terminate(self) -> None:
        """End the workers at once, whatever they do."""
        self._state = TERMINATE
        with self._runtime.lock:
            self._farm.drop()
            self._runtime.dispatch(self._farm.close())
        for worker in self._pool:
            if worker.is_alive():
                worker.terminate()
        for worker in self._pool:
            worker.join()
        self._todo.put(None)

    def join(self) -> None:
        """Wait until the workers have ended; after `close` or `terminate`."""
        if self._state == RUN:
            raise ValueError("Pool is still running")
        if self._state not in (CLOSE, TERMINATE):
            raise ValueError("In unknown state")
        for worker in self._pool:
            worker.join()
        self._todo.put(None)
        if self._helper is not None and self._helper is not threading.current_thread():
            self._helper.join()

    def __enter__(self) -> Pool:
        self._check_running()
        return self

    def __exit__(self, *exception: object) -> None:
        self.terminate()

    def __del__(self, _warn: Any = warnings.warn) -> None:
        if self._state == RUN:
            _warn(f"unclosed running multiprocessing pool {self!r}", ResourceWarning, source=self)

    def __repr__(self) -> str:
        cls = type(self)
        return f"<{cls.__module__}.{cls.__qualname__} state={self._state} pool_size={len(self._pool)}>"

    def __reduce__(self) -> Any:
        raise NotImplementedError("pool objects cannot be passed between processes or pickled")


def _end(pool: weakref.ref[Pool]) -> None:
    """The process ends: end its pool, if it still has it."""
    target = pool()
    if target is not None and target._state != TERMINATE:
        target.terminate()


def _release(workers: list[Process]) -> None:
    for worker in workers:
        if worker.exitcode is None:
            worker.terminate()


def _weakly(method: weakref.WeakMethod[Any]) -> Callable[[int, bool, Payload], None]:
    """The farm must not keep its pool alive."""

    def call(task: int, ok: bool, content: Payload) -> None:
        target = method()
        if target is not None:
            target(task, ok, content)

    return call


def _help(todo: queue.SimpleQueue[Callable[[], None] | None]) -> None:
    while (step := todo.get()) is not None:
        try:
            step()
        except Exception:
            traceback.print_exc()


def _chunks(items: Any, size: int) -> Iterable[Sequence[Any]]:
    iterator = iter(items)
    while chunk := tuple(itertools.islice(iterator, size)):
        yield chunk
