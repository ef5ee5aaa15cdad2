"""A pool without workers: the calls of `Pool` in this very process, without MPI.

For a laptop, for a debugger, and for the result that every number of ranks has to give: with the same `seed` the same random
numbers, and the checkpoint of a job on many ranks is gone on with here, or the other way round.

Differs from `Pool` in: nothing runs at the same time, and an exception ends a `map` at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from mpiprocessing.checkpoint.journal import FORCE, Journal, check
from mpiprocessing.checkpoint.preemption import preempted, preemption
from mpiprocessing.core import payload
from mpiprocessing.pools.keeps import Keeps, Path
from mpiprocessing.seeds import Numbered, Seed, checked, numbering

__all__ = ["SerialPool"]


class SerialPool:
    """A pool that does the work itself.

    Args:
        processes: for programs that say how many workers they want; not used.
        initializer: called with `initargs`.
        initargs: its arguments.
        maxtasksperchild: not used.
        context: not used.
        on_death: not used.
    """

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
        self._closed = False
        self.size = 1
        if initializer is not None:
            initializer(*initargs)

    # ---- one call ----

    def apply(
        self, func: Callable[..., Any], args: Iterable[Any] = (), kwds: dict[str, Any] | None = None
    ) -> Any:
        """Call `func(*args, **kwds)`."""
        self._check_running()
        return func(*args, **(kwds or {}))

    def apply_async(
        self,
        func: Callable[..., Any],
        args: Iterable[Any] = (),
        kwds: dict[str, Any] | None = None,
        callback: Callable[[Any], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> Outcome:
        """Call it now; the outcome is to be had from what is returned."""
        self._check_running()
        return Outcome(lambda: self.apply(func, args, kwds), callback, error_callback)

    # ---- many calls ----

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
        """Call `func` with each argument; as `Pool.map`."""
        return list(self._each("map", func, iterable, Keeps(checkpoint, resume, seed)))

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
        """Call `func` with each argument, unpacked; as `Pool.starmap`."""
        return list(self._each("starmap", func, iterable, Keeps(checkpoint, resume, seed)))

    def map_async(
        self,
        func: Callable[[Any], Any],
        iterable: Iterable[Any],
        chunksize: int | None = None,
        callback: Callable[[Any], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
        **keeps: Any,
    ) -> Outcome:
        """`map`, now; the outcome is to be had from what is returned."""
        self._check_running()
        return Outcome(lambda: self.map(func, iterable, chunksize, **keeps), callback, error_callback)

    def starmap_async(
        self,
        func: Callable[..., Any],
        iterable: Iterable[Iterable[Any]],
        chunksize: int | None = None,
        callback: Callable[[Any], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
        **keeps: Any,
    ) -> Outcome:
        """`starmap`, now; the outcome is to be had from what is returned."""
        self._check_running()
        return Outcome(lambda: self.starmap(func, iterable, chunksize, **keeps), callback, error_callback)

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
        """Call `func` with each argument as its result is asked for; as `Pool.imap`."""
        return self._each("map", func, iterable, Keeps(checkpoint, resume, seed))

    imap_unordered = imap

    def _each(
        self, how: str, func: Callable[..., Any], iterable: Iterable[Any], keeps: Keeps
    ) -> Iterator[Any]:
        self._check_running()
        check(keeps.checkpoint, keeps.resume)
        seed, journal = checked(keeps.seed), None
        if keeps.checkpoint is not None:
            journal = Journal(keeps.checkpoint, how, func, seed, keeps.resume == FORCE)
        return _Calls(how, func, iterable, journal, seed).results()

    # ---- the end ----

    def close(self) -> None:
        """Nothing more will be asked."""
        self._closed = True

    terminate = close

    def join(self) -> None:
        """There is nobody to wait for."""
        if not self._closed:
            raise ValueError("Pool is still running")

    def _check_running(self) -> None:
        if self._closed:
            raise ValueError("Pool not running")

    def __enter__(self) -> SerialPool:
        self._check_running()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class Outcome:
    """What `apply_async` and its kin return: it is there already."""

    def __init__(
        self,
        call: Callable[[], Any],
        callback: Callable[[Any], object] | None,
        error_callback: Callable[[BaseException], object] | None,
    ) -> None:
        self._value: Any = None
        self._error: Exception | None = None
        try:
            self._value = call()
        except Exception as error:
            self._error = error
            if error_callback is not None:
                error_callback(error)
        else:
            if callback is not None:
                callback(self._value)

    def get(self, timeout: float | None = None) -> Any:
        """The result; or what the call raised is raised."""
        if self._error is not None:
            raise self._error
        return self._value

    def wait(self, timeout: float | None = None) -> None:
        """Nothing to wait for."""

    def ready(self) -> bool:
        """Always."""
        return True

    def successful(self) -> bool:
        """Whether the call ended without raising."""
        return self._error is None


class _Calls:
    """The calls of one `map`, one after the other."""

    def __init__(
        self, how: str, func: Callable[..., Any], items: Iterable[Any], journal: Journal | None, seed: Seed
    ) -> None:
        self._how = how
        self._func = func
        self._items = items
        self._journal = journal
        self._seed = seed

    def withdraw(self) -> None:
        """A signal: `preemption.asked` is enough."""

    def results(self) -> Iterator[Any]:
        journal = self._journal
        if journal is None:
            for place, item in enumerate(self._items):
                yield self._call(place, item)
            return
        preemption.begin(self)
        try:
            for place, item in enumerate(self._items):
                if preemption.asked is not None:
                    journal.wait()
                    raise preempted(journal, _length(self._items))
                if journal.has(place, item):
                    yield journal.value(place)
                    continue
                value = self._call(place, item)
                journal.add(place, 1, payload.dumps([value]))
                yield value
        finally:
            preemption.end(self)
            journal.wait()

    def _call(self, place: int, item: Any) -> Any:
        arguments = tuple(item) if self._how == "starmap" else (item,)
        if self._seed is None:
            return self._func(*arguments)
        with numbering(self._func, Numbered.of(self._seed, place, (item,))) as in_turn:
            return in_turn(*arguments)


def _length(items: Any) -> int | None:
    return len(items) if isinstance(items, Sequence) else None
