"""The one list of the patterns: their order, names and ranks.

Theory of operation: a pattern is a folder with two programs and
the text that both print. What cannot be read from the folder
stands here, once; menus, tests, comparison and documentation
are made from CATALOGUE. This file imports no program, so asking
it starts neither MPI nor a process.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CATALOGUE", "Pattern", "UnknownPatternError", "find"]

ROOT = Path(__file__).parent


class UnknownPatternError(LookupError):
    """No pattern has this name; the text lists those there are."""


@dataclass(frozen=True)
class Pattern:
    """One pattern of the catalogue.

    Attributes:
        family: the folder that holds it, such as "channels".
        name: its own folder, unique in the whole catalogue.
        title: a few words for a menu.
        question: what it answers, first line of both programs.
        min_ranks: the fewest ranks on which both programs run
            under mpiexec; mpiprocessing needs one for the main
            program and one for each child that must run while
            others do.
        mpi4py_min_ranks: the fewest for the mpi4py program, if
            it needs fewer.
        max_ranks: the most ranks, None for any number.
    """

    family: str
    name: str
    title: str
    question: str
    min_ranks: int
    mpi4py_min_ranks: int
    max_ranks: int | None = None

    def __str__(self) -> str:
        """Its full name, such as "channels/queue"."""
        return f"{self.family}/{self.name}"

    @property
    def folder(self) -> Path:
        """Where its two programs and expected.txt are."""
        return ROOT / self.family / self.name

    @property
    def multiprocessing_module(self) -> str:
        """The program for the standard library, to be run by -m."""
        return self._module("with_multiprocessing")

    @property
    def mpi4py_module(self) -> str:
        """The program with plain MPI messages, to be run by -m."""
        return self._module("with_mpi4py")

    @property
    def multiprocessing_source(self) -> str:
        """The text of the program for the standard library."""
        return self._read("with_multiprocessing.py")

    @property
    def mpi4py_source(self) -> str:
        """The text of the program with plain MPI messages."""
        return self._read("with_mpi4py.py")

    @property
    def expected(self) -> str:
        """What both programs print on standard output."""
        return self._read("expected.txt")

    @property
    def next(self) -> Pattern | None:
        """The pattern to read after this one, None at the end."""
        after = CATALOGUE.index(self) + 1
        return CATALOGUE[after] if after < len(CATALOGUE) else None

    def _module(self, program: str) -> str:
        folder = [__package__, self.family, self.name]
        return ".".join([*folder, program])

    def _read(self, file: str) -> str:
        return (self.folder / file).read_text(encoding="utf-8")


CATALOGUE: tuple[Pattern, ...] = (
    Pattern(
        family="processes",
        name="spawn",
        title="start processes, wait for them",
        question="How are processes started, and waited for?",
        min_ranks=2,
        mpi4py_min_ranks=1,
    ),
    Pattern(
        family="channels",
        name="queue",
        title="a producer and a consumer",
        question="How does one process feed another, in order?",
        min_ranks=2,
        mpi4py_min_ranks=2,
    ),
    Pattern(
        family="channels",
        name="pipe_chain",
        title="stages joined by pipes",
        question="How do processes form a chain of stages?",
        min_ranks=3,
        mpi4py_min_ranks=3,
    ),
    Pattern(
        family="gates",
        name="barrier_lock",
        title="meet at a barrier, take turns",
        question="How do processes meet, or take turns?",
        min_ranks=3,
        mpi4py_min_ranks=3,
    ),
    Pattern(
        family="pools",
        name="pool_map",
        title="map a function over inputs",
        question="How do workers share the calls of one function?",
        min_ranks=2,
        mpi4py_min_ranks=1,
    ),
)


def find(name: str) -> Pattern:
    """Look a pattern up by its name.

    Args:
        name: "queue" or "channels/queue".

    Returns:
        The pattern.

    Raises:
        UnknownPatternError: there is none; says which there are.
    """
    for pattern in CATALOGUE:
        if name in (pattern.name, str(pattern)):
            return pattern
    raise UnknownPatternError(_unknown(name))


def _unknown(name: str) -> str:
    full = {str(pattern): str(pattern) for pattern in CATALOGUE}
    short = {pattern.name: str(pattern) for pattern in CATALOGUE}
    names = full | short
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" (did you mean {names[near[0]]}?)" if near else ""
    return f"no pattern {name!r}{hint}; there are {', '.join(full)}"
