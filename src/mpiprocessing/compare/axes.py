"""The x axis of a space-time diagram: logical time or seconds become places.

Theory of operation: an axis is made for the spans and arrows that are shown, and tells where a moment stands, how far
a span stretches, and what is written along the top.

    Steps     the steps at which something happens stand one after the other, each as far from the one before as the
              names of the calls between them need; where that gets too wide, names have to fit as they can
    Seconds   to scale
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mpiprocessing.compare.lettering import short, width
from mpiprocessing.compare.timeline import Arrow, Moment, Span

__all__ = ["MARGIN", "Axis", "Seconds", "Steps", "Tick"]

MARGIN = 14.0
_ROOMY, _TIGHT = 30.0, 18.0  # from one step to the next
_ROOMY_WIDTH = 4200.0  # a diagram with room for every name may be this wide
_NARROWEST, _WIDEST = 820.0, 6000.0  # a diagram to scale
_PER_EVENT = 9.0


@dataclass(frozen=True)
class Tick:
    """A mark on the axis."""

    x: float
    text: str


class Steps:
    """Logical time: the steps at which something happens, one after the other."""

    def __init__(self, spans: Sequence[Span], arrows: Sequence[Arrow], left: float) -> None:
        moments = _moments(spans, arrows)
        self.steps = sorted({moment.step for moment in moments})
        self._column = {step: number for number, step in enumerate(self.steps)}
        needs: dict[
            int, list[tuple[int, float]]
        ] = {}  # at the end's column: the begin's, and the room between
        for span in spans:
            if span.state != "computing":
                begin, end = self._columns(span)
                needs.setdefault(end, []).append((begin, _room(span) + 6))
        roomy = _positions(len(self.steps), _ROOMY, needs)
        fits = roomy[-1] <= _ROOMY_WIDTH
        self.unit = _ROOMY if fits else _TIGHT
        positions = roomy if fits else _positions(len(self.steps), _TIGHT, {})
        start = left + MARGIN
        self._x = [start + position for position in positions]
        self.right = max(self._x[-1] + self.unit, start + _NARROWEST / 2)

    def _columns(self, span: Span) -> tuple[int, int]:
        begin = self._column[span.begin.step]
        return begin, max(self._column[span.end.step], begin + 1)

    def x(self, moment: Moment) -> float:
        return self._x[self._column[moment.step]]

    def stretch(self, span: Span) -> tuple[float, float]:
        """Where the bar of a span begins and how wide it is; one that takes no step gets a bar nevertheless."""
        x, end = self.x(span.begin), self.x(span.end)
        if end > x:
            return x, end - x
        return x, min(self._x[self._columns(span)[1]] - x - 4, max(_room(span), self.unit / 2))

    def overlap(self, span: Span) -> tuple[float, float]:
        begin, end = span.begin.step, max(span.end.step, span.begin.step)
        return begin, end if end > begin else begin + 0.5

    def ticks(self) -> Iterable[Tick]:
        free = 0.0
        for step in self.steps:
            x = self._x[self._column[step]]
            if x >= free:
                yield Tick(x, str(step))
                free = x + width(str(step)) + 14


class Seconds:
    """Wall-clock time, to scale, from the first event to the last."""

    def __init__(self, spans: Sequence[Span], arrows: Sequence[Arrow], left: float) -> None:
        moments = _moments(spans, arrows)
        seconds = [moment.seconds for moment in moments]
        self._first, self._last = min(seconds), max(seconds)
        length = max(self._last - self._first, 1e-9)
        wanted = _PER_EVENT * len(moments)
        width = min(max(wanted, _NARROWEST), _WIDEST)
        self._left, self._scale = left + MARGIN, width / length
        self.right = self._left + width

    def x(self, moment: Moment) -> float:
        return self._left + (moment.seconds - self._first) * self._scale

    def stretch(self, span: Span) -> tuple[float, float]:
        x = self.x(span.begin)
        return x, max(self.x(span.end) - x, 2.0)

    def overlap(self, span: Span) -> tuple[float, float]:
        return span.begin.seconds, max(span.end.seconds, span.begin.seconds)

    def ticks(self) -> Iterable[Tick]:
        step = _round_step(90 / self._scale)
        for number in range(math.ceil(self._first / step - 1e-9), math.floor(self._last / step + 1e-9) + 1):
            value = number * step
            yield Tick(self._left + (value - self._first) * self._scale, _time_text(value, step))


Axis = Steps | Seconds


def _moments(spans: Iterable[Span], arrows: Iterable[Arrow]) -> list[Moment]:
    found = [moment for span in spans for moment in (span.begin, span.end)]
    found += [moment for arrow in arrows for moment in (arrow.sent, arrow.received)]
    return found or [Moment(0.0, 0)]


def _room(span: Span) -> float:
    return width(short(span.name)) + 8


def _positions(count: int, unit: float, needs: dict[int, list[tuple[int, float]]]) -> list[float]:
    """The leftmost place for each column, and for one behind the last, that leaves the room that is needed."""
    places = [0.0]
    for column in range(1, count + 1):
        wanted = (places[begin] + room for begin, room in needs.get(column, ()))
        places.append(max((places[-1] + unit, *wanted)))
    return places


def _round_step(least: float) -> float:
    """1, 2 or 5 times a power of ten, not less than `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))


def _time_text(value: float, step: float) -> str:
    factor, unit = (1.0, "s") if step >= 0.1 else (1e3, "ms") if step >= 1e-4 else (1e6, "µs")
    digits = max(0, -math.floor(math.log10(step * factor) + 1e-9))
    return f"{value * factor:.{digits}f} {unit}"
