"""Timelines as a file in the Chrome trace event format, which https://ui.perfetto.dev and chrome://tracing open.

Theory of operation: a rank is a process of the trace, and each of its lanes a thread: "program" for what the user wrote, "mpi"
for waits and messages. Spans become complete events ("X"). A message becomes a short complete event at either end, and a flow
("s" and "f" of one id) from one to the other: viewers bind a flow to the event in which it begins or ends. Spans of one thread
of the trace may be nested but must not overlap otherwise, so those of several threads of a rank get as many as are needed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

from mpiprocessing.compare.timeline import Arrow, Lane, Span, Timeline
from mpiprocessing.compare.visible import encodable

__all__ = ["events", "write"]

_THREADS: dict[Lane, int] = {"program": 1, "mpi": 101}
_TICK = 1.0
"""Microseconds that a message takes in the picture at either end, at most."""

_RANKS = 1000
"""Ranks of one timeline at most, where several share a file: so far are their process numbers apart."""


def write(timelines: Mapping[str, Timeline], file: IO[str]) -> None:
    """Write timelines into one file.

    Args:
        timelines: by name, such as "channels/queue, mpi4py"; "" where there is only one.
        file: open for writing text.
    """
    file.write('{"displayTimeUnit": "ns", "traceEvents": [')
    between = "\n"
    for place, (name, timeline) in enumerate(timelines.items()):
        for event in events(timeline, name, place * _RANKS):
            file.write(between + encodable(json.dumps(event, ensure_ascii=False)))
            between = ",\n"
    file.write("\n]}\n")


def events(timeline: Timeline, name: str = "", first: int = 0) -> Iterator[dict[str, Any]]:
    """The events of one timeline.

    Args:
        timeline: the timeline.
        name: what stands before the name of each rank.
        first: added to ranks to make process numbers, and to number flows.

    Yields:
        One after the other: names, spans, messages.
    """
    for row in timeline.rows:
        pid = first + row.rank
        host = f" on {row.host}" if row.host else ""
        shown = f"{name}: {row.name}{host}" if name else row.name + host
        yield _named(pid, "process_name", name=shown)
        yield _named(pid, "process_sort_index", sort_index=pid)
    tracks: set[tuple[int, Lane, int]] = set()
    for span, track in _tracks(timeline.spans):
        tracks.add((span.rank, span.lane, track))
        yield _span(span, first, track)
    arrows = [arrow for arrow in timeline.arrows if arrow.lane == "mpi"]
    tracks |= {(rank, "mpi", 0) for arrow in arrows for rank in (arrow.source, arrow.dest)}
    room = _Room(timeline, arrows)
    for number, arrow in enumerate(arrows):
        yield from _message(arrow, first, f"{first}.{number}", room)
    for rank, lane, track in sorted(tracks):
        label = f"{lane} ({track + 1})" if track else lane
        yield _named(first + rank, "thread_name", _THREADS[lane] + track, name=label)


def _named(pid: int, what: str, tid: int = 0, **args: Any) -> dict[str, Any]:
    return {"ph": "M", "name": what, "pid": pid, "tid": tid, "args": args}


def _micro(seconds: float) -> float:
    return round(seconds * 1e6, 3)


def _span(span: Span, first: int, track: int) -> dict[str, Any]:
    begin, end = _micro(span.begin.seconds), _micro(span.end.seconds)
    return {
        "ph": "X",
        "name": span.name,
        "cat": span.state,
        "pid": first + span.rank,
        "tid": _THREADS[span.lane] + track,
        "ts": begin,
        "dur": round(end - begin, 3),
        "args": {
            "state": span.state,
            **({"where": span.where} if span.where else {}),
            **dict(span.detail),
            "step": span.begin.step,
            "last step": span.end.step,
        },
    }


def _tracks(spans: Sequence[Span]) -> Iterator[tuple[Span, int]]:
    """Spread the spans of each lane so that no two of a track overlap unless one is inside the other."""
    open_spans: dict[tuple[int, Lane], list[list[Span]]] = defaultdict(list)
    for span in sorted(spans, key=lambda one: (one.rank, one.lane, one.begin.seconds, -one.end.seconds)):
        tracks = open_spans[span.rank, span.lane]
        number = next((place for place, inside in enumerate(tracks) if _fits(span, inside)), len(tracks))
        if number == len(tracks):
            tracks.append([])
        tracks[number].append(span)
        yield span, number


def _fits(span: Span, inside: list[Span]) -> bool:
    """Whether a span may follow on a track; those that are over by then are taken out."""
    while inside and inside[-1].end.seconds <= span.begin.seconds:
        inside.pop()
    return not inside or span.end.seconds <= inside[-1].end.seconds


class _Room:
    """How long a message may be drawn at each end: not into what comes next on that lane.

    Args:
        timeline: the timeline.
        arrows: its messages.
    """

    def __init__(self, timeline: Timeline, arrows: Sequence[Arrow]) -> None:
        borders: dict[int, set[float]] = defaultdict(set)
        for span in timeline.spans:
            if span.lane == "mpi":
                borders[span.rank] |= {_micro(span.begin.seconds), _micro(span.end.seconds)}
        for arrow in arrows:
            borders[arrow.source].add(_micro(arrow.sent.seconds))
            borders[arrow.dest].add(_micro(arrow.received.seconds))
        self._next = {
            (rank, at): min(_TICK, round(after - at, 3))
            for rank, times in borders.items()
            for at, after in zip(sorted(times), [*sorted(times)[1:], float("inf")], strict=True)
        }

    def of(self, rank: int, at: float) -> float:
        """Microseconds for the end of a message."""
        return self._next[rank, at]


def _message(arrow: Arrow, first: int, flow: str, room: _Room) -> Iterator[dict[str, Any]]:
    args = {"from": arrow.source, "to": arrow.dest, "bytes": arrow.size, **dict(arrow.detail)}
    ends = [(arrow.source, arrow.sent, f"{arrow.name} to {arrow.dest}", {"ph": "s"})]
    if arrow.lost:
        args["received"] = "never"
    else:
        name = f"{arrow.name} from {arrow.source}"
        ends.append((arrow.dest, arrow.received, name, {"ph": "f", "bp": "e"}))
    for rank, moment, name, phase in ends:
        at = _micro(moment.seconds)
        place = {"pid": first + rank, "tid": _THREADS["mpi"], "ts": at}
        yield {
            "ph": "X",
            "name": name,
            "cat": "message",
            "dur": room.of(rank, at),
            "args": {**args, "step": moment.step},
            **place,
        }
        if not arrow.lost:
            yield {"name": arrow.name, "cat": "message", "id": flow, **place, **phase}
