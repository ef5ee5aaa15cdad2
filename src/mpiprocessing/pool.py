"""Pools of worker processes.

    map(f, xs) ──chunks──▶ task farm (home) ──PoolRun──▶ worker
                                            ◀──PoolRan──

The farm's home is on the rank that made the pool. It hands the next tasks out where a result comes in, inside the message
handler, so there is no dispatching thread and a master that computes does not stop its workers. Results are unpickled by
whoever asks for them. The parts are in `pools/`: what can be asked stands in `calls.py`, what was asked is kept in `orders.py`,
the workers in `crew.py`.
Derived from CPython's `Lib/multiprocessing/pool.py`.

Differs from the stdlib in:
- a pool takes the ranks that are free when it is made; asked for more workers than that, it says so and takes what there is;
- tasks go to whoever is free, some ahead of time while there are plenty, and several at a time where they take less than a
  message does and ask other processes for nothing; the function travels once to each worker. A task may wait for a later one:
  what is behind it in its worker goes to others, and of its function nothing is given ahead from then on. Only where many tasks
  of a function did not wait, and then one in every worker does, each for a task behind it, do they wait for ever;
- a method whose object holds shared objects, or a partial whose arguments do, is the same for all its tasks in a worker, with
  what they have changed in it; the standard library makes a new one for each task;
- a task whose worker ends (`sys.exit`, `KeyboardInterrupt`, a crash of its Python code) fails with `ProcessError`, where the
  standard library's caller waits for ever; so does what is asked of a pool whose workers all ended before their first task (an
  initializer that raises), where the standard library starts workers for ever;
- `get` and `next` without a timeout raise `ProcessError` once the pool was terminated, instead of waiting for ever;
- a result that cannot be unpickled raises why, where the standard library's caller waits for ever;
- `imap` and `imap_unordered` read 64 MiB ahead of what was taken, an item counting for 1 KiB at least, and always two items
  for each worker; `join` lifts that bound, and so does it when nobody refers to the iterator any more;
- what an iterable of `imap` raises is raised as it is, not as a copy;
- where the job survives the death of a rank, what its worker had is run again on others, or raises `WorkerDied` with
  `on_death="raise"`; the standard library's caller waits for ever;
- a pool that nobody refers to any more, nor to a result of it, is ended when the collector comes, with all that it has not done
  and also where a callback was given; the standard library's goes on until that is done;
- callbacks run in a thread of the pool, started only if one is given; one that raises is reported and the pool goes on;
- `map`, `starmap`, `imap` and their kin take `checkpoint`, `resume` and `seed`: results are kept in a file as they come, and
  random numbers depend on the item alone;
- `size` is the number of workers, as other MPI pools call it.
"""

from __future__ import annotations

import os
import types
import warnings
import weakref
from collections.abc import Callable, Iterable
from multiprocessing.pool import MaybeEncodingError  # type: ignore[attr-defined]
from multiprocessing.process import BaseProcess
from multiprocessing.util import Finalize
from typing import Any

from mpiprocessing.core.environment import ON_DEATH
from mpiprocessing.pools.calls import Calls
from mpiprocessing.pools.crew import Crew, Helper
from mpiprocessing.pools.imap import Feed, IMapIterator, IMapUnorderedIterator
from mpiprocessing.pools.orders import Orders
from mpiprocessing.pools.remote import RemoteTraceback
from mpiprocessing.pools.results import ApplyResult, AsyncResult, MapResult
from mpiprocessing.process import Process, current_process

__all__ = [
    "ApplyResult",
    "AsyncResult",
    "IMapIterator",
    "IMapUnorderedIterator",
    "MapResult",
    "MaybeEncodingError",
    "Pool",
    "RemoteTraceback",
]

INIT, RUN, CLOSE, TERMINATE = "INIT", "RUN", "CLOSE", "TERMINATE"

_NO_CHILDREN = """daemonic processes are not allowed to have children
    {name} on rank {rank} is a daemon, as the workers of a pool are, and would be ended while its own workers go on.
    Do the inner work in the worker itself, or hand all of it to the outer pool (which may have any number of
    tasks), or give the outer pool a context whose Process has a `daemon` that is False."""


