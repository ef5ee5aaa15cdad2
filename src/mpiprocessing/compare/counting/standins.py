"""Communicators of ours, put in the place of mpi4py's own from outside; what each of them does is for a subclass to say.

Theory of operation: `install` replaces MPI.COMM_WORLD and MPI.COMM_SELF by objects of subclasses, before the program is
imported; a program that says `from mpi4py import MPI` finds those. What Dup, Split, Create, Create_cart, ... return is
ours as well. Sizes of pickled objects come from mpi4py's own pickling, whose dumps and loads are watched: no object is
pickled twice.

Not seen at all: methods called on the classes (MPI.Comm.Send(comm, ...), which mpi4py.util.pkl5 does), and sizes once a
program replaces MPI.pickle itself.
"""

from __future__ import annotations

import functools
import operator
import pickle
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from mpi4py import MPI

__all__ = ["Pickles", "StandIns", "by_name", "install"]

_NUMBERS = frozenset(("dest", "source", "tag", "sendtag", "recvtag"))

_MAKERS = """
    Clone Dup Dup_with_info Idup Idup_with_info Create Create_group Split Split_type Shrink Ishrink
    Create_cart Create_graph Create_dist_graph Create_dist_graph_adjacent Create_intercomm Sub Merge
    Spawn Spawn_multiple Accept Connect
"""
_KINDS: tuple[type[MPI.Comm], ...] = (
    MPI.Cartcomm,
    MPI.Graphcomm,
    MPI.Distgraphcomm,
    MPI.Intracomm,
    MPI.Intercomm,
)


class Pickles:
    """The sizes of what mpi4py pickles and unpickles in the calling thread, while it is watched."""

    def __init__(self) -> None:
        self._seen = threading.local()

    def dumps(self, obj: Any, *protocol: int) -> bytes:
        """What pickle does."""
        data = pickle.dumps(obj, *protocol)
        self._note("dumped", len(data))
        return data

    def loads(self, data: Any) -> Any:
        """What pickle does."""
        self._note("loaded", len(data))
        return pickle.loads(data)

    def _note(self, which: str, size: int) -> None:
        sizes = getattr(self._seen, which, None)
        if sizes is not None:
            sizes.append(size)

    @contextmanager
    def watched(self) -> Iterator[tuple[list[int], list[int]]]:
        """Lists of the sizes of what this thread pickles and unpickles from now on."""
        before = getattr(self._seen, "dumped", None), getattr(self._seen, "loaded", None)
        dumped: list[int] = []
        loaded: list[int] = []
        self._seen.dumped, self._seen.loaded = dumped, loaded
        try:
            yield dumped, loaded
        finally:
            self._seen.dumped, self._seen.loaded = before


class StandIns:
    """The classes that stand in for mpi4py's, for one program.

    Args:
        prefix: what their names begin with.

    Attributes:
        pickles: the sizes of what is pickled.
    """

    def __init__(self, prefix: str) -> None:
        self.pickles = Pickles()
        self._classes = {
            kind: type(f"{prefix}{kind.__name__}", (kind,), self._methods(kind)) for kind in _KINDS
        }

    def adopt(self, comm: MPI.Comm) -> MPI.Comm:
        """Return a communicator of ours for the same group and context.

        Args:
            comm: any communicator.

        Returns:
            The same communicator as an object of ours; `comm` itself if it is one already.
        """
        if isinstance(comm, tuple(self._classes.values())):
            return comm
        kind = next((kind for kind in _KINDS if isinstance(comm, kind)), None)
        return comm if kind is None else self._classes[kind](comm)

    def names(self) -> dict[str, Any]:
        """What is put in the place of mpi4py's own."""
        return {"COMM_WORLD": self.adopt(MPI.COMM_WORLD), "COMM_SELF": self.adopt(MPI.COMM_SELF)}

    def _methods(self, kind: type[MPI.Comm]) -> dict[str, Any]:
        return {name: self._adopted(kind, name) for name in _MAKERS.split() if hasattr(kind, name)}

    def _adopted(self, kind: type, name: str) -> Callable[..., Any]:
        original = getattr(kind, name)

        @functools.wraps(original)
        def adopted(comm: MPI.Comm, *args: Any, **kwargs: Any) -> Any:
            return self._adopt_made(original(comm, *args, **kwargs))

        return adopted

    def _adopt_made(self, made: Any) -> Any:
        if isinstance(made, tuple):  # Idup: the communicator and a request
            return (self.adopt(made[0]), *made[1:])
        return self.adopt(made)


def by_name(words: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments by name; None for a status is none, and ranks and tags are numbers of Python's own."""
    if len(args) > len(words):
        raise TypeError(f"takes at most {len(words)} arguments ({len(args)} given)")
    given = {**dict(zip(words, args, strict=False)), **kwargs}
    if given.get("status", 0) is None:
        del given["status"]
    for word, value in given.items():
        if word in _NUMBERS and type(value) is not int:
            with suppress(TypeError):  # MPI is the one to say that it is no number
                given[word] = operator.index(value)  # an array of numpy's without dimensions cannot be hashed
    return given


def install(stand_ins: StandIns) -> None:
    """Put our classes in the place of mpi4py's, for the programs that this process imports from now on.

    Args:
        stand_ins: the classes.
    """
    module: Any = MPI  # its names are Final to a type checker, and plain attributes at run time
    for name, ours in stand_ins.names().items():
        setattr(module, name, ours)
    # In place: mpi4py's compiled part holds this very object. The protocol is the one it would use itself.
    module.pickle.__init__(stand_ins.pickles.dumps, stand_ins.pickles.loads, MPI.pickle.PROTOCOL)
