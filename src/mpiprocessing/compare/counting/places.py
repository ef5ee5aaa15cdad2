"""Communicators as a trace knows them: a name that all their ranks agree on, and their ranks in the world.

Theory of operation: ranks agree on names without a message. Making a communicator is collective over those
who will be in it, so each of them sees the same sequence of communicators with these very members made from
the same parent, by the same method: the parent's name, the method, the members and a running number are a name
that no other communicator has.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from mpi4py import MPI

__all__ = ["Place", "Places", "place_of", "settle", "title_of"]


class Place:
    """What is known of one communicator.

    Args:
        name: the same on all its ranks.
        here: the ranks in the world of its own group.
        there: those of the group that is spoken to; the same but for an intercommunicator.

    Attributes:
        name: likewise.
        title: for people, "" for the world.
    """

    def __init__(self, name: str, here: tuple[int, ...], there: tuple[int, ...]) -> None:
        self.name = name
        self.here = here
        self.there = there
        self.title = ""
        self._collectives = 0
        self._made: Counter[Any] = Counter()

    def peer(self, rank: int) -> int:
        """The rank in the world of one that is spoken to, MPI.PROC_NULL for nobody."""
        return self.there[rank] if 0 <= rank < len(self.there) else MPI.PROC_NULL

    def channel(self, tag: int) -> str:
        """Where messages with this tag are told from others."""
        return f"{self.name} tag {tag}"

    def next_collective(self) -> str:
        """The name of the collective that begins now."""
        self._collectives += 1
        return f"{self.name} collective {self._collectives}"

    def next_made(self, method: str, members: Any) -> str:
        """The name of a communicator that is made of this one."""
        self._made[method, members] += 1
        return f"{self.name}/{method} {members} {self._made[method, members]}"


class Places:
    """The communicators of one program.

    Args:
        world: MPI.COMM_WORLD, as mpi4py made it.
    """

    def __init__(self, world: MPI.Intracomm) -> None:
        self._group = world.group
        self._between: Counter[Any] = Counter()
        self._titles: Counter[str] = Counter()
        ranks = tuple(range(world.size))
        self.world = Place("world", ranks, ranks)
        self.alone = Place(f"self {world.rank}", (world.rank,), (world.rank,))
        self.alone.title = "COMM_SELF"

    def of_made(self, comm: MPI.Comm, method: str, parent: Place) -> Place | None:
        """Learn of a communicator that was made by a method of another one.

        Args:
            comm: the new one.
            method: the method's name.
            parent: what is known of the other one.

        Returns:
            What is known of it, None where its ranks are not all in this world.
        """
        if method.startswith("Idup"):  # it may not be asked before its request is complete
            here, there = parent.here, parent.there
        else:
            here = self._ranks(comm.group)
            there = self._ranks(comm.remote_group) if isinstance(comm, MPI.Intercomm) else here
        if MPI.UNDEFINED in (*here, *there):
            return None
        if here == there:
            name = parent.next_made(method, here)
        else:
            sides = tuple(sorted((here, there)))
            self._between[sides] += 1
            name = f"between {sides} {self._between[sides]}"
        place = Place(name, here, there)
        self._titles[method] += 1
        place.title = f"{method} {self._titles[method]}"
        return place

    def _ranks(self, group: MPI.Group) -> tuple[int, ...]:
        return tuple(group.Translate_ranks(None, self._group))


def settle(comm: Any, place: Place | None) -> None:
    """Say where the calls of a communicator belong; None where its messages cannot be followed."""
    comm._place = place


def place_of(comm: Any) -> Place | None:
    """Where the calls of a communicator belong, None where that is not known."""
    return getattr(comm, "_place", None)


def title_of(place: Place | None) -> str:
    """A communicator's name for people, "" for the world and for one that is not known."""
    return "" if place is None else place.title
