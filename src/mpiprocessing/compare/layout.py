"""Where everything stands in a space-time diagram: the geometry of a timeline, without a word of SVG.

Theory of operation: time goes to the right, ranks go down. What is shown is chosen first (the lane), then given a
place on the x axis (the view; see axes.py), then on the y axis:

    ── band of rank 0 ──   calls that overlap (threads; a call inside a call) go to tracks of their own
       gap                 arrows, their labels, and the names of processes
    ── band of rank 1 ──

A label is put down only where none stands yet: nothing is ever written over something else, and where much
happens some names are left out; every one is in the full text of its bar or arrow.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from mpiprocessing.compare.axes import MARGIN, Axis, Seconds, Steps, Tick
from mpiprocessing.compare.lettering import short, width
from mpiprocessing.compare.timeline import Arrow, Lane, Row, Span, Timeline

__all__ = ["Band", "Bar", "Label", "Line", "Picture", "View", "arrange"]

View = Literal["logical", "wall"]

BAR = 18.0  # the height of a bar
_TRACK = 21.0  # from one track of a band to the next
_TOP = 34.0  # the axis
_LINE, _CELL = 12.0, 400.0  # the least distance between two lines of text; what no label is wider than
_WHOLE, _AGAIN = 1240.0, 640.0  # what is wider has to be scrolled: each row is named again after so much
_THROUGH = (("with", "calls that do not wait"),)


@dataclass(frozen=True)
class Label:
    """A text whose left end stands on the baseline at (x, y)."""

    x: float
    y: float
    text: str

    @property
    def right(self) -> float:
        """Where it ends, at most."""
        return self.x + width(self.text)


@dataclass(frozen=True)
class Bar:
    """A span as a rectangle."""

    span: Span
    x: float
    y: float
    width: float
    label: Label | None


@dataclass(frozen=True)
class Line:
    """An arrow from (x1, y1) to (x2, y2); a rank's message to itself has both on the same edge of a band."""

    arrow: Arrow
    x1: float
    y1: float
    x2: float
    y2: float
    label: Label | None


@dataclass(frozen=True)
class Band:
    """The line of a rank: its bars stand between top and bottom."""

    row: Row
    top: float
    bottom: float
    names: tuple[Label, ...]  # of its processes, above it
    again: tuple[Label, ...]  # its own name, repeated

    @property
    def middle(self) -> float:
        """Where its line is drawn."""
        return self.top + BAR / 2


@dataclass(frozen=True)
class Picture:
    """A timeline with a place for everything.

    Attributes:
        width: of the whole.
        height: likewise.
        gutter: where the names of the rows end and time begins.
        caption: what the axis counts.
        bands: the ranks, from top to bottom.
        bars: in the order in which they are drawn, computing first.
        lines: in the order of their sending.
        ticks: from left to right.
    """

    width: float
    height: float
    gutter: float
    caption: str
    bands: tuple[Band, ...]
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    ticks: tuple[Tick, ...]


