"""`imap` and `imap_unordered`: an iterable is read while its results are taken.

    iterable ──read by a thread──▶ Feed ──submit──▶ Orders ──▶ workers
                                    │  ▲                          │
    IMapIterator.next ◀────take─────┘  └──────────_arrived────────┘

Each iterable is read in a thread of its own: one that blocks holds up neither the results before it nor another call. How far
it is read ahead of what was taken is the rule of `lookahead.py`. Derived from CPython's `Lib/multiprocessing/pool.py`.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import ProcessError, TimeoutError
from time import monotonic
from typing import Any, Protocol

from mpiprocessing.core import payload
from mpiprocessing.core.messages import READS, Payload
from mpiprocessing.pools.lookahead import Window
from mpiprocessing.pools.orders import Orders
from mpiprocessing.pools.remote import placed
from mpiprocessing.pools.results import Owner, abandoned, job_counter
from mpiprocessing.pools.worker import CALL, pack

__all__ = ["Feed", "IMapIterator", "IMapUnorderedIterator"]


class Feeding(Owner, Protocol):
    """What a feed needs of its pool besides."""

    _orders: Orders
    _processes: int


class Feed:
    """An iterable on its way through the pool. It does not keep its pool alive, nor the iterator that takes its results.

    Args:
        pool: the pool; the feed is in its cache until all results are there.
        ordered: whether results are taken in the order of the items.
        chunksize: how many items make one task.
    """

    def __init__(self, pool: Feeding, ordered: bool, chunksize: int) -> None:
        self._pool = weakref.ref(pool)
        self._job = next(job_counter)
        self._ordered = ordered
        self._chunksize = chunksize
        # Guards what follows; the runtime's lock may be held already, never asked for. Whoever holds it may be ended, and it
        # must not stay taken: so it is this lock that stands in `with`, never the condition; see `core/halfway.py`.
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._window = Window(pool._processes)
        self._runtime = pool._runtime
        self._function: tuple[int, str] | None = None  # its number, and how it is called
        self._read: deque[tuple[int, Payload]] = deque()  # on the way to the farm
        self._noted = False
        self._sizes: dict[int, int] = {}  # of the items whose results are not there
        self._early: dict[int, Any] = {}
        self._items: deque[tuple[int | None, Any]] = deque()  # each with its part's number if that has failed
        self._deserted = False
        self._waits = False
        self.stopped = False
        self.index = 0  # how many results can be taken, or were
        self.length: int | None = None  # how many there will be
        self.expected: int | None = None  # items in the iterable, where it tells and somebody wants to know
        pool._cache[self._job] = self

    # ---- reading, in a thread of its own ----

    def start(self, mode: str, function: Callable[..., Any], items: Iterable[Any]) -> None:
        """Begin to read; see `read`."""
        threading.Thread(
            target=self.read, args=(mode, function, items), name="mpiprocessing-imap", daemon=True
        ).start()

    def read(self, mode: str, function: Callable[..., Any], items: Iterable[Any]) -> None:
        """Read an iterable to its end, as far as its results are taken; an error in it is its last result.

        Args:
            mode: how the workers call the function.
            function: what they call.
            items: what is read.
        """
        part, first = 0, 0
        problem = self._define(mode, function)
        try:
            for item in items:
                self._offer(part, mode, item, first, problem)
                part += 1
                first += 1 if mode == CALL else len(item)
                if self.stopped or not (self._window.has_room() or self._wait_for_room()):
                    return
        except BaseException as error:
            self._fail(part, error)
            part += 1
        finally:
            self._end(part)

    def _define(self, mode: str, function: Callable[..., Any]) -> Exception | None:
        """Returns why the function cannot be sent: as in the standard library, it is then every item that fails."""
        pool = self._pool()
        if pool is not None:
            try:
                self._function = pool._orders.define(function), mode
            except Exception as error:
                return error
        return None

    def _offer(self, part: int, mode: str, item: Any, first: int, problem: Exception | None) -> None:
        """One item, or chunk of them, was read."""
        try:
            if problem is not None:
                raise problem
            content = payload.owned(pack(mode, item, first))
        except Exception as error:
            self._fail(part, error)
        else:
            self._submit(part, content)

    def _fail(self, part: int, error: BaseException) -> None:
        self._enter(part, 0)
        self._put(part, False, error, 0)

    def _enter(self, part: int, size: int) -> None:
        with self._lock:
            self._sizes[part] = size
            self._window.enter(size)

    def _submit(self, part: int, content: Payload) -> None:
        """Hand an item over; if another thread is busy with messages it finds a note, and the next item is read meanwhile."""
        self._enter(part, _size(content))
        self._read.append((part, content))
        if self._runtime.lock.acquire(blocking=False):
            try:
                self._hand_over()
            finally:
                self._runtime.lock.release()
        elif not self._noted:
            self._noted = True
            self._runtime.later.append(self._hand_over)

    def _hand_over(self) -> None:
        """Under the runtime's lock: what was read goes to the workers."""
        self._noted = False
        parts: list[tuple[int, Payload]] = []
        while self._read:
            parts.append(self._read.popleft())
        pool = self._pool()
        if parts and pool is not None and self._function is not None and not self.stopped:
            number, mode = self._function
            pool._orders.submit(self, number, mode, parts)
        else:
            _give_up([content for _, content in parts])

    def _wait_for_room(self) -> bool:
        """Wait until one more item may be read. Returns whether it is still wanted."""
        with self._lock:
            if not self._window.has_room():
                self._waits = True
                self._changed.wait_for(lambda: self.stopped or self._window.has_room(stopped=True))
                self._waits = False
            return not self.stopped

    def _end(self, length: int) -> None:
        with self._runtime.lock:
            self._hand_over()
        with self._lock:
            if not self.stopped:
                self.length = length
        pool = self._pool()
        if pool is not None:
            if self._function is not None:
                pool._orders.release(self._function[0])
            pool._orders.end_feed()
        self._settle()

    # ---- results, as the pool tells ----

    def _arrived(self, part: int, ok: bool, content: Payload) -> None:
        self._put(part, ok, content, _size(content))

    def _failed(self, part: int, error: BaseException) -> None:
        self._put(part, False, error, 0)

    def _unbegun(self, part: int) -> None:
        raise NotImplementedError  # it is never withdrawn

    def _let_go(self) -> None:
        """Nothing more will come: for results that are kept."""

    def _put(self, part: int, ok: bool, content: Any, size: int) -> None:
        with self._lock:
            asked = self._sizes.pop(part, None)
            if asked is None:
                # The thread that reads was ended with its process, and has told of this part already.
                unwanted = [content]
            else:
                self._window.answered(asked, size)
                self._stand(part, ok, content)
                unwanted = self._take_all() if self._deserted else []
        _give_up(unwanted)
        self._settle()

    def _stand(self, part: int, ok: bool, content: Any) -> None:
        """A result takes its place among those that can be taken."""
        failed = None if ok else part
        if not self._ordered:
            self._items.append((failed, content))
            self.index += 1
            return
        self._early[part] = failed, content
        while (item := self._early.pop(self.index, None)) is not None:
            self._items.append(item)
            self.index += 1

    def _settle(self) -> None:
        pool = self._pool()
        if pool is not None and self.index == self.length:
            pool._cache.pop(self._job, None)

    def _items_of(self, part: int) -> tuple[int, int] | None:
        """The first item of a task, and how many it has at most."""
        return self._first_of(part), self._chunksize

    def _progress(self) -> tuple[int, int | None]:
        """How many of its items are done, and how many there are; None where that is not known yet."""
        done = self.index + len(self._early)
        if self.expected is not None:
            return min(done * self._chunksize, self.expected), self.expected
        return done * self._chunksize, None if self.length is None else self.length * self._chunksize

    # ---- taking ----

    @property
    def ready(self) -> bool:
        """Whether there is a result to take, or there will be no more."""
        return bool(self._items) or self.index == self.length

    @property
    def over(self) -> bool:
        """Whether all results were taken; who has just found none must ask, as the last one may have come since."""
        with self._lock:
            return not self._items and self.index == self.length

    def take(self) -> tuple[bool, Any] | None:
        """The next result: whether it is one, and what it is, or the exception; None where there is none."""
        with self._lock:
            if not self._items:
                return None
            failed, content = self._items.popleft()
            self._left(content)
        if failed is None:
            return True, self._load(content)
        if isinstance(content, Payload):
            content = placed(payload.loads(content), self._first_of(failed))
        return False, content

    def _load(self, content: Any) -> Any:
        return payload.loads(content)

    def _first_of(self, part: int) -> int:
        """The place of a task's first item among all that the caller gave."""
        return part * self._chunksize

    def _left(self, content: Any) -> None:
        self._window.leave(_size(content) if isinstance(content, Payload) else 0)
        if self._waits and self._window.has_room(stopped=True):
            self._changed.notify()

    def _take_all(self) -> list[Any]:
        contents = [content for _, content in self._items]
        self._items.clear()
        for content in contents:
            self._left(content)
        return contents

    def desert(self) -> None:
        """Nobody will take results any more: the rest is done for its effects, as far as it goes."""
        with self._lock:
            self._deserted = True
            unwanted = self._take_all()
        _give_up(unwanted)

    def read_on(self) -> None:
        """Read to the end, whether results are taken or not: somebody waits for that end."""
        with self._lock:
            self._window.unbounded = True
            self._changed.notify()

    def stop(self) -> None:
        """The pool is terminated: read no more."""
        with self._lock:
            self.stopped = True
            self._changed.notify()


