"""The events of all ranks in one order: messages matched, collectives taken apart, logical time computed.

Theory of operation: every event of a recording becomes a point on its rank's line. The two ends of a message are found by
counting (see core/recording.py), those of a collective's messages by its number on its communicator. Then every point gets its
step of logical time: one more than the point before it on its rank, and for a receive one more than its send as well, where
that is later. Nothing in this depends on what clocks say, so ranks on hosts whose clocks differ come out the same.

A receive whose message cannot have been sent before it (the events of a job that broke down, an operation that is not
recorded) is left alone rather than waited for.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Point", "matched"]

Recorded = Mapping[str, Any]
Line = list["Point"]


@dataclass(eq=False)
class Point:
    """An event on a rank's line.

    Attributes:
        rank: whose.
        seconds: by its host's clock, shifted as those of its host are.
        thread: the name of the thread.
        event: its name, see core/recording.py.
        fields: what belongs to it.
        step: its place in logical time, from 1.
        partner: the other end of the message, where it is known.
        latest: for a message of a collective, which has no time of its own: the end of the call.
    """

    rank: int
    seconds: float
    thread: str
    event: str
    fields: tuple[Any, ...]
    step: int = 0
    partner: Point | None = field(default=None, repr=False)
    latest: float | None = None


@dataclass(frozen=True)
class _Message:
    """A message of a collective."""

    source: int
    dest: int
    phase: int
    sent: Point
    received: Point

    def ends_at(self, rank: int) -> Iterator[tuple[int, int, Point]]:
        """What a rank does with it, and when among the others."""
        if rank == self.source:
            yield self.phase, 0, self.sent
        if rank == self.dest:
            yield self.phase, 1, self.received


def matched(recordings: Sequence[Recorded]) -> list[Line]:
    """Make lines of points of recordings.

    Args:
        recordings: one for each rank that is known, in the order of ranks.

    Returns:
        The points of each, in the order in which they happened, matched and with their steps.
    """
    lines = [_points(recording, _offset(recording, recordings)) for recording in recordings]
    messages = _of_collectives(lines)
    lines = [_taken_apart(line, messages) for line in lines]
    _match(lines)
    _count_steps(lines)
    return lines


def _points(recording: Recorded, offset: float) -> Line:
    return [
        Point(recording["rank"], seconds + offset, thread, event, tuple(fields))
        for event, seconds, thread, *fields in recording["events"]
    ]


def _offset(recording: Recorded, recordings: Sequence[Recorded]) -> float:
    """What to add to a rank's clock: the ranks of one host share it, so one of them speaks for all."""
    first = next(other for other in recordings if other["host"] == recording["host"])
    return float(first["wall"] - first["clock"])


# --- collectives ----------------------------------------------------------------------------------------


def _of_collectives(lines: Sequence[Line]) -> dict[str, list[_Message]]:
    """The messages of each collective, by its channel: every rank has recorded its own share."""
    found: dict[str, list[_Message]] = defaultdict(list)
    known = {line[0].rank for line in lines if line}
    for line in lines:
        for point in line:
            if point.event != "collective":
                continue
            kind, channel, messages, _ = point.fields
            for source, dest, size, phase in messages:
                sent = Point(source, 0.0, point.thread, "sent", (kind, dest, size, channel, [], True))
                received = Point(dest, 0.0, point.thread, "received", (kind, source, channel, None, None))
                if {source, dest} <= known:
                    sent.partner, received.partner = received, sent
                found[channel].append(_Message(source, dest, phase, sent, received))
    return found


def _taken_apart(line: Line, messages: Mapping[str, list[_Message]]) -> Line:
    """Put the messages of collectives between the beginning and the end of their calls."""
    result: Line = []
    begun: dict[str, list[Point]] = {}
    for point in line:
        if point.event == "collective":
            _, channel, _, goes_on = point.fields
            ends = [end for message in messages[channel] for end in message.ends_at(point.rank)]
            points = [end for _, _, end in sorted(ends, key=lambda end: end[:2])]
            if goes_on:
                # What needs no message of others leaves at once; the rest is there when the program is told.
                at = next((i for i, end in enumerate(points) if end.event == "received"), len(points))
                points, begun[channel] = points[:at], points[at:]
            result += _until(points, point)
        elif point.event == "completed":
            result += _until(begun.pop(point.fields[0], []), point)
        else:
            result.append(point)
    for rest in begun.values():
        result += _until(rest, line[-1])
    return result


def _until(points: list[Point], end: Point) -> list[Point]:
    for point in points:
        point.thread, point.latest = end.thread, end.seconds
    return points


# --- matching -------------------------------------------------------------------------------------------


def _match(lines: Sequence[Line]) -> None:
    """Join the k-th message that was sent on a channel with the k-th that was received there."""
    sent: dict[Any, list[Point]] = defaultdict(list)
    received: dict[Any, list[Point]] = defaultdict(list)
    for line in lines:
        for point in line:
            if point.latest is not None:
                continue
            if point.event == "sent":
                _, dest, _, channel, *_ = point.fields
                sent[point.rank, dest, channel].append(point)
            elif point.event == "received":
                _, source, channel, *_ = point.fields
                received[source, point.rank, channel].append(point)
    for pair, points in received.items():
        # In the order in which they were posted; where that is not said, they came in that order.
        points.sort(key=lambda point: point.fields[3] or 0)
        for there, here in zip(sent[pair], points, strict=False):
            there.partner, here.partner = here, there


# --- logical time ---------------------------------------------------------------------------------------


def _count_steps(lines: Sequence[Line]) -> None:
    waiting: dict[Point, int] = {}
    places = [0] * len(lines)
    ready = deque(range(len(lines)))
    while True:
        while ready:
            which = ready.popleft()
            _go_on(which, lines[which], places, waiting, ready)
        stuck = [which for which, line in enumerate(lines) if places[which] < len(line)]
        if not stuck:
            return
        which = min(stuck, key=lambda one: lines[one][places[one]].seconds)
        point = lines[which][places[which]]
        there, point.partner = point.partner, None
        assert there is not None
        waiting.pop(there)
        there.partner = None
        ready.append(which)


def _go_on(which: int, line: Line, places: list[int], waiting: dict[Point, int], ready: deque[int]) -> None:
    """Go along one line as far as its messages have been sent."""
    place = places[which]
    before = line[place - 1] if place else None
    while place < len(line):
        point = line[place]
        step = before.step + 1 if before is not None else 1
        if point.event == "received" and point.partner is not None:
            if not point.partner.step:
                waiting[point.partner] = which
                break
            step = max(step, point.partner.step + 1)
        point.step = step
        if point.latest is not None:
            _give_time(point, before)
        if point in waiting:
            ready.append(waiting.pop(point))
        before, place = point, place + 1
    places[which] = place


def _give_time(point: Point, before: Point | None) -> None:
    """As early as can be: after what came before it, after its sending, and within the call."""
    assert point.latest is not None
    earliest = before.seconds if before is not None else point.latest
    if point.event == "received" and point.partner is not None:
        earliest = max(earliest, point.partner.seconds)
    point.seconds = min(earliest, point.latest)