def arrange(timeline: Timeline, view: View, lane: Lane) -> Picture:
    """Give everything that a lane shows its place.

    Args:
        timeline: what happened.
        view: "logical" for steps, "wall" for seconds.
        lane: "program" for what the user wrote, "mpi" for what MPI did.

    Returns:
        The picture.

    Raises:
        ValueError: there is no such view or lane.
    """
    if view not in get_args(View):
        raise ValueError(f"{view!r} is no view: {', '.join(get_args(View))}")
    if lane not in get_args(Lane):
        raise ValueError(f"{lane!r} is no lane: {', '.join(get_args(Lane))}")
    spans, arrows = _spans(timeline, lane), _arrows(timeline, lane)
    gutter = 2 * MARGIN + max((width(short(row.name)) for row in timeline.rows), default=0.0)
    axis = Steps(spans, arrows, gutter) if view == "logical" else Seconds(spans, arrows, gutter)
    tracks = _tracks(spans, axis)
    busy = dict.fromkeys((rank for arrow in arrows for rank in (arrow.source, arrow.dest)), 1)
    for span, track in zip(spans, tracks, strict=True):
        busy[span.rank] = max(busy.get(span.rank, 1), track + 1)
    bands, height = _bands(timeline.rows, busy)
    written = _Written()
    of_band: dict[int, list[Span]] = {band.row.rank: [] for band in bands}
    for span in spans:
        of_band[span.rank].append(span)
    bands = [_named(band, of_band[band.row.rank], axis, written, band.row.rank in busy) for band in bands]
    of_rank = {band.row.rank: band for band in bands}
    bars = [_bar(span, of_rank[span.rank], tracks[at], axis, written) for at, span in enumerate(spans)]
    lines = [_line(arrow, of_rank, axis, written) for arrow in arrows]
    return Picture(
        width=axis.right + MARGIN,
        height=height,
        gutter=gutter,
        caption="step" if view == "logical" else "time",
        bands=tuple(bands),
        bars=tuple(bars),
        lines=tuple(lines),
        ticks=tuple(axis.ticks()),
    )


# --- what is shown ----------------------------------------------------------------------------------------------


def _spans(timeline: Timeline, lane: Lane) -> list[Span]:
    """Those of a lane, on the ground of what the program computes."""
    ranks = {row.rank for row in timeline.rows}
    calls = [span for span in timeline.spans if span.lane == lane and span.state != "computing"]
    ground = [span for span in timeline.spans if span.state == "computing"]
    shown = calls + (ground if lane == "program" else _joined(ground, calls))
    kept = (span for span in shown if span.rank in ranks)
    return sorted(kept, key=lambda span: (span.state != "computing", span.begin.step, span.rank))


def _joined(ground: Sequence[Span], waits: Sequence[Span]) -> list[Span]:
    """What a process computes, as MPI sees it: it goes on through calls of the program in which MPI does not wait."""
    waiting: dict[
        int, tuple[list[int], list[int]]
    ] = {}  # of each rank: when waits begin; the latest end so far
    for wait in sorted(waits, key=lambda wait: wait.begin.step):
        begins, ends = waiting.setdefault(wait.rank, ([], []))
        begins.append(wait.begin.step)
        ends.append(max(wait.end.step, ends[-1] if ends else 0))
    joined: list[Span] = []
    for span in sorted(ground, key=lambda span: (span.rank, span.begin.step)):
        last = joined[-1] if joined else None
        if last and (last.rank, last.name) == (span.rank, span.name):
            begins, ends = waiting.get(span.rank, ([], []))
            before = bisect_left(begins, span.begin.step)
            if not before or ends[before - 1] <= last.end.step:
                joined[-1] = replace(last, end=span.end, detail=_THROUGH)
                continue
        joined.append(span)
    return joined


def _arrows(timeline: Timeline, lane: Lane) -> list[Arrow]:
    ranks = {row.rank for row in timeline.rows}
    return [arrow for arrow in timeline.arrows if arrow.lane == lane and {arrow.source, arrow.dest} <= ranks]


# --- the y axis -------------------------------------------------------------------------------------------------


def _tracks(spans: Sequence[Span], axis: Axis) -> list[int]:
    """The track of each span: the first that is free; computing is the ground that the others are drawn on."""
    order = sorted(
        range(len(spans)), key=lambda at: (axis.overlap(spans[at])[0], -axis.overlap(spans[at])[1])
    )
    tracks = [0] * len(spans)
    busy: dict[int, list[float]] = {}  # for each rank, until when each of its tracks is taken
    for at in order:
        span = spans[at]
        if span.state == "computing":
            continue
        begin, end = axis.overlap(span)
        ends = busy.setdefault(span.rank, [])
        track = next((number for number, until in enumerate(ends) if until <= begin), len(ends))
        ends[track : track + 1] = [end]
        tracks[at] = track
    return tracks


