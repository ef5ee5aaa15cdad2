"""The results of a pool's calls: what `apply_async`, `map_async` and their kin return.

A result is made of as many parts as there are tasks. Parts arrive pickled, in any order, under the runtime's lock; they are
unpickled by whoever asks for the result, in its own thread. Derived from CPython's `Lib/multiprocessing/pool.py`.
"""

from __future__ import annotations

import itertools
import threading
import types
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import ProcessError, TimeoutError
from typing import Any, Protocol

from mpiprocessing.core import payload
from mpiprocessing.core.messages import READS, Payload
from mpiprocessing.core.runtime import Runtime
from mpiprocessing.pools.remote import placed

__all__ = ["ApplyResult", "AsyncResult", "MapResult", "Owner", "abandoned", "job_counter"]

job_counter = itertools.count()


class Owner(Protocol):
    """What results need of their pool.

    Attributes:
        _runtime: the runtime of the rank that asked.
        _cache: the results that are not complete, by their job's number.
        _ended: whether the pool was terminated.
    """

    _runtime: Runtime
    _cache: dict[int, Any]

    @property
    def _ended(self) -> bool: ...

    def _later(self, step: Callable[[], None]) -> None:
        """Have something done in the pool's own thread, where it may wait."""

    def _awaits(self) -> tuple[int, int, None]:
        """What whoever waits for a result of it waits for."""


class ApplyResult:
    """The result of one task, as soon as it is there; also the base of the results of several.

    Args:
        pool: the pool that was asked; it lives as long as it owes the result.
        callback: called with the result, in a thread of the pool.
        error_callback: called with the exception instead.
        parts: how many tasks make up the result.
    """

    def __init__(
        self,
        pool: Owner,
        callback: Callable[[Any], object] | None,
        error_callback: Callable[[BaseException], object] | None,
        parts: int = 1,
    ) -> None:
        self._runtime = pool._runtime
        self._pool: Owner | None = pool
        self._cache = pool._cache
        self._job = next(job_counter)
        self._number_left = parts
        self._parts: list[Payload | None] = [None] * parts
        self._error: Payload | BaseException | None = None
        self._failed_part = 0
        self._callback = callback
        self._error_callback = error_callback
        self._value: Any = None
        self._ready = False
        self._unpacked = False
        self._lock = threading.Lock()
        self._cache[self._job] = self

    __class_getitem__: Any = classmethod(types.GenericAlias)

    def ready(self) -> bool:
        """Whether the call has ended."""
        self._runtime.peek()
        return self._ready

    def successful(self) -> bool:
        """Whether the call ended without raising.

        Raises:
            ValueError: it has not ended.
        """
        if not self.ready():
            raise ValueError(f"{self!r} not ready")
        self._unpack()
        return self._error is None

    def wait(self, timeout: float | None = None) -> None:
        """Wait until the call has ended.

        Args:
            timeout: seconds; None for ever, or until the pool is terminated.
        """
        if timeout is None:
            self._runtime.drive_until(lambda: self._ready or abandoned(self._pool))
        else:
            self._runtime.drive_until(lambda: self._ready, timeout)

    def get(self, timeout: float | None = None) -> Any:
        """The result, as soon as it is there.

        Args:
            timeout: seconds; None for ever.

        Raises:
            multiprocessing.TimeoutError: it did not come in time.
            multiprocessing.ProcessError: it will never come: the pool was terminated, or the task's worker has ended.
            BaseException: what the call raised; its cause, a `RemoteTraceback`, tells where, at what, and with which
                traceback.
        """
        self.wait(timeout)
        if not self._ready:
            if timeout is None:
                raise ProcessError(
                    f"the pool was terminated before its worker had ended this call ({self!r} on rank "
                    f"{self._runtime.rank}): get results first, or close() and join() the pool instead"
                )
            raise TimeoutError
        self._unpack()
        if self._error is None:
            return self._value
        assert isinstance(self._error, BaseException)
        raise self._error

    def _items_of(self, part: int) -> tuple[int, int] | None:
        """The first item of a task, and how many it has; None where it is not one of several."""
        return None

    def _progress(self) -> tuple[int, int | None]:
        """How many of its items are done, and how many there are."""
        return 1 - bool(self._number_left), 1

    def _awaits(self) -> tuple[int, int, None]:
        """What `wait` waits for: what its pool does, while there is one."""
        return self._pool._awaits() if self._pool is not None else (0, READS, None)

    # ---- what the pool tells, under the runtime's lock ----

    def _arrived(self, part: int, ok: bool, content: Payload) -> None:
        """One of the tasks has ended."""
        if ok:
            self._parts[part] = content
        elif self._error is None:
            self._error, self._failed_part = content, part
        else:
            payload.give_up(content)
        self._one_less()

    def _failed(self, part: int, error: BaseException) -> None:
        """One of the tasks will never end."""
        if self._error is None:
            self._error = error
        self._one_less()

    def _unbegun(self, part: int) -> None:
        raise NotImplementedError  # it is never withdrawn

    def _let_go(self) -> None:
        """Nothing more will come: for results that are kept."""

    def _one_less(self) -> None:
        self._number_left -= 1
        if self._number_left:
            return
        if self._callback is None and self._error_callback is None:
            self._complete()
        else:
            assert self._pool is not None
            self._pool._later(self._call_back)

    def _complete(self) -> None:
        self._ready = True
        self._cache.pop(self._job, None)
        self._pool = None

    def _call_back(self) -> None:
        self._unpack()
        try:
            if self._error is None:
                if self._callback is not None:
                    self._callback(self._value)
            elif self._error_callback is not None:
                assert isinstance(self._error, BaseException)
                self._error_callback(self._error)
        finally:
            self._complete()

    # ---- reading what came ----

    def _unpack(self) -> None:
        with self._lock:
            if self._unpacked:
                return
            self._unpacked = True
            parts, self._parts = self._parts, []
            try:
                if isinstance(self._error, Payload):
                    self._error = placed(payload.loads(self._error), self._first_of(self._failed_part))
                if self._error is None:
                    self._value = self._join(list(_read(parts)))
            except BaseException as error:
                self._error = error  # what was read halfway cannot be read again
                if not isinstance(error, Exception):
                    raise
            finally:
                _give_up(parts)

    def __del__(self) -> None:
        # The collector may run anywhere: leave a note of the shared objects in what nobody has read.
        unread = [part for part in getattr(self, "_parts", ()) if part is not None and part.refs]
        if unread:
            self._runtime.later.append(lambda: _give_up(unread))

    def _join(self, parts: list[Any]) -> Any:
        return parts[0]

    def _first_of(self, part: int) -> int:
        """The place of a task's first item among all that the caller gave."""
        return 0


