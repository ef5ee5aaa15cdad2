"""Pictures of figures, in SVG: bars of ratios, and curves, both on logarithmic axes.

Theory of operation: a picture is drawn 360 units wide, so that its letters can be read on a phone; on a wide screen several
stand side by side. Colours are the page's: everything that belongs to a column has its class, `column-1`, `column-2`, … Texts
are escaped here, and nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Bar", "Curve", "Group", "Point", "bars", "curves", "sign"]

_WIDTH = 360.0
_LEFT, _RIGHT = 4.0, 310.0  # of the bars; values stand right of them
_ROW, _BAR, _GAP = 15.0, 11.0, 3.0
_HEIGHT = 230.0  # of curves
_PLOT_LEFT, _PLOT_RIGHT, _PLOT_TOP, _PLOT_BOTTOM = 52.0, 348.0, 12.0, 190.0
_SIGNS = ("circle", "square", "diamond", "up", "down")


@dataclass(frozen=True)
class Bar:
    """How many times as long as another column mpiprocessing needs.

    Attributes:
        series: the number of the column, for its colour.
        ratio: what is drawn.
        text: the ratio, as it is written.
        target: what it may be at most, None where nothing says so.
        title: all of it, for who points at it.
    """

    series: int
    ratio: float
    text: str
    target: float | None
    title: str


@dataclass(frozen=True)
class Group:
    """The bars of one work.

    Attributes:
        name: of the work.
        bars: one for each column that it is compared with.
    """

    name: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Point:
    """A place on a curve.

    Attributes:
        x: where along the axis.
        y: the median.
        low: the first quartile.
        high: the third.
        title: all of it, for who points at it.
    """

    x: float
    y: float
    low: float
    high: float
    title: str


@dataclass(frozen=True)
class Curve:
    """What one column needs, along an axis.

    Attributes:
        series: the number of the column, for its colour and its sign.
        points: from left to right.
    """

    series: int
    points: tuple[Point, ...]


class _Log:
    """A logarithmic axis."""

    def __init__(self, low: float, high: float, begin: float, end: float) -> None:
        self._low, self._span = math.log10(low), math.log10(high / low) or 1.0
        self._begin, self._length = begin, end - begin

    def __call__(self, value: float) -> float:
        return self._begin + (math.log10(value) - self._low) / self._span * self._length


def _decades(low: float, high: float) -> list[float]:
    """The powers of ten from below to above."""
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    return [10.0**power for power in range(first, max(last, first + 1) + 1)]


# --- bars ------------------------------------------------------------------------------------------------------------


def bars(groups: Sequence[Group], title: str) -> str:
    """Draw ratios from 1: to the left where mpiprocessing needs less, to the right where it needs more.

    Args:
        groups: works with their ratios; one of them at least has a bar.
        title: what is seen, for those who do not see it.

    Returns:
        The SVG.
    """
    values = [bar.ratio for group in groups for bar in group.bars]
    values += [bar.target for group in groups for bar in group.bars if bar.target is not None]
    ticks = _decades(min([*values, 1.0]), max([*values, 1.0]))
    axis = _Log(ticks[0], ticks[-1], _LEFT, _RIGHT)
    places = [group for group in groups if group.bars]
    height = 24 + sum(_ROW + _BAR * len(group.bars) + 2 * _GAP for group in places)
    parts = [_open(_WIDTH, height, title), *_ruled(ticks, axis, height)]
    y = 24.0
    for group in places:
        parts.append(f'<text x="{_LEFT:g}" y="{y + 12:g}">{escape(group.name)}</text>')
        y += _ROW
        for bar in group.bars:
            parts += _bar(bar, axis, y)
            y += _BAR
        y += 2 * _GAP
    return "".join([*parts, "</svg>"])


def _ruled(ticks: Sequence[float], axis: _Log, height: float) -> Iterator[str]:
    step = math.ceil(len(ticks) / 7)
    for number, tick in enumerate(ticks):
        x, kind = axis(tick), "one" if tick == 1.0 else "rule"
        yield f'<path class="{kind}" d="M{x:.1f} 16V{height:g}"/>'
        if (number - ticks.index(1.0)) % step == 0:
            anchor = "start" if x < 20 else "middle"
            yield f'<text class="tick" x="{x:.1f}" y="11" text-anchor="{anchor}">{_tick_text(tick)}</text>'


def _tick_text(tick: float) -> str:
    return "1" if tick == 1.0 else f"×{tick:g}" if tick > 1 else f"1/{1 / tick:.0f}"


def _bar(bar: Bar, axis: _Log, y: float) -> Iterator[str]:
    one, end = axis(1.0), axis(bar.ratio)
    left, width = min(one, end), max(abs(end - one), 1.0)
    yield f"<g><title>{escape(bar.title)}</title>"
    yield f'<rect class="column-{bar.series}" x="{left:.1f}" y="{y:g}" width="{width:.1f}" height="{_BAR - 2:g}"/>'
    style = "value"
    if bar.target is not None:
        reached = bar.ratio <= bar.target
        style = "value reached" if reached else "value missed"
        x = axis(bar.target)
        yield f'<path class="target {style}" d="M{x:.1f} {y - 1.5:g}v{_BAR + 1:g}"/>'
    mark = {"value": "", "value reached": " ✓", "value missed": " ✗"}[style]
    yield f'<text class="{style}" x="{_WIDTH - 2:g}" y="{y + 8.5:g}" text-anchor="end">{escape(bar.text)}{mark}</text></g>'


# --- curves ----------------------------------------------------------------------------------------------------------


def curves(
    lines: Sequence[Curve], ticks: Sequence[tuple[float, str]], units: Sequence[tuple[float, str]], title: str
) -> str:
    """Draw what columns need along an axis.

    Args:
        lines: one for each column; one of them at least has a point.
        ticks: what is written along the x axis, and where.
        units: of the y axis, the largest first: its decades are written in them.
        title: what is seen, for those who do not see it.

    Returns:
        The SVG.
    """
    points = [point for line in lines for point in line.points]
    decades = _decades(min(point.low for point in points), max(point.high for point in points))
    x = _Log(ticks[0][0], ticks[-1][0], _PLOT_LEFT + 10, _PLOT_RIGHT - 10)
    y = _Log(decades[0], decades[-1], _PLOT_BOTTOM, _PLOT_TOP)
    parts = [_open(_WIDTH, _HEIGHT, title)]
    for decade in decades:
        parts.append(f'<path class="rule" d="M{_PLOT_LEFT:g} {y(decade):.1f}H{_PLOT_RIGHT:g}"/>')
        text = _in_unit(decade, units)
        parts.append(
            f'<text class="tick" x="{_PLOT_LEFT - 5:g}" y="{y(decade) + 4:.1f}" text-anchor="end">{text}</text>'
        )
    for place, text in ticks:
        parts.append(f'<path class="rule" d="M{x(place):.1f} {_PLOT_BOTTOM:g}v4"/>')
        parts.append(
            f'<text class="tick" x="{x(place):.1f}" y="{_PLOT_BOTTOM + 17:g}" text-anchor="middle">{escape(text)}</text>'
        )
    for line in lines:
        parts += _line(line, x, y)
    return "".join([*parts, "</svg>"])


def _line(line: Curve, x: _Log, y: _Log) -> Iterator[str]:
    if not line.points:
        return
    path = "L".join(f"{x(point.x):.1f} {y(point.y):.1f}" for point in line.points)
    yield f'<g class="column-{line.series}"><path class="line" d="M{path}"/>'
    for point in line.points:
        yield f"<g><title>{escape(point.title)}</title>"
        yield f'<path class="range" d="M{x(point.x):.1f} {y(point.low):.1f}V{y(point.high):.1f}"/>'
        yield f"{_sign(line.series, x(point.x), y(point.y))}</g>"
    yield "</g>"


def sign(series: int) -> str:
    """Draw the sign of a column alone, for a legend.

    Args:
        series: its number.

    Returns:
        The SVG.
    """
    one = f'<g class="column-{series}">{_sign(series, 7, 7)}</g>'
    return f'<svg class="chart sign" viewBox="0 0 14 14" aria-hidden="true">{one}</svg>'


def _sign(series: int, x: float, y: float) -> str:
    kind = _SIGNS[(series - 1) % len(_SIGNS)]
    if kind == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
    shapes = {
        "square": "m-3.5 -3.5h7v7h-7z",
        "diamond": "m0 -5l5 5l-5 5l-5 -5z",
        "up": "m0 -5l5 8h-10z",
        "down": "m0 5l5 -8h-10z",
    }
    return f'<path class="sign" d="M{x:.1f} {y:.1f}{shapes[kind]}"/>'


def _in_unit(value: float, units: Sequence[tuple[float, str]]) -> str:
    factor, unit = next((one for one in units if value >= one[0] * 0.9995), units[-1])
    return escape(f"{value / factor:g} {unit}")


def _open(width: float, height: float, title: str) -> str:
    return f'<svg class="chart" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(title)}">'
