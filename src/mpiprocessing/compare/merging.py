"""Recordings become a timeline: spans of what was called and waited for, arrows for what travelled.

Theory of operation: `matching.py` has put all events into one order. Here each rank's line is read once: a call and its return
are a span, so are the beginning and the end of a wait; what is left of a process's main thread between them is computing. A
call that never came back, in a job that broke down, lasts to the end. Whether a call waited is recorded by mpiprocessing; MPI
does not say it, so for a program of mpi4py a call has waited if what it brought was sent after it began, or if what it sent was
only asked for after it began and it stayed until then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from mpiprocessing.compare.matching import Point, matched
from mpiprocessing.compare.timeline import Arrow, Lane, Moment, Row, Span, State, Timeline

__all__ = ["merge"]

_MAIN = "MainThread"

_EVENTS = (
    "began",
    "ended",
    "call",
    "return",
    "received",
    "blocked",
    "woken",
)  # those that begin or end something on a line

_EAGER = 4000
"""Bytes that every MPI sends without waiting for the receive, unless it is told to wait."""


def merge(recordings: Sequence[Mapping[str, Any]]) -> Timeline | None:
    """Make one timeline of what all ranks recorded.

    Args:
        recordings: one for each rank; those of ranks that could not tell may be missing.

    Returns:
        The timeline, None where nothing was recorded.
    """
    recordings = sorted(recordings, key=lambda recording: recording["rank"])
    lines = matched(recordings)
    points = list(chain.from_iterable(lines))
    if not points:
        return None
    scale = _Scale(points)
    names = _object_names(points)
    serials = {line[0].rank: [point for point in line if _is_own_send(point)] for line in lines if line}
    spans: list[Span] = []
    for line in lines:
        spans += _Reader(scale, names, serials).read(line)
    return Timeline(
        rows=tuple(_row(recording) for recording in recordings),
        spans=tuple(sorted(spans, key=lambda span: (span.rank, span.begin.step, -span.end.step))),
        arrows=tuple(sorted(_arrows(points, scale), key=lambda arrow: (arrow.sent.step, arrow.source))),
        seconds=scale.last.seconds,
        steps=scale.last.step,
    )


class _Scale:
    """Moments since the trace began.

    Args:
        points: all of them.
    """

    def __init__(self, points: Sequence[Point]) -> None:
        self.first = min(point.seconds for point in points)
        end = max(point.seconds for point in points) - self.first
        self.last = Moment(end, max(point.step for point in points))

    def at(self, point: Point) -> Moment:
        """When a point is."""
        return Moment(point.seconds - self.first, point.step)


def _object_names(points: Sequence[Point]) -> dict[tuple[str, int], str]:
    """Objects are numbered by kind, in the order in which they were made on each rank."""
    found: dict[str, set[int]] = defaultdict(set)
    for point in points:
        about = point.fields[1] if point.event in ("call", "return") else None
        if isinstance(about, list | tuple):
            found[about[0]].add(about[1])
    return {
        (kind, number): f"{kind} {place}"
        for kind, numbers in found.items()
        for place, number in enumerate(sorted(numbers), start=1)
    }


def _is_own_send(point: Point) -> bool:
    return point.event in ("sent", "unsent") and point.latest is None


def _row(recording: Mapping[str, Any]) -> Row:
    rank = recording["rank"]
    name = f"rank {rank}"
    processes = list(dict.fromkeys(event[3] for event in recording["events"] if event[0] == "began"))
    if processes and processes != [name]:
        name += f": {', '.join(processes) if len(processes) < 3 else f'{len(processes)} processes'}"
    if recording["dropped"]:
        name += f" ({recording['dropped']:,} events left out)"
    return Row(rank, name, recording["host"])


# --- arrows ---------------------------------------------------------------------------------------------


def _arrows(points: Sequence[Point], scale: _Scale) -> Iterator[Arrow]:
    for point in points:
        if point.event != "sent":
            continue
        kind, dest, size, _, detail, carries = point.fields
        sent, received = scale.at(point), point.partner
        lanes: tuple[Lane, ...] = ("mpi", "program") if carries else ("mpi",)
        for lane in lanes:
            yield Arrow(
                lane=lane,
                name=kind,
                source=point.rank,
                dest=dest,
                sent=sent,
                received=sent if received is None else scale.at(received),
                size=size,
                detail=_pairs(detail),
                lost=received is None,
            )


def _pairs(detail: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(key), str(value)) for key, value in detail)


# --- spans ----------------------------------------------------------------------------------------------


@dataclass
class _Thread:
    """What a thread of a rank is in the middle of.

    Attributes:
        call: the call it is in.
        wait: the wait it is in.
        received: what came in during the call.
    """

    call: Point | None = None
    wait: Point | None = None
    received: list[Point] = field(default_factory=list)


class _Reader:
    """Reads the line of one rank.

    Args:
        scale: gives moments.
        names: of objects.
        serials: rank → what it sent, in order.
    """

    def __init__(
        self, scale: _Scale, names: Mapping[Any, str], serials: Mapping[int, Sequence[Point]]
    ) -> None:
        self._scale = scale
        self._names = names
        self._serials = serials
        self._threads: dict[str, _Thread] = defaultdict(_Thread)
        self._process: str | None = None
        self._since: Moment | None = None  # since when the main thread computes
        self._spans: list[Span] = []

    def read(self, line: Sequence[Point]) -> list[Span]:
        """The spans of a line."""
        for point in line:
            if point.event in _EVENTS:
                getattr(self, f"_{point.event}")(point, self._threads[point.thread])
        if line:
            self._close(line[-1])
        return self._spans

    def _add(
        self,
        rank: int,
        lane: Lane,
        state: State,
        name: str,
        begin: Moment,
        end: Moment,
        detail: tuple[tuple[str, str], ...] = (),
        where: str = "",
    ) -> None:
        self._spans.append(Span(rank, lane, state, name, begin, end, detail, where))

    def _busy(self, point: Point) -> None:
        """The main thread stops computing."""
        if point.thread == _MAIN and self._since is not None and self._process is not None:
            self._add(point.rank, "program", "computing", self._process, self._since, self._scale.at(point))
            self._since = None

    def _free(self, point: Point) -> None:
        """It goes on."""
        thread = self._threads[point.thread]
        if point.thread == _MAIN and self._process is not None and not (thread.call or thread.wait):
            self._since = self._scale.at(point)

    # ---- one method for each event ----

    def _began(self, point: Point, thread: _Thread) -> None:
        self._process = point.fields[0]
        self._free(point)

    def _ended(self, point: Point, thread: _Thread) -> None:
        self._busy(point)
        self._process = self._since = None

    def _call(self, point: Point, thread: _Thread) -> None:
        self._busy(point)
        thread.call, thread.received = point, []

    def _return(self, point: Point, thread: _Thread) -> None:
        if thread.call is not None:
            self._end_call(thread.call, point, thread)
            thread.call = None
        self._free(point)

    def _received(self, point: Point, thread: _Thread) -> None:
        thread.received.append(point)

    def _blocked(self, point: Point, thread: _Thread) -> None:
        self._busy(point)
        thread.wait = point

    def _woken(self, point: Point, thread: _Thread) -> None:
        if thread.wait is not None:
            self._end_wait(thread.wait, self._scale.at(point))
            thread.wait = None
        self._free(point)

    def _end_wait(self, wait: Point, end: Moment) -> None:
        detail = () if wait.thread == _MAIN else (("thread", wait.thread),)
        what = wait.fields[0].removesuffix("Stub") or "answer"
        self._add(wait.rank, "mpi", "blocked", f"wait for {what}", self._scale.at(wait), end, detail)

    def _end_call(self, call: Point, end: Point, thread: _Thread) -> None:
        waited, late, more, delivered = (*end.fields, ())[:4]
        begin = self._scale.at(call)
        if waited is None:
            waited = self._has_waited(call, end, thread.received, delivered)
            if waited:
                self._add(call.rank, "mpi", "blocked", call.fields[0], begin, self._scale.at(end))
        state: State = "blocked" if waited else "communicating"
        detail = self._detail(call, late, more)
        self._add(
            call.rank, "program", state, call.fields[0], begin, self._scale.at(end), detail, call.fields[2]
        )

    def _detail(self, call: Point, late: Any = None, more: Any = ()) -> tuple[tuple[str, str], ...]:
        about = call.fields[1] if call.fields[1] is not None else late
        name = about if isinstance(about, str) or about is None else self._names[tuple(about)]
        detail = [("object", name)] if name else []
        if call.thread != _MAIN:
            detail.append(("thread", call.thread))
        return (*detail, *_pairs(call.fields[3]), *_pairs(more))

    def _has_waited(
        self, call: Point, end: Point, received: Sequence[Point], delivered: Sequence[int]
    ) -> bool:
        if any(point.partner is not None and point.partner.seconds > call.seconds for point in received):
            return True
        sends = self._serials[call.rank]
        return any(
            self._waits_for_receive(sends[serial], call, end) for serial in delivered if serial < len(sends)
        )

    def _waits_for_receive(self, sent: Point, call: Point, end: Point) -> bool:
        """Whether a message was asked for after a call began, which went on until then."""
        kind, _, size, *_ = sent.fields
        there = sent.partner
        if there is None or there.fields[4] is None or not ("ss" in kind.lower() or size > _EAGER):
            return False
        return call.seconds < self._asked(there) <= end.seconds

    def _asked(self, there: Point) -> float:
        """When the receive of a message was posted."""
        return float(there.seconds - there.fields[4])

    # ---- the end ----

    def _close(self, last: Point) -> None:
        end = self._scale.last
        for thread in self._threads.values():
            if thread.wait is not None:
                self._end_wait(thread.wait, end)
            if thread.call is not None:
                call = thread.call
                self._add(
                    call.rank,
                    "program",
                    "blocked",
                    call.fields[0],
                    self._scale.at(call),
                    end,
                    (*self._detail(call), ("ended", "never")),
                    call.fields[2],
                )
        main = self._threads[_MAIN]
        if self._since is not None and self._process is not None and not (main.call or main.wait):
            self._add(last.rank, "program", "computing", self._process, self._since, self._scale.at(last))