def _bands(rows: Sequence[Row], tracks: dict[int, int]) -> tuple[list[Band], float]:
    """The lines of the ranks, given how many tracks each needs; a rank that does nothing needs no room for arrows."""
    gap = 46.0 if len(tracks) <= 6 else 34.0
    bands, y = [], _TOP + 26.0
    for row in rows:
        bottom = y + BAR + _TRACK * (tracks.get(row.rank, 1) - 1)
        bands.append(Band(row, y, bottom, (), ()))
        y = bottom + (gap if row.rank in tracks else 2.0)
    return bands, (bands[-1].bottom if bands else y) + MARGIN + 6


# --- labels -----------------------------------------------------------------------------------------------------


class _Written:
    """What has been written where: a place is given away once."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], list[Label]] = {}

    def take(self, label: Label) -> bool:
        """Whether the place of a label was free; it is taken now."""
        row, column = round(label.y / _LINE), int(label.x // _CELL)  # no label is wider than a cell
        right = label.right
        for cell in itertools.product((row - 1, row, row + 1), (column - 1, column, column + 1)):
            for other in self._cells.get(cell, ()):
                if abs(other.y - label.y) < _LINE and other.x < right and label.x < other.right:
                    return False
        self._cells.setdefault((row, column), []).append(label)
        return True


def _named(band: Band, spans: Iterable[Span], axis: Axis, written: _Written, busy: bool) -> Band:
    """A band with the names of its processes, each where it begins to compute, and its own again and again."""
    names, last, y = (
        [],
        band.row.name.rpartition(": ")[2],
        band.top - 5,
    )  # beside the row its name says enough
    for span in spans:
        if span.state == "computing" and span.name != last:
            last, label = span.name, Label(axis.x(span.begin), y, short(span.name))
            if label.text and label.right <= axis.right and written.take(label):
                names.append(label)
    again, x = [], _AGAIN if axis.right > _WHOLE and busy else axis.right
    while x < axis.right - _AGAIN / 3:
        label = Label(x, y, short(band.row.name))
        if written.take(label):
            again.append(label)
        x += _AGAIN
    return Band(band.row, band.top, band.bottom, tuple(names), tuple(again))


def _bar(span: Span, band: Band, track: int, axis: Axis, written: _Written) -> Bar:
    x, width = axis.stretch(span)
    y = band.top + _TRACK * track
    label = Label(x + 4, y + BAR - 5, short(span.name))
    fits = span.state != "computing" and label.text and label.right <= x + width
    return Bar(span, x, y, width, label if fits and written.take(label) else None)


def _line(arrow: Arrow, bands: dict[int, Band], axis: Axis, written: _Written) -> Line:
    source, dest = bands[arrow.source], bands[arrow.dest]
    x1, x2 = axis.x(arrow.sent), max(axis.x(arrow.received), axis.x(arrow.sent))
    if source is dest:
        return Line(arrow, x1, source.top, x2, source.top, None)
    down = source.top < dest.top
    y1, y2 = (source.bottom, dest.top) if down else (source.top, dest.bottom)
    if arrow.lost:  # it goes off in the right direction, and ends in between
        x2, y2 = x1 + 10, y1 + (20 if down else -20)
        return Line(arrow, x1, y1, x2, y2, None)
    near = 14.0 if down else -14.0
    places: tuple[Callable[[], tuple[float, float]], ...] = (
        lambda: (y1 + near, (y1 + near - y1) / (y2 - y1)),
        lambda: (y2 - near, (y2 - near - y1) / (y2 - y1)),
    )
    for place in places:
        y, part = place()
        label = Label(x1 + (x2 - x1) * part + 5, y + 4, short(arrow.name))
        if label.text and label.right <= axis.right + MARGIN and written.take(label):
            return Line(arrow, x1, y1, x2, y2, label)
    return Line(arrow, x1, y1, x2, y2, None)
