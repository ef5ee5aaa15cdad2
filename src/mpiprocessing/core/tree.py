"""The ranks of a job as a tree, for what all of them have to say together.

    0 ─┬─ 1
       ├─ 2 ── 3
       └─ 4 ─┬─ 5
             └─ 6 ── 7

A binomial tree: with n ranks it is log2(n) deep, and nobody has more than log2(n) below it. Rank and size are all a rank needs
to know its neighbours. It is for what may take its time: each level costs the wait of a rank that may be asleep, milliseconds,
while a short message to one more rank costs its sender microseconds (docs, "Growth").
"""

from __future__ import annotations

__all__ = ["above", "below"]


def above(rank: int) -> int:
    """Whom a rank answers; for all but rank 0.

    Args:
        rank: the rank.
    """
    return rank & (rank - 1)


def below(rank: int, size: int) -> list[int]:
    """Whom a rank asks.

    Args:
        rank: the rank.
        size: how many ranks there are.
    """
    ranks, step = [], 1
    while rank + step < size and not rank & step:
        ranks.append(rank + step)
        step <<= 1
    return ranks
