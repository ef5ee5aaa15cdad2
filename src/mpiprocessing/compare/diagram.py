"""The space-time diagram: a timeline as a picture, in SVG.

Theory of operation: layout.py gives everything its place; here it is written down, and nothing else. A line for
each rank; on it bars for what the rank did, between the lines arrows for what travelled. Each bar and arrow is a
group of class `event` with a <title>, the full text of it: what a pointer shows, a screen reader says, and a page
with a script puts beside the picture. The text depends on the timeline alone, and stands for itself as a file; a
page that holds several takes `STYLE` once and the pictures `plain`, without it. Ids begin with a prefix of the
page's choice; there is one in a picture, that of the hatching.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from mpiprocessing.compare.layout import BAR, Band, Bar, Label, Line, Picture, View, arrange, short
from mpiprocessing.compare.timeline import Arrow, Lane, Moment, Span, Timeline
from mpiprocessing.compare.visible import visible

__all__ = ["STYLE", "legend", "svg"]

STYLE = re.sub(
    r"/\*.*?\*/\s*", "", Path(__file__).with_name("diagram.css").read_text("utf-8"), flags=re.DOTALL
)
"""The style sheet of all diagrams."""

_ABOUT = {
    "computing": "computing: the program's own code runs",
    "communicating": "communicating: in a call that does not wait",
    "blocked": "blocked: in a call that waits for another rank",
}


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
    hatch = _hatch(prefix)
    picture = arrange(timeline, view, lane)
    parts = [
        _open(picture.width, picture.height, _summary(picture, view, lane)),
        *([] if plain else [f"<style>{STYLE}</style>"]),
        _hatching(hatch),
        '<rect class="paper" width="100%" height="100%"/>',
        *_axis(picture),
        *(part for band in picture.bands for part in _band(band, picture)),
        *(_bar(bar, hatch) for bar in picture.bars),
        *(_line(line) for line in picture.lines),
        *(_text(line.label) for line in picture.lines if line.label is not None),
        *(part for band in picture.bands for part in _names(band)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def legend(prefix: str = "legend", *, plain: bool = False) -> str:
    """Draw what the bars and arrows of a diagram mean.

    Args:
        prefix: what ids begin with.
        plain: leave out the style sheet: the page has it.

    Returns:
        The SVG.

    Raises:
        ValueError: the prefix cannot begin an id.
    """
    hatch = _hatch(prefix)
    parts = [] if plain else [f"<style>{STYLE}</style>"]
    parts.append(_hatching(hatch))
    y = 6.0
    for state, text in _ABOUT.items():
        parts.append(f'<g class="{state}">{_rect(8, y, 44, hatch if state == "blocked" else "")}</g>')
        parts.append(_text(Label(64, y + 13, text)))
        y += 26
    for lost, text in ((False, "a message, from its sender to its receiver"), (True, "nobody received it")):
        kind = "message lost" if lost else "message"
        tip = _cross(46, y + 9) if lost else _tip(10, y + 9, 52, y + 9)
        dot = _dot(10, y + 9)
        parts.append(f'<g class="{kind}"><path d="M10 {_n(y + 9)}H{46 if lost else 50}"/>{dot}{tip}</g>')
        parts.append(_text(Label(64, y + 13, text)))
        y += 26
    head = _open(360, y, "What the bars and arrows mean")
    return "\n".join((head, *parts, "</svg>")) + "\n"


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


def _hatch(prefix: str) -> str:
    if not re.fullmatch(r"[A-Za-z][\w.-]*", prefix, re.ASCII):
        raise ValueError(f"{prefix!r} cannot begin an id: a letter, then letters, digits, '-', '_' or '.'")
    return f"{prefix}-hatch"


def _hatching(hatch: str) -> str:
    return (
        f'<defs><pattern id="{hatch}" width="6" height="6" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><path class="hatch" d="M0 0V6"/></pattern></defs>'
    )


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
    yield from (_text(label, "small") for label in band.again)


def _bar(bar: Bar, hatch: str) -> str:
    state = bar.span.state
    shape = _rect(bar.x, bar.y, bar.width, hatch if state == "blocked" else "")
    label = "" if bar.label is None else _text(bar.label)
    return f'<g class="event {state}"><title>{_escape(_of_span(bar.span))}</title>{shape}{label}</g>'


def _rect(x: float, y: float, width: float, hatch: str = "") -> str:
    place = f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(BAR)}"'
    plain = f"{place}/>"
    return plain if not hatch else f'{plain}{place} style="fill:url(#{hatch})"/>'


def _line(line: Line) -> str:
    kind = "event message lost" if line.arrow.lost else "event message"
    if line.y1 == line.y2:  # to itself: an arc over its own line
        x1, x2 = line.x1, max(line.x2, line.x1 + 12)
        way = f"M{_n(x1)} {_n(line.y1)}C{_n(x1)} {_n(line.y1 - 18)} {_n(x2)} {_n(line.y2 - 18)} {_n(x2)} {_n(line.y2)}"
        tip = _tip(x2, line.y2 - 12, x2, line.y2)
    else:
        way = f"M{_n(line.x1)} {_n(line.y1)}L{_n(line.x2)} {_n(line.y2)}"
        tip = _tip(line.x1, line.y1, line.x2, line.y2)
    if line.arrow.lost:
        tip = _cross(line.x2, line.y2)
    return (
        f'<g class="{kind}"><title>{_escape(_of_arrow(line.arrow))}</title><path class="near" d="{way}"/>'
        f'<path d="{way}"/>{_dot(line.x1, line.y1)}{tip}</g>'
    )


def _tip(x1: float, y1: float, x2: float, y2: float) -> str:
    """The point of an arrow, at its second end."""
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5 or 1.0
    dx, dy = (x2 - x1) / length, (y2 - y1) / length
    bx, by = x2 - 9 * dx, y2 - 9 * dy
    sides = f"L{_n(bx - 3.5 * dy)} {_n(by + 3.5 * dx)}L{_n(bx + 3.5 * dy)} {_n(by - 3.5 * dx)}Z"
    return f'<path class="tip" d="M{_n(x2)} {_n(y2)}{sides}"/>'


def _cross(x: float, y: float) -> str:
    left, right, top, bottom = _n(x - 4), _n(x + 4), _n(y - 4), _n(y + 4)
    return f'<path class="tip" d="M{left} {top}L{right} {bottom}M{left} {bottom}L{right} {top}"/>'


def _dot(x: float, y: float) -> str:
    return f'<circle class="tip" cx="{_n(x)}" cy="{_n(y)}" r="2.6"/>'


def _text(label: Label, kind: str = "") -> str:
    name = f' class="{kind}"' if kind else ""
    return f'<text{name} x="{_n(label.x)}" y="{_n(label.y)}">{_escape(label.text)}</text>'


# --- the full text of an event ----------------------------------------------------------------------------------


def _of_span(span: Span) -> str:
    took = _duration(span.end.seconds - span.begin.seconds)
    when = f"{_step(span.begin, span.end)}; from {_at(span.begin)} to {_at(span.end)}: {took}"
    lines = [f"{span.name}: {span.state}", f"rank {span.rank}", when, *_details(span.detail)]
    return "\n".join((*lines, f"line: {span.where}") if span.where else lines)


def _of_arrow(arrow: Arrow) -> str:
    size = "1 byte" if arrow.size == 1 else f"{arrow.size} bytes"
    lines = [f"{arrow.name}: message of {size}", f"from rank {arrow.source} to rank {arrow.dest}"]
    lines.append(f"sent at step {arrow.sent.step}, {_at(arrow.sent)}")
    if arrow.lost:
        lines.append("never received")
    else:
        lines.append(f"received at step {arrow.received.step}, {_at(arrow.received)}: {_way(arrow)}")
    return "\n".join((*lines, *_details(arrow.detail)))


def _way(arrow: Arrow) -> str:
    seconds = arrow.received.seconds - arrow.sent.seconds
    if seconds < 0:
        return f"earlier, by the clocks of two hosts that differ by {_duration(-seconds)} or more"
    return f"{_duration(seconds)} later"


def _step(begin: Moment, end: Moment) -> str:
    return f"step {begin.step}" if begin.step == end.step else f"steps {begin.step} to {end.step}"


def _at(moment: Moment) -> str:
    return f"{moment.seconds:.6f} s"


def _duration(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} µs"


def _details(detail: Iterable[tuple[str, str]]) -> Iterator[str]:
    return (f"{name}: {value}" for name, value in detail)


def _escape(text: str) -> str:
    return escape(visible(text))


def _n(value: float) -> str:
    """A number as short as a tenth of a pixel allows."""
    return f"{value:.1f}".removesuffix(".0")