class Pool(Calls):
    """A pool of worker processes; the interface is that of `multiprocessing.Pool`.

    Args:
        processes: how many workers; as many as ranks are free without it.
        initializer: called with `initargs` by every worker when it starts.
        initargs: its arguments.
        maxtasksperchild: how many tasks a worker runs before another takes its place; any number without it.
        context: what makes the workers' processes, by its `Process`.
        on_death: what becomes of the tasks of a worker whose rank dies (killed, crashed, out of memory), where the job survives
            that: "rerun" runs them again elsewhere, so that a task may run more than once; it is given up when three workers
            have died of it. With "raise" a task begins once at most, and its result raises `WorkerDied`. Without it the
            environment variable MPIPROCESSING_ON_DEATH decides, and "rerun" if that is not set.

    Raises:
        ValueError: `processes` or `maxtasksperchild` is not positive, `on_death` is unknown.
        TypeError: the initializer cannot be called.
        AssertionError: this process is a daemon, a worker of another pool for instance.
    """

    @staticmethod
    def Process(ctx: Any, *args: Any, **kwds: Any) -> BaseProcess:
        """Make a worker's process; for subclasses that want other ones."""
        process: BaseProcess = ctx.Process(*args, **kwds)
        return process

    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
        context: Any = None,
        *,
        on_death: str | None = None,
    ) -> None:
        self._state = INIT
        self._pool: list[Any] = []
        self._ctx = context or types.SimpleNamespace(Process=Process)
        self._maxtasksperchild = maxtasksperchild
        self._initializer, self._initargs = initializer, tuple(initargs)
        self._check(processes)
        self._orders = orders = Orders(maxtasksperchild, _once(on_death))
        self._runtime = orders.runtime
        self._cache = orders.sinks
        self._callbacks = Helper("mpiprocessing-pool-callbacks")
        make, ctx = self.Process, self._ctx
        self._crew = crew = Crew(
            orders, lambda **kwds: make(ctx, **kwds), initializer, self._initargs, maxtasksperchild
        )
        crew.fill(processes)
        self._pool = crew.workers
        self._processes = self.size = len(self._pool)  # plain attributes: subclasses set them as well
        self._taskqueue = _TaskQueue(orders)
        self._state = RUN
        # A process that ends ends its pools first, or they would replace the workers that end with it.
        self._at_exit = Finalize(None, _end, args=(weakref.ref(self),), exitpriority=15)
        # A pool nobody refers to any more gives its ranks back; the collector may not send messages itself.
        self._leash = _Leash(self)

    def _check(self, processes: int | None) -> None:
        maxtasks = self._maxtasksperchild
        if processes is not None and processes < 1:
            raise ValueError("Number of processes must be at least 1")
        if maxtasks is not None and (not isinstance(maxtasks, int) or maxtasks <= 0):
            raise ValueError("maxtasksperchild must be a positive int or None")
        if self._initializer is not None and not callable(self._initializer):
            raise TypeError("initializer must be a callable")
        me: Any = current_process()
        if me._config.get("daemon"):
            raise AssertionError(_NO_CHILDREN.format(name=me.name, rank=getattr(me, "rank", None)))

    # ---- the end ----

    def close(self) -> None:
        """No more tasks will come: workers end when all is done."""
        if self._state == RUN:
            self._state = CLOSE
            self._crew.close()
            self._orders.close()

    def terminate(self) -> None:
        """End the workers at once, whatever they do."""
        self._state = TERMINATE
        self._orders.drop()
        for feed in _feeds(self._cache):
            feed.stop()
        _let_results_go(self._cache)
        self._callbacks.drop()
        self._crew.end()
        self._callbacks.end()
        self._at_exit.cancel()

    def join(self) -> None:
        """Wait until the workers have ended; after `close` or `terminate`."""
        if self._state == RUN:
            raise ValueError("Pool is still running")
        if self._state not in (CLOSE, TERMINATE):
            raise ValueError("In unknown state")
        for feed in _feeds(self._cache):
            feed.read_on()
        self._runtime.drive_until(lambda: not self._cache or self._ended)
        self._crew.join()
        self._callbacks.join()

    @property
    def _ended(self) -> bool:
        return self._state == TERMINATE

    def _later(self, step: Callable[[], None]) -> None:
        self._callbacks.do(step)

    def _check_running(self) -> None:
        if self._state != RUN:
            raise ValueError("Pool not running")

    def __enter__(self) -> Pool:
        self._check_running()
        return self

    def __exit__(self, *exception: object) -> None:
        self.terminate()

    def __del__(self, _warn: Any = warnings.warn, RUN: str = RUN) -> None:
        if self._state == RUN:
            _warn(f"unclosed running multiprocessing pool {self!r}", ResourceWarning, source=self)

    def __repr__(self) -> str:
        cls = type(self)
        return f"<{cls.__module__}.{cls.__qualname__} state={self._state} pool_size={len(self._pool)}>"

    def __reduce__(self) -> Any:
        raise NotImplementedError("pool objects cannot be passed between processes or pickled")


class _TaskQueue:
    """What programs look at to see how much waits: `pool._taskqueue.qsize()`."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    def qsize(self) -> int:
        """How many tasks no worker has been given."""
        self._orders.runtime.peek()
        return self._orders.farm.waiting

    def empty(self) -> bool:
        """Whether there are none."""
        return not self.qsize()


def _once(on_death: str | None) -> bool:
    """Whether a task begins once at most."""
    if on_death is None:
        on_death = os.environ.get(ON_DEATH) or "rerun"
    if on_death not in ("rerun", "raise"):
        raise ValueError(
            f"on_death must be 'rerun' or 'raise', not {on_death!r} (without the argument, {ON_DEATH} in the environment says)"
        )
    return on_death == "raise"


def _end(pool: weakref.ref[Pool]) -> None:
    """The process ends: end its pool, if it still has it."""
    target = pool()
    if target is not None and target._state != TERMINATE:
        target.terminate()


class _Leash:
    """What the pool alone refers to: it goes when the pool goes, also in a circle with results that nobody waits for."""

    def __init__(self, pool: Pool) -> None:
        self._orders, self._crew, self._callbacks = pool._orders, pool._crew, pool._callbacks
        self._cache, self._at_exit = pool._cache, pool._at_exit

    def __del__(self) -> None:
        # The collector may run anywhere, also in the middle of a message: leave a note.
        self._orders.runtime.later.append(self._let_go)

    def _let_go(self) -> None:
        self._at_exit.cancel()
        self._orders.drop()
        for feed in _feeds(self._cache):
            feed.stop()
        _let_results_go(self._cache)
        self._crew.release()
        self._callbacks.end()


def _feeds(cache: dict[int, Any]) -> list[Feed]:
    return [entry for entry in list(cache.values()) if isinstance(entry, Feed)]


def _let_results_go(cache: dict[int, Any]) -> None:
    """The pool is at its end: what has not come yet is kept no more."""
    for entry in list(cache.values()):
        entry._let_go()
