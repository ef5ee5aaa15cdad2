"""Entering the calls of a plain mpi4py program into a recording: what was called, what left, what came.

Theory of operation: a message is entered when the call that sends it begins, and when the call that receives it, or waits for
it, is over; then its status says where it really came from. The order in which receives were posted is noted, since MPI
matches by that and not by the order in which they are waited for. A collective is entered as this rank's share of the messages
it is counted as (see traffic.py).
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from mpi4py import MPI

from mpiprocessing.compare.counting.places import Place
from mpiprocessing.compare.counting.traffic import Leg
from mpiprocessing.core.recording import Recording
from mpiprocessing.core.userline import caller, line_of_program
from mpiprocessing.core.whosecode import is_ours

__all__ = ["Pending", "Span", "Tracer"]


@dataclass
class Receive:
    """A receive that was posted.

    Attributes:
        kind: the method.
        place: on which communicator.
        posted: when, among all of this rank.
        since: the same by the clock.
        kept: whether the recording had room when it was posted.
    """

    kind: str
    place: Place
    posted: int
    since: float
    kept: bool


@dataclass
class Pending:
    """What ends with a request.

    Attributes:
        sends: numbers of messages that this rank sent.
        receive: a receive.
        collective: the channel of a collective.
    """

    sends: list[int] = field(default_factory=list)
    receive: Receive | None = None
    collective: str = ""


@dataclass
class Span:
    """A call that is being made.

    Attributes:
        detail: what is known of it when it is over.
        delivered: which of this rank's messages ended with it.
        waited: whether it has waited, where that is known.
    """

    detail: list[tuple[str, str]] = field(default_factory=list)
    delivered: list[int] = field(default_factory=list)
    waited: bool | None = None

    def tell(self, name: str, value: Any) -> None:
        """Add to the detail."""
        self.detail.append((name, str(value)))


class Tracer:
    """The recording of one rank of a plain mpi4py program.

    Args:
        recording: where everything is entered.
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._lock = threading.Lock()
        self._sends = 0
        self._posted = itertools.count(1)

    @contextmanager
    def call(self, verb: str, about: str = "") -> Iterator[Span]:
        """A call of the program.

        Args:
            verb: its name.
            about: the communicator, "" for the world.
        """
        # From here: contextlib, the method in place of mpi4py's, and then whoever called it.
        frame, span = caller(3), Span()
        if is_ours(frame):  # the program uses our objects as well; their messages are none of its own
            yield span
            return
        where = line_of_program(frame) or ""
        kept = self.recording.add("call", verb, about or None, where, [])
        try:
            yield span
        finally:
            if kept:
                self.recording.add("return", span.waited, None, span.detail, span.delivered, follows=True)

    def completing(self, verb: str, requests: Sequence[Any]) -> AbstractContextManager[Span]:
        """Requests are waited for, or tested."""
        return self.call(verb)

    # ---- one rank to another ----

    def send(self, kind: str, place: Place, dest: int, tag: int) -> tuple[list[Any] | None, list[int]]:
        """A message leaves now.

        Returns:
            Its event, None where it is none or is not kept, and its number, for who waits for it.
        """
        peer = place.peer(dest)
        if dest == MPI.PROC_NULL or peer == MPI.PROC_NULL:
            return None, []
        detail = [("tag", str(tag))] + ([("communicator", place.title)] if place.title else [])
        with self._lock:
            event = self.recording.add("sent", kind, peer, 0, place.channel(tag), detail, True)
            if event is None:
                return None, []
            self._sends += 1
            return event, [self._sends - 1]

    def post(self, kind: str, place: Place) -> Receive:
        """A receive is posted now."""
        room = self.recording.has_room
        return Receive(kind, place, next(self._posted), time.monotonic(), room)

    def received(self, receive: Receive, status: MPI.Status, span: Span | None = None) -> None:
        """A receive is over.

        Args:
            receive: which.
            status: what it was told.
            span: the call it ended in.
        """
        source, tag = status.Get_source(), status.Get_tag()
        peer = receive.place.peer(source)
        if peer == MPI.PROC_NULL or status.Is_cancelled():
            return
        if receive.kept:
            channel, since = receive.place.channel(tag), time.monotonic() - receive.since
            self.recording.add("received", receive.kind, peer, channel, receive.posted, since, follows=True)
        if span is not None:
            span.tell("from", source)
            span.tell("with tag", tag)

    def ended(self, pending: Pending | None, status: MPI.Status | None, span: Span | None = None) -> None:
        """A request is complete.

        Args:
            pending: what ends with it.
            status: what it was told.
            span: the call it ended in.
        """
        if pending is None:
            return
        if span is not None:
            span.delivered += pending.sends
        receive, pending.receive = pending.receive, None
        if receive is not None and status is not None:
            self.received(receive, status, span)
        collective, pending.collective = pending.collective, ""
        if collective:
            self.recording.add("completed", collective, follows=True)

    # ---- collectives ----

    def collective(self, kind: str, place: Place, channel: str, legs: Sequence[Leg], goes_on: bool) -> None:
        """A collective has been taken part in.

        Args:
            kind: the method.
            place: on which communicator.
            channel: its name there.
            legs: this rank's share.
            goes_on: whether it is only begun.
        """
        messages = [(place.here[leg.source], place.here[leg.dest], leg.size, leg.phase) for leg in legs]
        self.recording.add("collective", kind, channel, messages, goes_on)