AsyncResult = ApplyResult


class MapResult(ApplyResult):
    """The results of a `map`, in the order of its arguments.

    Args:
        pool: the pool that was asked.
        chunksize: how many arguments make one task; where it is not positive nothing is done, as in the standard library.
        length: how many arguments there are.
        callback: called with the list, in a thread of the pool.
        error_callback: called with the first exception instead.
    """

    def __init__(
        self,
        pool: Owner,
        chunksize: int,
        length: int,
        callback: Callable[[Any], object] | None,
        error_callback: Callable[[BaseException], object] | None,
    ) -> None:
        parts = -(-length // chunksize) if chunksize > 0 else 0
        super().__init__(pool, callback, error_callback, parts)
        self._chunksize = chunksize
        self._length = length
        if not parts:
            self._value, self._unpacked = [None] * length, True
            self._complete()

    def _items_of(self, part: int) -> tuple[int, int] | None:
        first = self._first_of(part)
        return first, min(self._chunksize, self._length - first)

    def _progress(self) -> tuple[int, int | None]:
        return max(0, self._length - self._number_left * self._chunksize), self._length

    def _first_of(self, part: int) -> int:
        return part * self._chunksize

    def _join(self, parts: list[Any]) -> Any:
        return parts if self._chunksize == 1 else list(itertools.chain.from_iterable(parts))


def _read(parts: list[Payload | None]) -> Iterator[Any]:
    """Read parts, each of which can be read once, and take them out of the list."""
    for place, part in enumerate(parts):
        if part is not None:
            parts[place] = None
            yield payload.loads(part)


def _give_up(parts: Sequence[Payload | None]) -> None:
    for part in parts:
        if part is not None:
            payload.give_up(part)


def abandoned(pool: Owner | None) -> bool:
    """Whether a pool that still owes something was terminated."""
    return pool is not None and pool._ended
