"""Calls with a checkpoint or a seed: their items are numbered, and results are written as they arrive.

    items ──has a result?──▶ Stored, read when it is taken
          ──────none───────▶ runs of items in a row, at most a chunk each ──▶ workers ──▶ _arrived ──▶ Journal.add, the result

What arrives is written by whichever thread of the owner's rank looks for messages, also while the main program computes. The
exceptions of tasks are not written: these run again in the next run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing import ProcessError, TimeoutError
from time import monotonic
from typing import Any, NamedTuple

from mpiprocessing.checkpoint.journal import Journal
from mpiprocessing.checkpoint.preemption import preempted, preemption
from mpiprocessing.core import payload
from mpiprocessing.core.errors import CheckpointError
from mpiprocessing.core.messages import Payload
from mpiprocessing.pools.imap import Feed, Feeding, IMapIterator
from mpiprocessing.pools.results import ApplyResult, MapResult, Owner, abandoned
from mpiprocessing.seeds import Numbered

__all__ = ["KeptFeed", "KeptIterator", "KeptResult", "cut"]


def cut(
    items: Sequence[Any], journal: Journal | None, chunksize: int | None, workers: int
) -> list[tuple[int, int]]:
    """The items that are to be run, as (first, how many) of those in a row.

    Args:
        items: all of them.
        journal: knows which have results; None where none have.
        chunksize: how many at most; without it, a quarter of a worker's share.
        workers: how many share the work.
    """
    if journal is None:
        gaps = [(0, len(items))] if len(items) else []
    else:
        gaps = []
        for place, item in enumerate(items):
            if not journal.has(place, item):
                if gaps and sum(gaps[-1]) == place:
                    gaps[-1] = gaps[-1][0], gaps[-1][1] + 1
                else:
                    gaps.append((place, 1))
    if chunksize is None:
        chunksize = -(-sum(count for _, count in gaps) // (workers * 4)) or 1
    size = max(chunksize, 1)
    return [
        (place, min(size, first + count - place))
        for first, count in gaps
        for place in range(first, first + count, size)
    ]


class KeptResult(MapResult):
    """The results of a `map` with a checkpoint or a seed.

    Args:
        pool: the pool that was asked.
        runs: the items that each task has: the first one, and how many.
        length: how many items there are.
        journal: where results are kept; None without a checkpoint.
        callback: called with the list, in a thread of the pool.
        error_callback: called with the first exception instead.
    """

    def __init__(
        self,
        pool: Owner,
        runs: list[tuple[int, int]],
        length: int,
        journal: Journal | None,
        callback: Callable[[Any], object] | None,
        error_callback: Callable[[BaseException], object] | None,
    ) -> None:
        self._runs = runs
        self._length = length
        self._journal = journal
        self._halted = False
        self._unfinished = False
        self._broken: CheckpointError | None = None
        ApplyResult.__init__(self, pool, callback, error_callback, len(runs))
        if not runs:
            if callback is None:
                self._complete()
            else:
                pool._later(self._call_back)

    # ---- for who looks at the job ----

    def _items_of(self, part: int) -> tuple[int, int] | None:
        return self._runs[part]

    def _progress(self) -> tuple[int, int | None]:
        """Results that were kept are done; those that are still to come are told by the share of tasks that are."""
        to_run = sum(count for _, count in self._runs)
        left = to_run * self._number_left // max(1, len(self._runs))
        return self._length - left, self._length

    # ---- as the pool tells ----

    def _arrived(self, part: int, ok: bool, content: Payload) -> None:
        if ok and self._journal is not None:
            try:
                self._journal.add(*self._runs[part], content)
            except CheckpointError as error:
                payload.give_up(content)
                self._break(error)
                self._failed(part, error)
                return
        super()._arrived(part, ok, content)

    def _break(self, error: CheckpointError) -> None:
        """Results cannot be kept: nothing more is begun."""
        if self._broken is None:
            self._broken = error
            self._runtime.later.append(self._withdraw)  # not while the farm is at work

    def _unbegun(self, part: int) -> None:
        self._unfinished = True
        assert self._journal is not None
        self._failed(part, self._broken or ProcessError("the call was told to stop"))

    def withdraw(self) -> None:
        """A signal: begin no more tasks."""
        self._halted = True
        self._withdraw()

    def _withdraw(self) -> None:
        pool: Any = self._pool
        if pool is not None:
            pool._orders.withdraw(self)

    def _complete(self) -> None:
        super()._complete()
        self._let_go()

    def _let_go(self) -> None:
        """Nothing more will come."""
        preemption.end(self)
        if self._journal is not None:
            self._journal.finish()

    # ---- waiting ----

    def wait(self, timeout: float | None = None) -> None:
        if self._journal is None:
            super().wait(timeout)
            return
        self._runtime.drive_until(lambda: self._ready or self._halted or abandoned(self._pool), timeout)
        if self._halted and not self._ready:
            self._runtime.drive_until(lambda: self._ready, preemption.left)

    def get(self, timeout: float | None = None) -> Any:
        """As `ApplyResult.get`.

        Raises:
            Preempted: a signal has stopped the call.
            CheckpointError: a result could not be written, or not be read any more.
        """
        journal = self._journal
        if journal is None:
            return super().get(timeout)
        self.wait(timeout)
        stopped = self._halted and (self._unfinished or not self._ready)
        if self._ready or stopped:
            self._let_go()
            journal.wait()
        if stopped and self._broken is None:
            raise preempted(journal, self._length)
        return super().get(timeout if timeout is None else 0)

    # ---- reading what came ----

    def _join(self, parts: list[Any]) -> Any:
        values: list[Any] = [None] * self._length
        place, journal = 0, self._journal
        for (first, count), part in zip(self._runs, parts, strict=True):
            if journal is not None:
                values[place:first] = map(journal.value, range(place, first))
            values[first : first + count] = part
            place = first + count
        if journal is not None:
            values[place:] = map(journal.value, range(place, self._length))
        return values

    def _first_of(self, part: int) -> int:
        return self._runs[part][0]


class Stored(NamedTuple):
    """In place of a result: it is in the file, at that place."""

    place: int


class KeptFeed(Feed):
    """An iterable with a checkpoint or a seed on its way through the pool.

    Args:
        pool: the pool.
        ordered: whether results are taken in the order of the items.
        journal: where results are kept; None without a checkpoint.

    Attributes:
        journal: likewise.
        halted: a signal has told it to stop.
        unfinished: some items were not run for that.
    """

    def __init__(self, pool: Feeding, ordered: bool, journal: Journal | None) -> None:
        super().__init__(pool, ordered, 1)
        self.journal = journal
        self.halted = False
        self.unfinished = False
        self._runs: dict[int, tuple[int, int]] = {}  # part → its first item, and how many
        self._broken: CheckpointError | None = None

    # ---- reading ----

    def parts(self, items: Iterable[Any], seed: Any, chunksize: int) -> Iterator[Numbered | tuple[Stored]]:
        """What is read becomes tasks, and what has a result is left out; in the thread that reads."""
        place = 0
        run: list[Any] = []
        for item in items:
            if self.halted or self._broken is not None:
                self.unfinished = True
                return
            if self.journal is not None and self.journal.has(place, item):
                if run:
                    yield Numbered.of(seed, place - len(run), run)
                    run = []
                yield (Stored(place),)
            else:
                run.append(item)
                if len(run) == chunksize:
                    yield Numbered.of(seed, place + 1 - len(run), run)
                    run = []
            place += 1
        if run:
            yield Numbered.of(seed, place - len(run), run)

    def _offer(self, part: int, mode: str, item: Any, first: int, problem: Exception | None) -> None:
        if type(item) is Numbered:
            self._runs[part] = item.first, len(item)
            super()._offer(part, mode, item, first, problem)
        else:
            self._enter(part, 0)
            self._put(part, True, item[0], 0)

    # ---- results, as the pool tells ----

    def _arrived(self, part: int, ok: bool, content: Payload) -> None:
        if ok and self.journal is not None:
            try:
                self.journal.add(*self._runs[part], content)
            except CheckpointError as error:
                payload.give_up(content)
                if self._broken is None:
                    self._broken = error
                    self._runtime.later.append(self._withdraw)
                self._failed(part, error)
                return
        super()._arrived(part, ok, content)

    def _unbegun(self, part: int) -> None:
        self.unfinished = True
        self._failed(part, self._broken or ProcessError("the call was told to stop"))

    def withdraw(self) -> None:
        """A signal: begin no more tasks, and read no more."""
        self.halted = True
        self._withdraw()
        self.read_on()

    def _withdraw(self) -> None:
        pool: Any = self._pool()
        if pool is not None:
            pool._orders.withdraw(self)

    def _settle(self) -> None:
        super()._settle()
        if self.index == self.length:
            self._let_go()

    def _let_go(self) -> None:
        """Nothing more will come."""
        preemption.end(self)
        if self.journal is not None:
            self.journal.finish()

    # ---- for who looks at the job ----

    def _items_of(self, part: int) -> tuple[int, int] | None:
        return self._runs.get(part)

    def _progress(self) -> tuple[int, int | None]:
        """Likewise; a task is as many items as it has, a kept result is one."""
        runs, out = self._runs.copy(), [part for part in self._sizes.copy() if part in self._runs]
        kept = self.index + len(self._early) - (len(runs) - len(out))
        items = kept + sum(count for _, count in runs.values())
        done = items - sum(runs[part][1] for part in out)
        return done, self.expected if self.length is None else items

    # ---- taking ----

    def _load(self, content: Any) -> Any:
        if type(content) is Stored:
            assert self.journal is not None
            return [self.journal.value(content.place)]
        return super()._load(content)

    def _first_of(self, part: int) -> int:
        return self._runs[part][0] if part in self._runs else 0


class KeptIterator(IMapIterator):
    """What `imap` and `imap_unordered` return with a checkpoint or a seed.

    Args:
        pool: the pool that was asked.
        feed: what reads the iterable.
    """

    _feed: KeptFeed

    def __init__(self, pool: Owner, feed: KeptFeed) -> None:
        super().__init__(pool, feed)
        self._values: deque[Any] = deque()  # of the task that was taken last

    def next(self, timeout: float | None = None) -> Any:
        """As `IMapIterator.next`.

        Raises:
            Preempted: a signal has stopped the call. Results that were not taken are in the file.
            CheckpointError: the file holds a result of another input, or a result could not be written.
        """
        feed, pool = self._feed, self._pool
        deadline = None if timeout is None else monotonic() + timeout
        while not self._values:
            if feed.halted and self._is_cut_off():
                assert feed.journal is not None
                self._release()
                raise preempted(feed.journal, None)
            taken = feed.take()
            if taken is not None:
                self._take(*taken)
            elif feed.over:
                self._end()
            elif not self._runtime.drive_until(
                lambda: feed.ready or feed.halted or abandoned(pool),
                None if deadline is None else deadline - monotonic(),
            ):
                raise TimeoutError
            elif abandoned(pool) and not feed.ready:
                raise ProcessError(self._terminated())
        return self._values.popleft()

    __next__ = next

    def _is_cut_off(self) -> bool:
        """Whether the signal has kept something from being done; what runs is waited for."""
        feed = self._feed
        self._runtime.drive_until(lambda: feed.index == feed.length, preemption.left)
        return feed.unfinished or feed.index != feed.length

    def _take(self, ok: bool, value: Any) -> None:
        if ok:
            self._values.extend(value)
        elif isinstance(value, StopIteration):  # here it would be the end of the results
            raise RuntimeError("the function raised StopIteration") from value
        else:
            if isinstance(value, CheckpointError):  # the call has failed as a whole: others may use the file
                self._release()
            raise value

    def _end(self) -> None:
        self._release()
        self._pool = None
        raise StopIteration

    def _release(self) -> None:
        self._feed._let_go()
        if self._feed.journal is not None:
            self._feed.journal.wait()
