"""The space-time diagram: a timeline as a picture, in SVG.

Theory of operation: layout.py gives everything its place; here it is written down, and nothing else. A line for
each rank; on it bars for what the rank did, between the lines arrows for what travelled. Each bar and arrow is a
group of class `event` with a <title>, the full text of it: what a pointer shows, a screen reader says, and a page
with a script puts beside the picture. The text depends on the timeline alone, and stands for itself as a file; a
page that holds several takes `STYLE` once and the pictures `plain`, without it. Ids begin with a prefix of the
page's choice: they name the hatching and the ends of arrows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import get_args

from mpiprocessing.compare.layout import BAR, Band, Label, Line, Picture, View, arrange
from mpiprocessing.compare.lettering import short
from mpiprocessing.compare.timeline import Arrow, Lane, Moment, Span, State, Timeline
from mpiprocessing.compare.visible import visible

__all__ = ["LEGEND", "STYLE", "legend", "svg"]

_LONGEST = 2000  # letters of a text: it stands in each picture of a page

STYLE = re.sub(
    r"/\*.*?\*/\s*", "", Path(__file__).with_name("diagram.css").read_text("utf-8"), flags=re.DOTALL
)
"""The style sheet of all diagrams."""

LEGEND = {
    "computing": "computing: the program's own code runs",
    "communicating": "communicating: in a call that does not wait",
    "blocked": "blocked: in a call that waits for another rank",
    "message": "a message, from its sender to its receiver",
    "lost": "a message that nobody received",
}
"""What each sign of a diagram means."""


def svg(
    timeline: Timeline,
    *,
    view: View = "logical",
    lane: Lane = "program",
    prefix: str = "timeline",
    plain: bool = False,
) -> str:
    """Draw what every rank did, and what travelled between them.

    Args:
        timeline: what happened.
        view: "logical" puts the steps of logical time beside each other, so that what depends on what is seen;
            "wall" is to scale in seconds, so that what takes long is seen.
        lane: "program" for what the user wrote, "mpi" for what MPI was asked to do.
        prefix: what ids begin with; another one for each picture of a page.
        plain: leave out the style sheet: the page has it.

    Returns:
        The SVG, a file of its own or to be put into a page. It may be wide: let it scroll in a box of its own.

    Raises:
        ValueError: there is no such view or lane, or the prefix cannot begin an id.
    """
    ids = _Ids(prefix)
    picture = arrange(timeline, view, lane)
    parts = [
        _open(picture.width, picture.height, _summary(picture, view, lane)),
        *([] if plain else [f"<style>{STYLE}</style>"]),
        _definitions(ids),
        '<rect class="paper" width="100%" height="100%"/>',
        *_axis(picture),
        *(part for band in picture.bands for part in _band(band, picture)),
        *(part for state in get_args(State) for part in _bars(picture, state, ids)),
        *_lines(picture, ids, lost=False),
        *_lines(picture, ids, lost=True),
        *(_text(line.label) for line in picture.lines if line.label is not None),
        *(part for band in picture.bands for part in _names(band)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def legend(*, words: Mapping[str, str] = LEGEND, prefix: str = "legend", plain: bool = False) -> str:
    """Say what the bars and arrows of a diagram mean.

    Args:
        words: what is written beside each sign, for pages in other languages; a sign that is not named is left out.
        prefix: what ids begin with.
        plain: leave out the style sheet: the page has it.

    Returns:
        A list, in HTML, whose class is `tl-legend`.

    Raises:
        ValueError: the prefix cannot begin an id.
    """
    ids = _Ids(prefix)
    style = "" if plain else f"<style>{STYLE}</style>"
    bar, line = _rect(1, 1, 46), '<path d="M4 10H44"/>'
    signs = {
        "computing": f'<g class="computing">{bar}</g>',
        "communicating": f'<g class="communicating">{bar}</g>',
        "blocked": f'<g class="blocked" style="{ids.hatched}">{bar}</g>',
        "message": f'<g class="messages" style="{ids.pointed}">{line}</g>',
        "lost": f'<g class="messages lost" style="{ids.crossed}">{line}</g>',
    }
    head = '<svg class="tl" width="48" height="20" viewBox="0 0 48 20" aria-hidden="true">'
    items = (f"<li>{head}{signs[sign]}</svg> {_escape(text)}</li>" for sign, text in words.items())
    definitions = f'<svg class="tl" width="0" height="0" style="position:absolute" aria-hidden="true">{_definitions(ids)}</svg>'
    return f'{style}<ul class="tl-legend">{"".join(items)}</ul>{definitions}\n'


class _Ids:
    """What a picture refers to inside of itself."""

    def __init__(self, prefix: str) -> None:
        if not re.fullmatch(r"[A-Za-z][\w.-]*", prefix, re.ASCII):
            raise ValueError(
                f"{prefix!r} cannot begin an id: a letter, then letters, digits, '-', '_' or '.'"
            )
        self.hatch, self.dot, self.tip, self.cross = (
            f"{prefix}-{name}" for name in ("hatch", "dot", "tip", "cross")
        )
        self.hatched = f"fill:url(#{self.hatch})"
        self.pointed = f"marker-start:url(#{self.dot});marker-end:url(#{self.tip})"
        self.crossed = f"marker-start:url(#{self.dot});marker-end:url(#{self.cross})"


# --- the parts of a picture -------------------------------------------------------------------------------------


def _open(width: float, height: float, summary: str) -> str:
    w, h = _n(width), _n(height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="tl" role="group" aria-label="{_escape(summary)}"'
        f' width="{w}" height="{h}" viewBox="0 0 {w} {h}">'
    )


def _summary(picture: Picture, view: View, lane: Lane) -> str:
    what = "calls of the program" if lane == "program" else "what MPI did"
    order = "in logical order" if view == "logical" else "by the clock"
    calls = sum(bar.span.state != "computing" for bar in picture.bars)
    counts = f"{len(picture.bands)} ranks, {calls} calls, {len(picture.lines)} messages"
    return f"Space-time diagram of {what}, {order}: {counts}"


def _definitions(ids: _Ids) -> str:
    """The hatching, and the ends of arrows."""
    hatch = (
        f'<pattern id="{ids.hatch}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect class="ground" width="6" height="6"/><path class="hatch" d="M0 0V6"/></pattern>'
    )
    ends = (
        (ids.dot, "3 3", '<circle class="end" cx="3" cy="3" r="2.6"/>'),
        (ids.tip, "9 4", '<path class="end" d="M0 .5 9 4 0 7.5Z"/>'),
        (ids.cross, "4 4", '<path class="cross" d="M0 0 8 8M0 8 8 0"/>'),
    )
    markers = "".join(
        f'<marker id="{name}" refX="{x}" refY="{y}" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse"'
        f' orient="auto" overflow="visible">{shape}</marker>'
        for name, place, shape in ends
        for x, y in [place.split()]
    )
    return f"<defs>{hatch}{markers}</defs>"


def _axis(picture: Picture) -> Iterator[str]:
    bottom = _n(picture.height - 8)
    yield '<g class="axis">'
    yield f'<text x="14" y="20">{picture.caption}</text>'
    if picture.ticks:
        yield f'<path d="{"".join(f"M{_n(tick.x)} 28V{bottom}" for tick in picture.ticks)}"/>'
    for tick in picture.ticks:
        yield f'<text x="{_n(tick.x)}" y="20" text-anchor="middle">{_escape(tick.text)}</text>'
    yield "</g>"


def _band(band: Band, picture: Picture) -> Iterator[str]:
    y = _n(band.middle)
    yield f'<path class="life" d="M{_n(picture.gutter)} {y}H{_n(picture.width - 14)}"/>'
    row = band.row
    title = "\n".join((row.name, f"rank {row.rank}", *([f"on {row.host}"] if row.host else [])))
    yield (
        f'<g class="row"><title>{_escape(title)}</title>'
        f'<text x="14" y="{_n(band.middle + 4)}">{_escape(short(row.name))}</text></g>'
    )


def _names(band: Band) -> Iterator[str]:
    yield from (_text(label, "process") for label in band.names)
    yield from (_text(label, "again") for label in band.again)


def _bars(picture: Picture, state: State, ids: _Ids) -> Iterator[str]:
    style = f' style="{ids.hatched}"' if state == "blocked" else ""
    yield f'<g class="{state}"{style}>'
    for bar in picture.bars:
        if bar.span.state == state:
            label = "" if bar.label is None else _text(bar.label)
            yield _event(_of_span(bar.span), _rect(bar.x, bar.y, bar.width) + label)
    yield "</g>"


def _rect(x: float, y: float, width: float) -> str:
    return f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(max(width, 1))}" height="{_n(BAR)}"/>'


def _lines(picture: Picture, ids: _Ids, *, lost: bool) -> Iterator[str]:
    kind, style = ("messages lost", ids.crossed) if lost else ("messages", ids.pointed)
    yield f'<g class="{kind}" style="{style}">'
    for line in picture.lines:
        if line.arrow.lost == lost:
            way = _way(line)
            yield _event(_of_arrow(line.arrow), f'<path class="near" d="{way}"/><path d="{way}"/>')
    yield "</g>"


def _way(line: Line) -> str:
    x1, y1, x2, y2 = map(_n, (line.x1, line.y1, line.x2, line.y2))
    if line.y1 != line.y2:
        return f"M{x1} {y1}L{x2} {y2}"
    over, x2 = _n(line.y1 - 20), _n(max(line.x2, line.x1 + 12))  # to itself: an arc over its own line
    return f"M{x1} {y1}C{x1} {over} {x2} {over} {x2} {y2}"


def _event(title: str, shape: str) -> str:
    return f'<g class="event"><title>{_escape(title)}</title>{shape}</g>'


def _text(label: Label, kind: str = "") -> str:
    name = f' class="{kind}"' if kind else ""
    return f'<text{name} x="{_n(label.x)}" y="{_n(label.y)}">{_escape(label.text)}</text>'


# --- the full text of an event ----------------------------------------------------------------------------------


def _of_span(span: Span) -> str:
    steps = (
        f"step {span.begin.step}"
        if span.begin.step == span.end.step
        else f"steps {span.begin.step}-{span.end.step}"
    )
    when = f"{steps}, at {_at(span.begin)}, for {_duration(span.end.seconds - span.begin.seconds)}"
    lines = [f"{span.name}: {span.state}", f"rank {span.rank}", when, *_details(span.detail)]
    return "\n".join((*lines, f"line: {span.where}") if span.where else lines)


def _of_arrow(arrow: Arrow) -> str:
    size = "1 byte" if arrow.size == 1 else f"{arrow.size} bytes"
    lines = [f"{arrow.name}: message, {size}", f"rank {arrow.source} to rank {arrow.dest}"]
    lines.append(f"sent: step {arrow.sent.step}, at {_at(arrow.sent)}")
    if arrow.lost:
        lines.append("never received")
    else:
        lines.append(f"received: step {arrow.received.step}, at {_at(arrow.received)}, {_after(arrow)}")
    return "\n".join((*lines, *_details(arrow.detail)))


def _after(arrow: Arrow) -> str:
    seconds = arrow.received.seconds - arrow.sent.seconds
    if seconds < 0:
        return f"earlier, by the clocks of two hosts that differ by {_duration(-seconds)} or more"
    return f"{_duration(seconds)} later"


def _at(moment: Moment) -> str:
    return f"{moment.seconds * 1e3:.3f} ms"


def _duration(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} µs"


def _details(detail: Iterable[tuple[str, str]]) -> Iterator[str]:
    return (f"{name}: {value}" for name, value in detail)


def _escape(text: str) -> str:
    return escape(visible(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"))


def _n(value: float) -> str:
    """A number of pixels: whole ones, so that edges are sharp and the text is short."""
    return str(round(value))
