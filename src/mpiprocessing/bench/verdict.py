"""The verdict: ratios within the run, and which targets are reached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mpiprocessing.bench.catalogue import Target
from mpiprocessing.bench.columns import OURS, PEERS
from mpiprocessing.bench.runner import Row

__all__ = ["Judged", "Report", "best_peer", "judge", "median", "ratio"]


@dataclass(frozen=True)
class Judged:
    """A target and what became of it.

    Attributes:
        target: any.
        value: what is held to it: a ratio of medians, an amount, or the amount beyond the other; None if it is not known.
        reached: whether it is at most what it may be; None if it is not known.
    """

    target: Target
    value: float | None
    reached: bool | None


@dataclass(frozen=True)
class Report:
    """All that was measured.

    Attributes:
        rows: the works.
        columns: the names of the columns, in their order.
        problems: what went wrong besides.
        seconds: how long it took.
    """

    rows: Sequence[Row]
    columns: Sequence[str]
    problems: Sequence[str]
    seconds: float

    @property
    def failures(self) -> list[tuple[str, str, str]]:
        """What should have been measured and was not: the work, the column, the reason."""
        return [
            (str(row.work), name, cell.reason or "it was not measured")
            for row in self.rows
            for name, cell in row.cells.items()
            if cell.status not in ("measured", "none")
        ]

    @property
    def judged(self) -> list[tuple[Row, Judged]]:
        """All targets, with the rows they are of."""
        return [(row, judged) for row in self.rows for judged in judge(row)]


def median(row: Row, column: str) -> float | None:
    """What a column needed, None where that was not measured."""
    cell = row.cells.get(column)
    spread = cell.spread if cell else None
    return spread.median if spread else None


def ratio(row: Row, column: str) -> float | None:
    """How many times as much mpiprocessing needed as another column, None where one of them is not known."""
    ours, other = median(row, OURS), median(row, column)
    return None if ours is None or not other else ours / other


def best_peer(row: Row, peers: Iterable[str] = PEERS) -> str | None:
    """The peer that needed least, None where none was measured."""
    found = [(amount, name) for name in peers if (amount := median(row, name)) is not None]
    return min(found)[1] if found else None


def judge(row: Row) -> list[Judged]:
    """Hold a work to its targets.

    Args:
        row: what was measured.

    Returns:
        Its targets in their order; those against a column that was not asked for are left out.
    """
    targets = [target for target in row.work.targets if not target.against or target.against in row.cells]
    return [_judge(row, target) for target in targets]


def _judge(row: Row, target: Target) -> Judged:
    value = median(row, OURS)
    if target.beyond:
        other = median(row, target.against)
        value = None if value is None or other is None else value - other
    elif target.against:
        value = ratio(row, target.against)
    return Judged(target, value, None if value is None else value <= target.most)
