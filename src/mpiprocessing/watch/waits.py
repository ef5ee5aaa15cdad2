"""What ranks of a plain mpi4py program wait for: operations, calls, and what a rank states of itself; plain data.

Ranks are those of the world, communicators have the names that all their ranks agree on (`compare/counting/places.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

__all__ = ["Call", "Channel", "History", "Operation", "Part", "Receive", "Send", "Sent", "Statement"]

Channel: TypeAlias = tuple[str, int]
"""A communicator, and the rank at the other end."""


class Send(NamedTuple):
    """A message that somebody waits to be received, whatever its mode: the standard lets every send wait but a buffered one.

    Args:
        place: the communicator.
        source: who sends.
        dest: who is to receive.
        tag: its tag.
        number: how many with this tag were sent there before it.
        synchronous: whether it waits for its receive for certain.
        text: the call, for people.
        line: where the program made it.
    """

    place: str
    source: int
    dest: int
    tag: int
    number: int
    synchronous: bool
    text: str
    line: str


class Receive(NamedTuple):
    """A receive that was posted, or a probe.

    Args:
        place: the communicator.
        dest: who receives.
        sources: from whom: one rank, or all of the communicator.
        tag: the tag it takes, None for any.
        takes: whether it takes the message; a probe does not.
        posted: its number among those of this rank.
        text: the call, for people.
        line: where the program made it.
        got: sender and tag of the message that it has got, None as long as it is not over.
    """

    place: str
    dest: int
    sources: tuple[int, ...]
    tag: int | None
    takes: bool
    posted: int
    text: str
    line: str
    got: tuple[int, int] | None = None

    def wants(self, source: int, tag: int) -> bool:
        """Whether a message fits."""
        return source in self.sources and self.tag in (None, tag)


class Part(NamedTuple):
    """A rank's part in a collective.

    Args:
        place: the communicator.
        number: its how manieth collective on this rank, from 1 on.
        members: the ranks that take part.
        needed: those without whom it cannot end here; the standard allows it to wait for all.
        text: the call, the same on all ranks if it is to succeed.
        line: where the program made it.
    """

    place: str
    number: int
    members: tuple[int, ...]
    needed: tuple[int, ...]
    text: str
    line: str


Operation: TypeAlias = Send | Receive | Part


class Call(NamedTuple):
    """A call in which a thread waits.

    Args:
        text: the call, for people.
        about: the communicator, for people; "" for the world.
        line: where the program made it.
        needs_all: whether it waits for all of its operations, or for any of them.
        waits: the operations that are not over.
    """

    text: str
    about: str
    line: str
    needs_all: bool
    waits: tuple[Operation, ...]


class Sent(NamedTuple):
    """What a rank has sent on a channel.

    Args:
        counts: messages by tag.
        recent: the last of them, in order: tag, line, and how many of that kind in a row.
    """

    counts: Mapping[int, int]
    recent: tuple[tuple[int, str, int], ...]


class History(NamedTuple):
    """The collectives of one communicator that a rank has called.

    Args:
        called: how many.
        recent: the texts of the last of them, in order, each with its line.
        uncertain: whether one has failed, so that it is not known how many of them MPI has seen.
    """

    called: int
    recent: tuple[tuple[str, str], ...]
    uncertain: bool = False

    def at(self, number: int) -> tuple[str, str] | None:
        """Text and line of a collective, None where it is forgotten or not yet called."""
        place = number - self.called + len(self.recent) - 1
        return self.recent[place] if 0 <= place < len(self.recent) else None


class Statement(NamedTuple):
    """What a rank that cannot go on by itself states: all its threads wait in calls of MPI, or its program is over.

    Args:
        rank: who.
        host: on which machine.
        serial: grows with everything the program does; as long as it stays, nothing here has changed.
        ended: whether the program is over here.
        calls: where its threads wait.
        posted: its receives that are not over, in the order in which they were posted; and among them those that are over and
            have got a message that an earlier one would have taken as well.
        unordered: communicators with more of those than are kept.
        sent: what it has ever sent.
        received: what all other receives have ever got, by tag: of each tag the first messages.
        parts: the collectives it has called.
        largest: the most bytes it has given to MPI at once.
    """

    rank: int
    host: str
    serial: int
    ended: bool
    calls: tuple[Call, ...]
    posted: tuple[Receive, ...]
    unordered: frozenset[str]
    sent: Mapping[Channel, Sent]
    received: Mapping[Channel, Mapping[int, int]]
    parts: Mapping[str, History]
    largest: int = 0