class IMapIterator:
    """What `imap` returns: the results in the order of the items.

    Args:
        pool: the pool that was asked; it lives as long as it owes results.
        feed: what reads the iterable.
    """

    def __init__(self, pool: Owner, feed: Feed) -> None:
        self._runtime = pool._runtime
        self._pool: Owner | None = pool
        self._feed = feed

    def __iter__(self) -> Iterator[Any]:
        return self

    def next(self, timeout: float | None = None) -> Any:
        """The next result.

        Args:
            timeout: seconds; None for ever, or until the pool is terminated.

        Raises:
            StopIteration: all were taken.
            multiprocessing.TimeoutError: it did not come in time.
            multiprocessing.ProcessError: it will never come: the pool was terminated, or the task's worker has ended.
            BaseException: what the call raised, or the iterable; the results after it can still be taken.
        """
        feed, pool = self._feed, self._pool
        deadline = None if timeout is None else monotonic() + timeout
        while (taken := feed.take()) is None:
            if feed.over:
                self._pool = None
                raise StopIteration
            if deadline is None:
                self._runtime.drive_until(lambda: feed.ready or abandoned(pool))
                if abandoned(pool) and not feed.ready:
                    raise ProcessError(self._terminated())
            elif not self._runtime.drive_until(lambda: feed.ready, deadline - monotonic()):
                raise TimeoutError
        ok, value = taken
        if ok:
            return value
        if isinstance(value, StopIteration):  # here it would be the end of the results
            raise RuntimeError("the function raised StopIteration") from value
        raise value

    __next__ = next

    @property
    def _index(self) -> int:
        """How many results have come: what programs look at to show how far they are."""
        self._runtime.peek()
        return self._feed.index

    @property
    def _length(self) -> int | None:
        """How many results there will be; None until the iterable was read to its end."""
        return self._feed.length

    def _awaits(self) -> tuple[int, int, None]:
        """What `next` waits for: what its pool does, while there is one."""
        return self._pool._awaits() if self._pool is not None else (0, READS, None)

    def _terminated(self) -> str:
        return (
            f"the pool was terminated before it had ended this call ({self!r} on rank {self._runtime.rank}): take "
            "all results first, or close() and join() the pool instead"
        )

    def __del__(self) -> None:
        # The collector may run anywhere: leave a note.
        if hasattr(self, "_feed"):
            self._runtime.later.append(self._feed.desert)


class IMapUnorderedIterator(IMapIterator):
    """What `imap_unordered` returns: the results in the order in which they come."""


def _give_up(contents: Iterable[Any]) -> None:
    for content in contents:
        if isinstance(content, Payload):
            payload.give_up(content)


def _size(content: Payload) -> int:
    return len(content.body) + sum(map(len, content.buffers))
