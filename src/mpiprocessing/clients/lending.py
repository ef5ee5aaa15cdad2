"""Large arrays in the arguments of tasks: lent, and sent once to each worker that needs them.

    main program                              worker
      keeps the array, gives it a number
      a task with the number ────────────────▶ not seen before: asks, with the end of a pipe for the answer
      Lender's thread ◀──── (number, pipe) ────
                       ──── the array ────────▶ kept, read-only, for later tasks of the same call

An array that tasks are to write to is a file: workers open it themselves.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import threading
from multiprocessing.util import Finalize
from typing import Any

import numpy as np

from mpiprocessing.connection import Pipe
from mpiprocessing.queues import SimpleQueue

__all__ = ["Lender", "Loan", "Mapped", "may_borrow"]


class Lender:
    """Large arrays that workers may ask for; in one call, each is sent once to each of them.

    Args:
        limit: bytes from which an array is large; None: none is.

    Attributes:
        requests: where workers ask, with the array's call and number and the end of a pipe for the answer.
    """

    def __init__(self, limit: int | None) -> None:
        self.requests: Any = SimpleQueue()
        self._limit = limit
        self._call = 0
        self._lent: list[np.ndarray[Any, Any]] = []
        self._numbers: dict[int, int] = {}
        self._thread: threading.Thread | None = None

    def renew(self) -> None:
        """Another call begins: every array counts as new."""
        self._call += 1
        self._lent, self._numbers = [], {}

    def pack(self, task: tuple[Any, tuple[Any, ...], dict[str, Any]]) -> tuple[Any, Any, Any]:
        """A task with its large arrays, as arguments or in a list, tuple or dict of them, replaced by loans."""
        function, args, kwargs = task
        return (
            function,
            tuple(self._within(arg) for arg in args),
            {name: self._within(arg) for name, arg in kwargs.items()},
        )

    def close(self) -> None:
        """Nobody will ask any more."""
        if self._thread is not None:
            self.requests.put(None)
            self._thread.join()
        self.requests.close()

    def _within(self, arg: Any) -> Any:
        if type(arg) in (list, tuple):
            return type(arg)([self._loan(part) for part in arg])
        if type(arg) is dict:
            return {name: self._loan(part) for name, part in arg.items()}
        return self._loan(arg)

    def _loan(self, arg: Any) -> Any:
        if type(arg) is np.memmap and arg.mode in ("r+", "w+"):
            return Mapped(arg)
        if type(arg) not in (np.ndarray, np.memmap) or self._limit is None or arg.nbytes < self._limit:
            return arg
        number = self._numbers.get(id(arg))
        if number is None:
            self._start()
            number = self._numbers[id(arg)] = len(self._lent)
            self._lent.append(arg)  # kept, so that its id stays its own
        return Loan(self._call, number)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._lend, name="mpiprocessing-lender", daemon=True)
            self._thread.start()

    def _lend(self) -> None:
        for number, writer in iter(self.requests.get, None):
            with contextlib.suppress(OSError):  # who asked has been ended
                writer.send(self._lent[number])
            writer.close()


class Loan:
    """Stands for a large array in a batch; the worker that reads the batch gets the array.

    Args:
        call: the call it belongs to.
        number: which of its arrays.
    """

    def __init__(self, call: int, number: int) -> None:
        self._key = call, number

    def __reduce__(self) -> Any:
        return _borrow, self._key


_requests: Any = None
_borrowed: dict[tuple[int, int], np.ndarray[Any, Any]] = {}
"""In a worker: where to ask, and what has been lent."""


def may_borrow(requests: Any) -> None:
    """A worker begins."""
    global _requests
    _requests = requests
    _borrowed.clear()  # of another worker on this rank, which did not end by itself
    Finalize(None, _borrowed.clear, exitpriority=0)


def _borrow(call: int, number: int) -> np.ndarray[Any, Any]:
    key = call, number
    if key not in _borrowed:
        for old in [old for old in _borrowed if old[0] != call]:
            del _borrowed[old]
        reader, writer = Pipe(duplex=False)
        _requests.put((number, writer))
        writer.close()
        array = reader.recv()
        reader.close()
        array.flags.writeable = False  # a task that wrote into it would spoil it for the others
        _borrowed[key] = array
    return _borrowed[key]


class Mapped:
    """Stands for an array in a file that tasks may write to; whoever reads it opens the file.

    Args:
        array: a memory map.

    Raises:
        ValueError: it is a part of one.
    """

    def __init__(self, array: np.memmap[Any, Any]) -> None:
        if not isinstance(array.base, mmap.mmap):
            raise ValueError(
                f"a part of the writable numpy.memmap of {array.filename} cannot be passed to joblib's backend 'mpi': pass "
                "the whole one and take the part in the task"
            )
        order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
        file = os.fspath(array.filename or "")
        self._arguments: tuple[Any, ...] = (file, array.dtype, "r+", array.offset, array.shape, order)

    def __reduce__(self) -> Any:
        return np.memmap, self._arguments
