"""Names as they are lettered in a space-time diagram: how they are shortened, and how wide they get."""

from __future__ import annotations

import functools
from unicodedata import east_asian_width

from mpiprocessing.compare.visible import visible

__all__ = ["short", "width"]

_LETTER = 6.4  # a letter of a label; wider than it is, so that what is said to fit does
_LONGEST_NAME = 26  # letters


@functools.lru_cache(4096)
def short(name: str) -> str:
    """A name as it stands in a diagram: on one line, and not too long.

    Args:
        name: of a process, a call or a rank.

    Returns:
        What is written; the whole of it belongs into the full text beside it.
    """
    text = " ".join(visible(name).split())
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"


@functools.lru_cache(4096)
def width(text: str) -> float:
    """How wide a text is at most: a Chinese character takes the place of two letters."""
    return _LETTER * sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
