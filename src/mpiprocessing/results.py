"""The results of a pool's calls: what `apply_async`, `map_async` and their kin return.

A result is made of as many parts as there are tasks. Parts arrive pickled, in any order, under the runtime's lock; they are
unpickled by whoever asks for the result, in its own thread. Derived from CPython's `Lib/multiprocessing/pool.py`.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from multiprocessing import TimeoutError
from typing import Any

from mpiprocessing.core import payload
from mpiprocessing.core.messages import Payload
from mpiprocessing.core.runtime import Runtime

__all__ = ["ApplyResult", "AsyncResult", "MapResult"]

Later = Callable[[Callable[[], None]], None]
"""Has something done in the pool's own thread, where it may wait."""


class ApplyResult:
    """The result of one task, as soon as it is there; also the base of the results of several.

    Args:
        runtime: the runtime of the rank that asked.
        later: has something done in the pool's own thread.
        parts: how many tasks make up the result.
        callback: called with the result, in a thread of the pool.
        error_callback: called with the exception instead.
    """

    def __init__(
        self,
        runtime: Runtime,
        later: Later,
        parts: int,
        callback: Callable[[Any], object] | None,
        error_callback: Callable[[BaseException], object] | None,
    ) -> None:
        self._runtime = runtime
        self._later = later
        self._missing = parts
        self._parts: list[Payload | None] = [None] * parts
        self._error: Payload | BaseException | None = None
        self._callback = callback
        self._error_callback = error_callback
        self._value: Any = None
        self._ready = False
        self._unpacked = False
        self._lock = threading.Lock()

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
            timeout: seconds; None for ever.
        """
        self._runtime.drive_until(lambda: self._ready, timeout)

    def get(self, timeout: float | None = None) -> Any:
        """The result, as soon as it is there.

        Args:
            timeout: seconds; None for ever.

        Raises:
            multiprocessing.TimeoutError: it did not come in time.
            BaseException: what the call raised, with the worker's traceback as its cause.
        """
        self.wait(timeout)
        if not self._ready:
            raise TimeoutError
        self._unpack()
        if self._error is None:
            return self._value
        assert isinstance(self._error, BaseException)
        raise self._error

    def _arrived(self, part: int, ok: bool, content: Payload) -> None:
        """One of the tasks has ended; called under the runtime's lock."""
        self._missing -= 1
        if ok:
            self._parts[part] = content
        elif self._error is None:
            self._error = content
        if not self._missing:
            self._complete()

    def _failed(self, error: BaseException) -> None:
        """One of the tasks will never end; called under the runtime's lock."""
        self._missing -= 1
        self._error = self._error or error
        if not self._missing:
            self._complete()

    def _fail_all(self, error: BaseException) -> None:
        """None of the tasks will run."""
        self._error = error
        self._complete()

    def _complete(self) -> None:
        if self._callback is None and self._error_callback is None:
            self._ready = True
        else:
            self._later(self._call_back)

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
            self._ready = True

    def _unpack(self) -> None:
        with self._lock:
            if self._unpacked:
                return
            self._unpacked = True
            try:
                if isinstance(self._error, Payload):
                    self._error = payload.loads(self._error)
                if self._error is None:
                    self._value = self._join(
                        [payload.loads(part) for part in self._parts if part is not None]
                    )
            except Exception as error:
                self._error = error
            self._parts = []

    def _join(self, parts: list[Any]) -> Any:
        return parts[0]


AsyncResult = ApplyResult


class MapResult(ApplyResult):
    """The results of a `map`, in the order of its arguments."""

    def _join(self, parts: list[Any]) -> Any:
        return list(itertools.chain.from_iterable(parts))
