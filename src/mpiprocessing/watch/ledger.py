"""What the program does on this rank, kept so that another thread can state it: calls under way, messages, collectives.

Theory of operation: threads of the program enter what they do under the interpreter's lock, and are *inside* while MPI
has them. The thread that watches takes a statement only while all are inside: none of them changes the ledger then, and
where one comes out meanwhile the serial has grown, and the statement is void. A thread is inside only as long as the
method that called MPI is what it runs: pickling, and the program's own functions that MPI calls, are computing.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from mpiprocessing.watch.waits import Call, Channel, History, Operation, Part, Receive, Send, Sent, Statement

__all__ = ["Ledger"]

_RUNS = 256
"""Of a channel, the last runs of messages that were sent with one tag by one line: their order is known."""

_OVERTAKING = 256
"""Receives that are kept although they are over, since an earlier one might have got their message."""

_COLLECTIVES = 256
"""Collectives of a communicator that are remembered."""


@dataclass
class _Sent:
    counts: Counter[int] = field(default_factory=Counter)
    runs: deque[list[Any]] = field(default_factory=lambda: deque(maxlen=_RUNS))  # tag, line, how many

    def stated(self) -> Sent:
        return Sent(dict(self.counts), tuple((tag, line, count) for tag, line, count in self.runs))


@dataclass
class _Posted:
    """The receives of a communicator that are not over, and those that are and may have overtaken one of them."""

    receives: dict[int, Receive] = field(default_factory=dict)
    over: int = 0  # how many of them
    unordered: bool = False

    def retire(self) -> list[tuple[int, int]]:
        """Forget those that have certainly got the first message of its kind; returns what they got."""
        gone: list[tuple[int, int]] = []
        before: list[Receive] = []
        for receive in list(self.receives.values()):
            if not self.over:
                break
            if receive.got is None:
                before.append(receive)
            elif not any(one.wants(*receive.got) for one in before) or self.over > _OVERTAKING:
                self.unordered |= self.over > _OVERTAKING
                del self.receives[receive.posted]
                self.over -= 1
                gone.append(receive.got)
        return gone


@dataclass
class _Parts:
    count: int = 0
    recent: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=_COLLECTIVES))
    uncertain: bool = False

    def stated(self) -> History:
        return History(self.count, tuple(self.recent), self.uncertain)


class Ledger:
    """The ledger of one rank.

    Args:
        rank: this rank.
    """

    def __init__(self, rank: int) -> None:
        self.rank = rank
        self.host = os.uname().nodename
        self._lock = threading.Lock()
        self._serials = itertools.count(1)
        self._serial = 0
        self._numbers = itertools.count(1)
        self._inside: dict[int, tuple[Call, FrameType]] = {}
        self._ignored: set[int] = set()
        self._posted: defaultdict[str, _Posted] = defaultdict(_Posted)
        self._sent: defaultdict[Channel, _Sent] = defaultdict(_Sent)
        self._received: defaultdict[Channel, Counter[int]] = defaultdict(Counter)
        self._parts: defaultdict[str, _Parts] = defaultdict(_Parts)
        self._largest = 0
        self._ended = False

    # ---- what the program does ----

    def send(self, place: str, dest: int, tag: int, synchronous: bool, text: str, line: str) -> Send:
        """A message is sent now."""
        with self._lock:
            self._serial = next(self._serials)
            sent = self._sent[place, dest]
            number = sent.counts[tag]
            sent.counts[tag] += 1
            if sent.runs and sent.runs[-1][:2] == [tag, line]:
                sent.runs[-1][2] += 1
            else:
                sent.runs.append([tag, line, 1])
        return Send(place, self.rank, dest, tag, number, synchronous, text, line)

    def unsend(self, send: Send) -> None:
        """What was to be sent could not be."""
        with self._lock:
            sent = self._sent[send.place, send.dest]
            sent.counts[send.tag] -= 1
            for run in reversed(sent.runs):
                if run[0] == send.tag and run[2]:
                    run[2] -= 1
                    break

    def post(
        self, place: str, sources: tuple[int, ...], tag: int | None, takes: bool, text: str, line: str
    ) -> Receive:
        """A receive is posted now, or a probe begins."""
        with self._lock:
            self._serial = next(self._serials)
            receive = Receive(place, self.rank, sources, tag, takes, next(self._numbers), text, line)
            if takes:
                self._posted[place].receives[receive.posted] = receive
        return receive

    def received(self, receive: Receive, source: int | None, tag: int) -> None:
        """A receive is over.

        Args:
            receive: which.
            source: who has sent the message, None where there is none.
            tag: its tag.
        """
        with self._lock:
            self._serial = next(self._serials)
            if not receive.takes:
                return
            posted = self._posted[receive.place]
            if source is None:
                del posted.receives[receive.posted]
            else:
                posted.receives[receive.posted] = receive._replace(got=(source, tag))
                posted.over += 1
            for got_source, got_tag in posted.retire():
                self._received[receive.place, got_source][got_tag] += 1

    def take_part(
        self, place: str, members: tuple[int, ...], needed: tuple[int, ...], text: str, line: str
    ) -> Part:
        """A collective is called now."""
        with self._lock:
            self._serial = next(self._serials)
            parts = self._parts[place]
            parts.count += 1
            parts.recent.append((text, line))
        return Part(place, parts.count, members, needed, text, line)

    def part_failed(self, part: Part) -> None:
        """A collective has failed: before MPI saw it, or with its result."""
        with self._lock:
            self._serial = next(self._serials)
            self._parts[part.place].uncertain = True

    def give(self, size: int) -> None:
        """So many bytes are given to MPI."""
        self._largest = max(self._largest, size)

    @contextmanager
    def inside(
        self,
        frame: FrameType,
        text: str,
        about: str,
        line: str,
        waits: Iterable[Operation],
        needs_all: bool = True,
    ) -> Iterator[None]:
        """The calling thread is about to call MPI, and waits there for these operations.

        Args:
            frame: of the method that calls MPI.
            text: the call, for people.
            about: the communicator, for people; "" for the world.
            line: where the program made it.
            waits: what it waits for.
            needs_all: for all of that, or for any of it.
        """
        thread = threading.get_ident()
        before = self._inside.get(thread)
        self._serial = next(self._serials)
        self._inside[thread] = Call(text, about, line, needs_all, tuple(waits)), frame
        try:
            yield
        finally:
            self._serial = next(self._serials)
            if before is None:
                del self._inside[thread]
            else:
                self._inside[thread] = before

    def end(self) -> None:
        """The program is over on this rank."""
        self._serial = next(self._serials)
        self._ended = True

    # ---- what is stated ----

    def ignore_this_thread(self) -> None:
        """The calling thread is none of the program's."""
        self._ignored.add(threading.get_ident())

    def waiting(self) -> int | None:
        """The serial, if nothing of the program runs on this rank."""
        serial = self._serial
        if not self._ended:
            frames, inside = sys._current_frames(), dict(self._inside)
            frames.pop(
                threading.get_ident(), None
            )  # that of this call would keep itself alive, and all the others with it
            for thread, frame in frames.items():
                if thread not in self._ignored and (thread not in inside or inside[thread][1] is not frame):
                    return None
        return serial if serial == self._serial else None

    def statement(self) -> Statement | None:
        """What this rank states, None where it moves."""
        serial = self.waiting()
        if serial is None:
            return None
        with self._lock:
            statement = Statement(
                rank=self.rank,
                host=self.host,
                serial=serial,
                ended=self._ended,
                calls=() if self._ended else tuple(call for call, _ in list(self._inside.values())),
                posted=tuple(one for posted in self._posted.values() for one in posted.receives.values()),
                unordered=frozenset(place for place, posted in self._posted.items() if posted.unordered),
                sent={key: one.stated() for key, one in self._sent.items()},
                received={key: dict(counts) for key, counts in self._received.items()},
                parts={key: one.stated() for key, one in self._parts.items()},
                largest=self._largest,
            )
        return statement if self.waiting() == serial else None
