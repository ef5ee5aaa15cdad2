"""A call for people: what it is, on which communicator, and in which line of the program."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from types import CodeType
from typing import Any

from mpi4py import MPI

from mpiprocessing.compare.counting.places import Place
from mpiprocessing.core.userline import caller, line_of_program

__all__ = ["about", "calling_line", "text_of"]

_SHOWN = 8
"""Of a communicator, how many ranks are named."""

_lines: dict[tuple[CodeType, int], str] = {}


def calling_line() -> str:
    """The line of the program that called the method from which this is called."""
    frame = caller(2)
    if frame is None:
        return ""
    place = frame.f_code, frame.f_lineno
    line = _lines.get(place)
    if line is None:
        line = line_of_program(frame) or ""
        if line == f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}":  # it calls us itself
            _lines[place] = line
    return line


def about(place: Place) -> str:
    """A communicator for people, with the ranks in the world of those whose ranks the call names; "" for the world."""
    ranks = ", ".join(map(str, place.there[:_SHOWN])) + (", ..." if len(place.there) > _SHOWN else "")
    return place.title and f"{place.title} (ranks {ranks})"


def text_of(name: str, given: Mapping[str, Any], words: Sequence[str]) -> str:
    """A call as the program might have written it, without what it sends."""
    return _written(
        name, tuple((word, given.get(word)) for word in words if word in _WORDS), "source" in words
    )


@functools.lru_cache(maxsize=1024)
def _written(name: str, given: tuple[tuple[str, Any], ...], receives: bool) -> str:
    defaults = {
        "tag": MPI.ANY_TAG if receives else 0,
        "sendtag": 0,
        "recvtag": MPI.ANY_TAG,
        "source": MPI.ANY_SOURCE,
    }
    shown = []
    for word, value in given:
        value = defaults.get(word) if value is None else value
        names = _RANKS if word in ("dest", "source") else _TAGS
        shown.append(f"{word}={names.get(value, value)}")
    return f"comm.{name}({', '.join(shown)})"


_WORDS = ("dest", "source", "tag", "sendtag", "recvtag")
_RANKS: dict[Any, str] = {MPI.ANY_SOURCE: "any", MPI.PROC_NULL: "nobody"}
_TAGS: dict[Any, str] = {MPI.ANY_TAG: "any"}
