"""What is compared: a pattern of mpi_examples or a program of the user, and the command of each column.

Theory of operation: a Subject is all that the rest of the pipeline knows. A pattern has three columns from
two files: its multiprocessing twin on the standard library, the same file on mpiprocessing, and its mpi4py
twin, run under a counter. A program has the first two.

    multiprocessing           python -m TWIN (through timed.py, which notes its work time)
    mpiprocessing   mpiexec   python -m mpiprocessing -m TWIN
    mpi4py          mpiexec   python counted.py -m OTHER_TWIN (the twin, its messages counted)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mpi_examples.catalogue import CATALOGUE, Pattern, find

__all__ = ["Column", "Subject", "of_pattern", "of_program", "select"]

_COUNTED = str(Path(__file__).with_name("counted.py"))


@dataclass(frozen=True)
class Column:
    """One way to run a subject.

    Attributes:
        name: "multiprocessing", "mpiprocessing" or "mpi4py".
        args: what follows the interpreter.
        ranks: how many processes mpiexec starts, None for a plain interpreter without mpiexec.
    """

    name: str
    args: tuple[str, ...]
    ranks: int | None


@dataclass(frozen=True)
class Subject:
    """What is compared.

    Attributes:
        name: "channels/queue", or the program as it was given.
        columns: how it is run, in the order in which it is shown.
        pattern: its entry in the catalogue, None for a program.
        expected: what every column must print, None if nothing says so.
        ordered: whether the lines must come in the same order. A twin of the catalogue prints in a fixed
            order; the children of any other program may print in any.
        refusal: why it cannot be run with this number of ranks, "" if it can.
    """

    name: str
    columns: tuple[Column, ...]
    pattern: Pattern | None = None
    expected: str | None = None
    ordered: bool = True
    refusal: str = ""


def select(names: Sequence[str]) -> list[Pattern]:
    """Find patterns by name.

    Args:
        names: "queue" or "channels/queue"; none stands for the whole catalogue.

    Returns:
        The patterns, each once, in the order of the names.

    Raises:
        UnknownPatternError: a name fits nothing; the text lists those there are.
    """
    return list(dict.fromkeys(map(find, names))) if names else list(CATALOGUE)


def of_pattern(pattern: Pattern, ranks: int) -> Subject:
    """Describe the three columns of a pattern.

    Args:
        pattern: the entry of the catalogue.
        ranks: how many processes the two columns under mpiexec get.

    Returns:
        The subject, with a refusal if the pattern does not run with that many ranks.
    """
    twin, other = pattern.multiprocessing_module, pattern.mpi4py_module
    return Subject(
        name=str(pattern),
        columns=(
            Column("multiprocessing", ("-m", twin), None),
            Column("mpiprocessing", ("-m", "mpiprocessing", "-m", twin), ranks),
            Column("mpi4py", (_COUNTED, "-m", other), ranks),
        ),
        pattern=pattern,
        expected=pattern.expected,
        refusal=_refusal(pattern, ranks),
    )


def of_program(path: str, args: Sequence[str], ranks: int) -> Subject:
    """Describe the two columns of a multiprocessing program.

    Args:
        path: the program.
        args: its arguments.
        ranks: how many processes the column under mpiexec gets.

    Returns:
        The subject.
    """
    words = (path, *args)
    return Subject(
        name=path,
        columns=(
            Column("multiprocessing", words, None),
            Column("mpiprocessing", ("-m", "mpiprocessing", *words), ranks),
        ),
        ordered=False,
    )


def _refusal(pattern: Pattern, ranks: int) -> str:
    if ranks < pattern.min_ranks:
        return f"needs at least {pattern.min_ranks} ranks: -n {pattern.min_ranks}"
    if pattern.max_ranks is not None and ranks > pattern.max_ranks:
        return f"runs on at most {pattern.max_ranks} ranks: -n {pattern.max_ranks}"
    return ""
