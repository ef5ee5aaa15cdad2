"""Random numbers that depend on the seed of a call and the place of an item, and on nothing else.

    pool.map(f, xs, seed=42)          in f, for item i:   task_rng()  is  default_rng(SeedSequence(42, spawn_key=(i,)))

`SeedSequence(42).spawn(n)[i]` is that very sequence: numpy's own way to give streams to parallel work. So the results are the
same on any number of ranks, with any chunksize, in any order of arrival, serially, and after a resume.

The items of a seeded call travel as `Numbered` tuples, which say where the first one stands in the call.
"""

from __future__ import annotations

import contextlib
import hashlib
import operator
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy

__all__ = ["Numbered", "Seed", "checked", "numbering", "task_rng", "task_seed"]

Seed = Any
"""An int that is not negative, or a sequence of such ints."""

_NO_TASK = (
    "{name}() was called outside of a task that has a seed: pass seed=... to map, starmap, imap or imap_unordered, and call it "
    "in the function itself (a thread that this starts gets the generator, or the seed, handed over)"
)


class _Task:
    """The item that a function is being called with."""

    __slots__ = ("place", "rng", "seed")

    def __init__(self, seed: Seed, place: int) -> None:
        self.seed = seed
        self.place = place
        self.rng: Any = None


class _Current(threading.local):
    task: _Task | None = None


_current = _Current()


def task_rng() -> numpy.random.Generator:
    """The random numbers of this task: the same generator at each call within it, a new one in the next task.

    Returns:
        A `numpy.random.Generator`; for item i of a call with seed s, `default_rng(SeedSequence(s, spawn_key=(i,)))`.

    Raises:
        LookupError: no task with a seed is running in this thread.
    """
    task = _task("task_rng")
    if task.rng is None:
        import numpy  # only for those who draw

        task.rng = numpy.random.default_rng(numpy.random.SeedSequence(task.seed, spawn_key=(task.place,)))
    rng: numpy.random.Generator = task.rng
    return rng


def task_seed() -> int:
    """A seed for other generators (`random`, torch, a program that is started): the same at each call within a task.

    Returns:
        An int from 0 to 2**63 - 1, made of the call's seed and the item's place; unlike what `task_rng` draws.

    Raises:
        LookupError: no task with a seed is running in this thread.
    """
    task = _task("task_seed")
    text = repr(("mpiprocessing task_seed", task.seed, task.place)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


def _task(name: str) -> _Task:
    task = _current.task
    if task is None:
        raise LookupError(_NO_TASK.format(name=name))
    return task


def checked(seed: Any) -> Seed:
    """A seed in the one form in which it travels: an int, or a tuple of them; None stays None.

    Raises:
        TypeError: it is neither an int nor a sequence of ints.
        ValueError: one of them is negative.
    """
    if seed is None:
        return None
    try:
        if isinstance(seed, Iterable):
            words: Seed = tuple(operator.index(word) for word in seed)
        else:
            words = operator.index(seed)
    except TypeError:
        raise TypeError(f"seed must be an int or a sequence of ints, not {seed!r}") from None
    if any(word < 0 for word in (words if isinstance(words, tuple) else (words,))):
        raise ValueError(f"seed must not be negative: {seed!r}")
    return words


class Numbered(tuple[Any, ...]):
    """Items in a row, with the seed of their call, and the place of the first one.

    Attributes:
        seed: of the call.
        first: the place of the first item.
    """

    seed: Seed
    first: int

    @classmethod
    def of(cls, seed: Seed, first: int, items: Iterable[Any]) -> Numbered:
        """Make one."""
        made = cls(items)
        made.seed, made.first = seed, first
        return made

    def __reduce__(self) -> Any:
        return _numbered, (self.seed, self.first, tuple(self))


def _numbered(seed: Seed, first: int, items: tuple[Any, ...]) -> Numbered:
    return Numbered.of(seed, first, items)


@contextlib.contextmanager
def numbering(function: Callable[..., Any], items: Numbered) -> Iterator[Callable[..., Any]]:
    """A function that knows, each time it is called, which item's turn it is; to be called with each in order."""
    place = items.first

    def in_turn(*arguments: Any) -> Any:
        nonlocal place
        _current.task = _Task(items.seed, place)
        place += 1
        return function(*arguments)

    outer = _current.task
    try:
        yield in_turn
    finally:
        _current.task = outer
