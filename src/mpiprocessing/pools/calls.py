"""What can be asked of a pool: `apply`, `map`, `imap` and their kin.

Each call becomes tasks: pickled arguments, the number of a function, and the result that waits for them. Derived from
CPython's `Lib/multiprocessing/pool.py`.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from mpiprocessing.core import payload
from mpiprocessing.core.messages import READS, Payload
from mpiprocessing.core.runtime import Runtime
from mpiprocessing.pools.imap import Feed, IMapIterator, IMapUnorderedIterator
from mpiprocessing.pools.keeps import Keeps, Path
from mpiprocessing.pools.orders import Orders
from mpiprocessing.pools.results import ApplyResult, MapResult
from mpiprocessing.pools.worker import APPLY, CALL, MAP, STARCALL, STARMAP, pack
from mpiprocessing.seeds import Numbered, Seed

__all__ = ["Calls"]

SLICE = 512
"""Tasks that are handed to the farm at a time: workers begin while the rest is pickled."""

Callback = Callable[[Any], object] | None
ErrorCallback = Callable[[BaseException], object] | None


class Calls:
    """The calls of a pool; its life is that of `Pool`."""

    _runtime: Runtime
    _orders: Orders
    _cache: dict[int, Any]
    _processes: int

    @property
    def _ended(self) -> bool:
        raise NotImplementedError

    def _later(self, step: Callable[[], None]) -> None:
        raise NotImplementedError

    def _check_running(self) -> None:
        raise NotImplementedError

    def _awaits(self) -> tuple[int, int, None]:
        """What its calls wait for, and `join`, see `core/testimony.py`: the farm."""
        return self._orders.handle.stub.home, READS, None

    # ---- one call ----

    def apply(
        self, func: Callable[..., Any], args: Iterable[Any] = (), kwds: dict[str, Any] | None = None
    ) -> Any:
        """Call `func(*args, **kwds)` in a worker and wait for the result."""
        return self._apply(func, args, kwds, None, None, waits=True).get()

    def apply_async(
        self,
        func: Callable[..., Any],
        args: Iterable[Any] = (),
        kwds: dict[str, Any] | None = None,
        callback: Callback = None,
        error_callback: ErrorCallback = None,
    ) -> ApplyResult:
        """Like `apply`, without waiting.

        Args:
            func: what to call.
            args: its arguments.
            kwds: its keyword arguments.
            callback: called with the result, in a thread of the pool.
            error_callback: called with the exception instead.

        Raises:
            ValueError: the pool is closed or terminated.
        """
        return self._apply(func, args, kwds, callback, error_callback, waits=False)

    def _apply(
        self,
        func: Callable[..., Any],
        args: Iterable[Any],
        kwds: dict[str, Any] | None,
        callback: Callback,
        error_callback: ErrorCallback,
        waits: bool,
    ) -> ApplyResult:
        self._check_running()
        if isinstance(args, Iterable):  # else the call in the worker says so, as in the standard library
            args = tuple(args)
        result = ApplyResult(self, callback, error_callback)
        self._submit(result, APPLY, func, [(args, kwds or {})], waits)
        return result

    # ---- many calls, all results together ----

    def map(
        self,
        func: Callable[[Any], Any],
        iterable: Iterable[Any],
        chunksize: int | None = None,
        *,
        checkpoint: Path = None,
        resume: str | None = None,
        seed: Seed = None,
    ) -> list[Any]:
        """Call `func` with each argument and wait for the list of results.

        Args:
            func: what to call.
            iterable: its arguments.
            chunksize: how many arguments make one task; a quarter of a worker's share without it.
            checkpoint: a file in which results are kept as they come; what has its result there is not run again.
            resume: "force" takes the results of a checkpoint although function or arguments have changed.
            seed: an int, or a sequence of them: in the function `mpiprocessing.task_rng()` gives random numbers that depend on
                it and on the argument's place alone.

        Raises:
            CheckpointError: the checkpoint is of another call, somebody uses it, or it cannot be written.
            Preempted: there is a checkpoint, and a signal has stopped the program.
        """
        keeps = Keeps(checkpoint, resume, seed)
        values: list[Any] = self._map(MAP, func, iterable, chunksize, None, None, keeps, waits=True).get()
        return values

    def map_async(
        self,
        func: Callable[[Any], Any],
        iterable: Iterable[Any],
        chunksize: int | None = None,
        callback: Callback = None,
        error_callback: ErrorCallback = None,
        *,
        checkpoint: Path = None,
        resume: str | None = None,
        seed: Seed = None,
    ) -> MapResult:
        """Like `map`, without waiting; callbacks as in `apply_async`."""
        keeps = Keeps(checkpoint, resume, seed)
        return self._map(MAP, func, iterable, chunksize, callback, error_callback, keeps)

    def starmap(
        self,
        func: Callable[..., Any],
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
        *,
        checkpoint: Path = None,
        resume: str | None = None,
        seed: Seed = None,
    ) -> list[Any]:
        """Like `map`, each argument being unpacked: `func(*argument)`."""
        keeps = Keeps(checkpoint, resume, seed)
        values: list[Any] = self._map(STARMAP, func, iterable, chunksize, None, None, keeps, waits=True).get()
        return values

    def starmap_async(
        self,
        func: Callable[..., Any],
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
        callback: Callback = None,
        error_callback: ErrorCallback = None,
        *,
        checkpoint: Path = None,
        resume: str | None = None,
        seed: Seed = None,
    ) -> MapResult:
        """Like `starmap`, without waiting; callbacks as in `apply_async`."""
        keeps = Keeps(checkpoint, resume, seed)
        return self._map(STARMAP, func, iterable, chunksize, callback, error_callback, keeps)

    def _map(
        self,
        mode: str,
        func: Callable[..., Any],
        iterable: Iterable[Any],
        chunksize: int | None,
        callback: Callback,
        error_callback: ErrorCallback,
        keeps: Keeps,
        waits: bool = False,
    ) -> MapResult:
        self._check_running()
        if keeps.any:
            from mpiprocessing.pools import keeping  # most programs never need it

            return keeping.begin_map(
                self, mode, func, iterable, chunksize, callback, error_callback, keeps, waits
            )
        items: Any = iterable if hasattr(iterable, "__len__") else list(iterable)
        length = len(items)
        if chunksize is None:
            chunksize, extra = divmod(length, self._processes * 4)
            chunksize += bool(extra)
        if not length:
            chunksize = 0
        if type(items) not in _HELD:
            # It makes its items while it is read: more of them than it has, or each in the memory of the one before.
            items, waits = _first(items, length), waits and hasattr(items, "__array_interface__")
        result = MapResult(self, chunksize, length, callback, error_callback)
        if chunksize == 1:  # nothing to unpack in the worker, and nothing to put together
            self._submit(result, _ONE[mode], func, items, waits)
        elif chunksize > 0:
            self._submit(result, mode, func, _chunks(items, chunksize), waits)
        return result

    def _submit(
        self, result: ApplyResult, mode: str, func: Callable[..., Any], chunks: Iterable[Any], waits: bool
    ) -> None:
        """Hand the tasks of a result to the farm; where the caller waits, arguments may stay in its own memory."""
        keep = (lambda content: content) if waits else payload.owned
        parts: list[tuple[int, Payload]] = []
        function, sent, first = None, 0, 0
        self._orders.begin_feed()  # should another thread close the pool meanwhile
        try:
            function = self._orders.define(func)
            for chunk in chunks:
                if type(chunk) is Numbered:
                    first = chunk.first
                parts.append((sent + len(parts), keep(pack(mode, chunk, first))))
                first += len(chunk) if mode in (MAP, STARMAP) else 1
                if len(parts) == SLICE:
                    self._orders.submit(result, function, mode, parts)
                    sent, parts = sent + SLICE, []
                    self._runtime.peek()
        except BaseException as error:  # as in the standard library, it is the result that fails
            for _, content in parts:
                payload.give_up(content)
            with self._runtime.lock:
                for part in range(sent, len(result._parts)):
                    result._failed(part, error)
            if not isinstance(error, Exception):
                raise  # what a signal has raised is the caller's as well
        else:
            self._orders.submit(result, function, mode, parts)
        finally:
            if function is not None:
                self._orders.release(function)
            self._orders.end_feed()

    # ---- many calls, each result as soon as it is there ----

    def imap(
        self,
        func: Callable[[Any], Any],
        iterable: Iterable[Any],
        chunksize: int = 1,
        *,
        checkpoint: Path = None,
        resume: str | None = None,
        seed: Seed = None,
    ) -> Iterator[Any]:
        """Like `map`, with an iterator of results; the iterable is read as they are taken.

        Args:
            func: what to call.
            iterable: its arguments; may be endless.
            chunksize: how many arguments make one task.
            checkpoint: as in `map`; so are `resume` and `seed`.
            resume: see there.
            seed: see there.

        Returns:
            An `IMapIterator`, whose `next` takes a timeout; with a chunksize above 1, and neither checkpoint nor seed, a
            generator.

        Raises:
            ValueError: the chunksize is not positive, or the pool is closed or terminated.
            CheckpointError: as in `map`; of a changed argument when its turn comes.
        """
        return self._imap(IMapIterator, func, iterable, chunksize, Keeps(checkpoint, resume, seed))

    def imap_unordered(
        self,
        func: Callable[[Any], Any],
        iterable: Iterable[Any],
        chunksize: int = 1,
        *,
        checkpoint: Path = None,
        resume: str | None = None,
        seed: Seed = None,
    ) -> Iterator[Any]:
        """Like `imap`, with the results in the order in which they come."""
        return self._imap(IMapUnorderedIterator, func, iterable, chunksize, Keeps(checkpoint, resume, seed))

    def _imap(
        self,
        kind: type[IMapIterator],
        func: Callable[[Any], Any],
        iterable: Iterable[Any],
        chunksize: int,
        keeps: Keeps,
    ) -> Iterator[Any]:
        self._check_running()
        if chunksize < 1:
            raise ValueError(f"Chunksize must be 1+, not {chunksize!r}")
        if keeps.any:
            from mpiprocessing.pools import keeping

            return keeping.begin_imap(self, kind is IMapIterator, func, iterable, chunksize, keeps)
        feed = Feed(self, ordered=kind is IMapIterator, chunksize=chunksize)
        if self._orders.looker is not None:
            self._orders.looker.reading(feed, iterable)
        mode, items = (CALL, iterable) if chunksize == 1 else (MAP, _chunks(iterable, chunksize))
        self._orders.begin_feed()
        feed.start(mode, func, items)
        results = kind(self, feed)
        return results if chunksize == 1 else (item for chunk in results for item in chunk)


_ONE = {MAP: CALL, STARMAP: STARCALL}
"""How a function is called whose tasks have one item each."""

_HELD = frozenset((list, tuple, range, dict, set, frozenset, deque, type({}.keys()), type({}.values())))
"""Iterables that hold their items, and as many as they say."""


def _first(items: Any, count: int) -> Iterator[Any]:
    yield from itertools.islice(items, count)


def _chunks(items: Any, size: int) -> Iterator[Sequence[Any]]:
    iterator = iter(items)
    while chunk := tuple(itertools.islice(iterator, size)):
        yield chunk
