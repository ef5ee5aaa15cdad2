"""Which pictures a report has: ratios for each family; curves by size, by processes and by ranks.

Theory of operation: works that are points of a curve say so in the catalogue. Ping-pongs are drawn twice, as time and as
bandwidth; where fewer than two points were measured there is no curve.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mpiprocessing.bench.charts import Bar, Curve, Group, Point, bars, curves
from mpiprocessing.bench.columns import BARE, OURS, STDLIB
from mpiprocessing.bench.runner import Row
from mpiprocessing.bench.verdict import Report, best_peer, judge, ratio
from mpiprocessing.bench.words import UNITS, amount_text, ratio_text, size_text

__all__ = ["SERIES", "Picture", "pictures"]

BEST_PEER = "best peer"
SERIES = {STDLIB: 1, OURS: 2, BARE: 3, BEST_PEER: 4}
"""What is drawn, with the numbers of the colours; the best peer is another library from work to work."""

_BANDWIDTH = ((1e9, "GB/s"), (1e6, "MB/s"), (1e3, "kB/s"), (1.0, "B/s"))
_TITLES = {
    ("pipes", "bytes"): "Ping-pong of bytes",
    ("pipes", "array"): "Ping-pong of NumPy arrays",
    ("gates", "barrier"): "Barrier, by processes",
    ("oversubscription", "map"): "Pool map of tasks that do nothing, by ranks: time for a task",
    ("oversubscription", "queue"): "Queue, all put and one gets, by ranks: time for an item",
    ("oversubscription", "barrier"): "Barrier of all, by ranks",
}


@dataclass(frozen=True)
class Picture:
    """A picture and what it shows.

    Attributes:
        title: what it shows.
        svg: it.
        series: the columns in it.
        signs: whether their signs are in it, or their colours alone.
    """

    title: str
    svg: str
    series: tuple[str, ...]
    signs: bool


def pictures(report: Report, family: str) -> list[Picture]:
    """Draw a family.

    Args:
        report: what was measured.
        family: of which works.

    Returns:
        Its pictures; none where nothing was measured that could be drawn.
    """
    rows = [row for row in report.rows if row.work.family == family]
    return [*_ratios(rows), *_curves(rows)]


def _ratios(rows: Sequence[Row]) -> Iterator[Picture]:
    groups = [Group(row.work.title, tuple(_bars(row))) for row in rows]
    drawn = {bar.series for group in groups for bar in group.bars}
    if drawn:
        title = "How many times as long mpiprocessing needs"
        yield Picture(
            title, bars(groups, title), tuple(name for name in SERIES if SERIES[name] in drawn), False
        )


def _bars(row: Row) -> Iterator[Bar]:
    others = {STDLIB: STDLIB, BARE: BARE, BEST_PEER: best_peer(row)}
    for series, other in others.items():
        value = ratio(row, other) if other else None
        if not value:
            continue
        text = ratio_text(value)
        said = f"{row.work.title}: {text} times what {other} needs"
        judged = [
            one.target.most for one in judge(row) if one.target.against == other and not one.target.beyond
        ]
        if judged:
            said += f"; target {ratio_text(judged[0])}"
        yield Bar(SERIES[series], value, text, judged[0] if judged else None, said)


def _curves(rows: Sequence[Row]) -> Iterator[Picture]:
    for name in dict.fromkeys(row.work.curve for row in rows if row.work.curve):
        points = [row for row in rows if row.work.curve == name]
        family = points[0].work.family
        title = _TITLES[family, name]
        yield from _curve(points, title if family != "pipes" else f"{title}: time for one way", False)
        if family == "pipes":
            yield from _curve(points, f"{title}: bytes in a second", True)


def _curve(rows: Sequence[Row], title: str, bandwidth: bool) -> Iterator[Picture]:
    lines = {name: tuple(_points(rows, name, bandwidth)) for name in (STDLIB, OURS, BARE)}
    drawn = tuple(name for name, points in lines.items() if points)
    places = sorted({row.work.x for row in rows})
    if max(map(len, lines.values())) < 2:
        return
    sizes = rows[0].work.family == "pipes"
    ticks = [(x, size_text(x) if sizes else f"{x:g}") for x in places]
    units = _BANDWIDTH if bandwidth else UNITS["seconds"]
    svg = curves([Curve(SERIES[name], lines[name]) for name in drawn], ticks, units, title)
    yield Picture(title, svg, drawn, True)


def _points(rows: Sequence[Row], column: str, bandwidth: bool) -> Iterator[Point]:
    for row in sorted(rows, key=lambda row: row.work.x):
        cell = row.cells.get(column)
        spread = cell.spread if cell else None
        if spread is None or spread.least <= 0:
            continue
        x, y = row.work.x, spread.median
        text = f"{column}, {row.work.title}: {amount_text(y, row.work.kind)}"
        if bandwidth:
            rate = size_text(x / y, decimal=True)
            yield Point(x, x / y, x / spread.high, x / spread.low, f"{text}, {rate}/s")
        else:
            yield Point(x, y, spread.low, spread.high, text)
