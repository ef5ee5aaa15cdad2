"""One pattern of the catalogue: its folder and its programs.

Theory of operation: a pattern is a folder with two programs and
the text that both print. What cannot be read from the folder
stands in its entry in catalogue.py. This file imports no
program, so asking it starts neither MPI nor a process.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROOT", "Pattern"]

ROOT = Path(__file__).parent


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
        broken: programs beside the two that show what goes
            wrong, such as "broken_both_receive": each hangs, or
            may, and ends with a diagnosis if it is watched:
            mpiexec -n 4 python -m mpiprocessing watch -m ...
    """

    family: str
    name: str
    title: str
    question: str
    min_ranks: int
    mpi4py_min_ranks: int
    max_ranks: int | None = None
    broken: tuple[str, ...] = ()

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

    def broken_module(self, program: str) -> str:
        """One of the programs that go wrong, to be run by -m."""
        return self._module(program)

    def _module(self, program: str) -> str:
        folder = [__package__, self.family, self.name]
        return ".".join([*folder, program])

    def _read(self, file: str) -> str:
        return (self.folder / file).read_text(encoding="utf-8")
