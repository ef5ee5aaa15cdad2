"""Timelines: what every rank did, and what travelled between them.

Theory of operation: both columns that pass messages are told in the same words, so that one picture serves both.
A timeline has a row for each rank. In a row stand spans, on two lanes of detail:

    program   what the user wrote        Queue.put, Lock.acquire, Process.join; comm.send, comm.bcast
    mpi       what MPI was asked to do   frames of ours; the messages that a collective is counted as

and between rows go arrows, one for each message. Every moment is given twice: in seconds since the trace began,
and as a step of logical time (Lamport 1978), in which a message is received later than it was sent, whatever the
clocks of two hosts say. Plain data: nothing here records, reads or draws.

Lamport, L.: Time, Clocks, and the Ordering of Events in a Distributed System. CACM 21 (1978) 558-565.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

__all__ = ["Arrow", "Lane", "Moment", "Row", "Span", "State", "Timeline"]

Lane = Literal["program", "mpi"]
State = Literal["computing", "communicating", "blocked"]


@dataclass(frozen=True)
class Moment:
    """A point on a rank's line.

    Attributes:
        seconds: since the trace began.
        step: the same in logical time.
    """

    seconds: float
    step: int


@dataclass(frozen=True)
class Span:
    """A stretch of a rank's time.

    Attributes:
        rank: whose.
        lane: at which level of detail it is shown.
        state: computing (the program's own code runs), communicating (in a call that does not wait), blocked (in a
            call that waits for another rank).
        name: the verb, such as "Queue.get" or "recv"; the process's name for a stretch of computing.
        begin: where it begins.
        end: where it ends.
        detail: what else is known, as pairs of words for people: ("object", "Queue 1"), ("tag", "3").
        where: the line of the user's program, such as "prog.py:12", "" where it is not known.
    """

    rank: int
    lane: Lane
    state: State
    name: str
    begin: Moment
    end: Moment
    detail: tuple[tuple[str, str], ...] = ()
    where: str = ""


@dataclass(frozen=True)
class Arrow:
    """A message from rank to rank.

    Attributes:
        lane: "mpi" for a message that travelled; "program" where the picture of what the user wrote shows it too.
        name: its kind, such as "QueuePut", "send", "bcast".
        source: the rank that sent it.
        dest: the rank that received it.
        sent: when it left.
        received: when it was received; for a message that never was, as `sent`, and `lost` is true.
        size: bytes of its payload.
        detail: what else is known, as for a span.
        lost: whether nobody received it.
    """

    lane: Lane
    name: str
    source: int
    dest: int
    sent: Moment
    received: Moment
    size: int
    detail: tuple[tuple[str, str], ...] = ()
    lost: bool = False


@dataclass(frozen=True)
class Row:
    """A rank's line.

    Attributes:
        rank: which.
        name: what is shown beside it, such as "rank 0" or "rank 2: Process-1".
        host: where it ran.
    """

    rank: int
    name: str
    host: str = ""


@dataclass(frozen=True)
class Timeline:
    """What every rank of one run did.

    Attributes:
        rows: the ranks, in order.
        spans: by rank and begin.
        arrows: by the step at which they were sent.
        seconds: how long the trace is.
        steps: the same in logical time.
    """

    rows: tuple[Row, ...]
    spans: tuple[Span, ...]
    arrows: tuple[Arrow, ...]
    seconds: float
    steps: int

    def to_json(self) -> dict[str, Any]:
        """Return the timeline as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Timeline:
        """Build a timeline from what `to_json` returned.

        Args:
            data: the parsed JSON object.

        Returns:
            The timeline.

        Raises:
            KeyError: an entry is missing.
            TypeError: an entry is of another kind.
        """
        return cls(
            rows=tuple(Row(**row) for row in data["rows"]),
            spans=tuple(Span(**_read(span, ("begin", "end"))) for span in data["spans"]),
            arrows=tuple(Arrow(**_read(arrow, ("sent", "received"))) for arrow in data["arrows"]),
            seconds=float(data["seconds"]),
            steps=int(data["steps"]),
        )


def _read(entry: Mapping[str, Any], moments: tuple[str, ...]) -> dict[str, Any]:
    detail = tuple((str(key), str(value)) for key, value in entry.get("detail", ()))
    return {**entry, "detail": detail, **{name: Moment(**entry[name]) for name in moments}}
