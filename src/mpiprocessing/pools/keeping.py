"""How a call with a checkpoint or a seed begins; what becomes of it stands in `kept.py`.

Loaded with the first such call: most programs have none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from mpiprocessing.checkpoint.journal import FORCE, Journal, check
from mpiprocessing.checkpoint.preemption import Stoppable, preempted, preemption
from mpiprocessing.core.job import job
from mpiprocessing.pools.imap import Feeding
from mpiprocessing.pools.keeps import Keeps
from mpiprocessing.pools.kept import KeptFeed, KeptIterator, KeptResult, cut
from mpiprocessing.pools.worker import MAP
from mpiprocessing.process import parent_process
from mpiprocessing.seeds import Numbered, Seed, checked

__all__ = ["begin_imap", "begin_map"]


class Submitting(Feeding, Protocol):
    """What is needed of the pool."""

    def _submit(
        self, result: Any, mode: str, func: Callable[..., Any], chunks: Iterable[Any], waits: bool
    ) -> None: ...


def begin_map(
    pool: Submitting,
    mode: str,
    func: Callable[..., Any],
    iterable: Iterable[Any],
    chunksize: int | None,
    callback: Callable[[Any], object] | None,
    error_callback: Callable[[BaseException], object] | None,
    keeps: Keeps,
    waits: bool,
) -> KeptResult:
    """Have those items run that have no result yet.

    Args:
        pool: runs them.
        mode: how workers call the function.
        func: what they call.
        iterable: all items.
        chunksize: how many make one task; None for a quarter of a worker's share.
        callback: called with the list of results, in a thread of the pool.
        error_callback: called with the first exception instead.
        keeps: what is asked besides.
        waits: whether the caller waits.

    Raises:
        CheckpointError: the checkpoint is of another call, or in use.
        Preempted: a signal has told the program to stop before this call.
    """
    items = iterable if isinstance(iterable, list | tuple | range) else list(iterable)
    seed = checked(keeps.seed)
    journal = _open(mode, func, keeps, seed)
    try:
        runs = cut(items, journal, chunksize, pool._processes)
        result = KeptResult(pool, runs, len(items), journal, callback, error_callback)
    except BaseException:
        if journal is not None:
            journal.wait()
        raise
    if runs:
        if journal is not None:
            _may_stop(result)
        chunks = (Numbered.of(seed, first, items[first : first + count]) for first, count in runs)
        pool._submit(result, mode, func, chunks, waits)
    return result


def begin_imap(
    pool: Feeding,
    ordered: bool,
    func: Callable[..., Any],
    iterable: Iterable[Any],
    chunksize: int,
    keeps: Keeps,
) -> KeptIterator:
    """The same for an iterable that is read as its results are taken.

    Args:
        pool: runs them.
        ordered: whether results are taken in the order of the items.
        func: what workers call.
        iterable: the items.
        chunksize: how many make one task at most.
        keeps: what is asked besides.

    Raises:
        CheckpointError: the checkpoint is of another call, or in use.
        Preempted: a signal has told the program to stop before this call.
    """
    items, seed = iter(iterable), checked(keeps.seed)
    journal = _open(MAP, func, keeps, seed)
    feed = KeptFeed(pool, ordered, journal)
    if pool._orders.looker is not None:
        pool._orders.looker.reading(feed, iterable)
    if journal is not None:
        _may_stop(feed)
    pool._orders.begin_feed()
    feed.start(MAP, func, feed.parts(items, seed, chunksize))
    return KeptIterator(pool, feed)


def _open(mode: str, func: Callable[..., Any], keeps: Keeps, seed: Seed) -> Journal | None:
    check(keeps.checkpoint, keeps.resume)
    if keeps.checkpoint is None:
        return None
    journal = Journal(keeps.checkpoint, mode, func, seed, keeps.resume == FORCE)
    if preemption.asked is not None:
        journal.wait()
        raise preempted(journal, None)
    return journal


def _may_stop(call: Stoppable) -> None:
    """In the main process a signal stops it: the other ranks leave that signal to this one."""
    if parent_process() is None:
        preemption.begin(call, job().hold_signals)
