"""Two programs side by side: which line stands beside which.

Theory of operation: the two programs of a pattern have the same functions in the same order. So both are cut at
the parts of the same name, and within a part lines that are equal, then lines that are alike, are put beside each
other; what has no counterpart stands beside what has none either, or alone. Whatever the texts are, every line of
each stands in exactly one row, in its order.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mpi_examples.show import parts

__all__ = ["Pair", "align", "lines_of"]

_ALIKE = 0.6  # of 1: from here on two lines are taken for the same step, said in two ways


@dataclass(frozen=True)
class Pair:
    """A row: the numbers of the lines that stand in it, counted from 0, None where there is none.

    Attributes:
        left: of the first program.
        right: of the second.
        same: whether both say the same but for the spaces around it.
    """

    left: int | None
    right: int | None
    same: bool = False


def lines_of(source: str) -> list[str]:
    """Divide a text as `align` counts its lines.

    Args:
        source: any text.

    Returns:
        Its lines; a line feed at the end begins none.
    """
    return source.removesuffix("\n").split("\n") if source else []


def align(left: str, right: str) -> list[Pair]:
    """Put two programs beside each other.

    Args:
        left: the text of the first.
        right: the text of the second; neither has to be one that Python understands.

    Returns:
        The rows, from top to bottom.
    """
    a, b = lines_of(left), lines_of(right)
    return list(_in_parts(a, b, _blocks(left, a), _blocks(right, b)))


_Blocks = list[tuple[str, range]]


def _blocks(source: str, lines: Sequence[str]) -> _Blocks:
    """Where each part stands, in order; one that is spread over several places is left out."""
    try:
        cut = parts(source)
    except (
        SyntaxError,
        ValueError,
        RecursionError,
        MemoryError,
    ):  # what ast.parse has for text that is no Python
        return []
    found: _Blocks = []
    start = 0
    for name, text in cut.items():
        part = lines_of(text)
        places = range(start, len(lines) - len(part) + 1)
        at = next(
            (place for place in places if part and list(lines[place : place + len(part)]) == part), None
        )
        if at is not None:
            start = at + len(part)
            found.append((name, range(at, start)))
    return found


def _in_parts(a: Sequence[str], b: Sequence[str], left: _Blocks, right: _Blocks) -> Iterator[Pair]:
    names = [name for name, _ in left], [name for name, _ in right]
    done = (0, 0)
    for i, j, size in difflib.SequenceMatcher(None, *names, autojunk=False).get_matching_blocks():
        for (_, one), (_, other) in zip(left[i : i + size], right[j : j + size], strict=True):
            yield from _lines(a, b, range(done[0], one.start), range(done[1], other.start))
            yield from _lines(a, b, one, other)
            done = one.stop, other.stop
    yield from _lines(a, b, range(done[0], len(a)), range(done[1], len(b)))


def _lines(a: Sequence[str], b: Sequence[str], left: range, right: range) -> Iterator[Pair]:
    """Match the lines of two ranges: equal ones first, the rest by likeness."""
    texts = [a[i].strip() for i in left], [b[j].strip() for j in right]
    matcher = difflib.SequenceMatcher(lambda text: text == "", *texts, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            yield from (
                Pair(left[i], right[j], True) for i, j in zip(range(i1, i2), range(j1, j2), strict=True)
            )
        else:
            yield from _alike(a, b, left[i1:i2], right[j1:j2])


def _alike(a: Sequence[str], b: Sequence[str], left: range, right: range) -> Iterator[Pair]:
    """Put the two lines that are most alike beside each other, then what is above them and what is below."""
    best, at = _ALIKE, None
    for i in left:
        for j in right:
            matcher = difflib.SequenceMatcher(None, a[i].strip(), b[j].strip(), autojunk=False)
            if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best and matcher.ratio() > best:
                best, at = matcher.ratio(), (i, j)
    if at is None:
        yield from (Pair(i, j) for i, j in itertools.zip_longest(left, right))
        return
    i, j = at
    yield from _alike(a, b, range(left.start, i), range(right.start, j))
    yield Pair(i, j, a[i].strip() == b[j].strip())
    yield from _alike(a, b, range(i + 1, left.stop), range(j + 1, right.stop))
