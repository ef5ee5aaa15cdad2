"""Communicators that count, put in the place of mpi4py's own from outside.

Theory of operation: `install` replaces MPI.COMM_WORLD and MPI.COMM_SELF by objects of subclasses, before
the program is imported; a program that says `from mpi4py import MPI` finds those. Every method that sends
is wrapped: it runs as it is, then the tally gets this rank's share of the call. What Dup, Split, Create,
Create_cart, ... return counts as well. Sizes of pickled objects come from mpi4py's own pickling, whose
dumps and loads are watched: no object is pickled twice for the sake of counting.

Not counted, and named in the figures when used: persistent and partitioned requests, one-sided operations
(MPI.Win), collectives between two groups (MPI.Intercomm). Not seen at all: methods called on the classes
(MPI.Comm.Send(comm, ...), which mpi4py.util.pkl5 does), and sizes once a program replaces MPI.pickle itself.
"""

from __future__ import annotations

import functools
import pickle
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mpi4py import MPI

from mpiprocessing.compare.counting.tally import Tally
from mpiprocessing.compare.counting.traffic import COLLECTIVES, POINT_TO_POINT, UNCOUNTED, Call, Rule

__all__ = ["Counters", "install"]

_MAKERS = """
    Clone Dup Dup_with_info Idup Idup_with_info Create Create_group Split Split_type Shrink Ishrink
    Create_cart Create_graph Create_dist_graph Create_dist_graph_adjacent Create_intercomm Sub Merge
    Spawn Spawn_multiple Accept Connect
"""
_ONE_SIDED = """
    Put Get Accumulate Get_accumulate Fetch_and_op Compare_and_swap Rput Rget Raccumulate Rget_accumulate
"""
_KINDS: tuple[type[MPI.Comm], ...] = (
    MPI.Cartcomm,
    MPI.Graphcomm,
    MPI.Distgraphcomm,
    MPI.Intracomm,
    MPI.Intercomm,
)


class _Pickles:
    """The sizes of what mpi4py pickles and unpickles in the calling thread, while it is watched."""

    def __init__(self) -> None:
        self._seen = threading.local()

    def dumps(self, obj: Any, *protocol: int) -> bytes:
        data = pickle.dumps(obj, *protocol)
        self._note("dumped", len(data))
        return data

    def loads(self, data: Any) -> Any:
        self._note("loaded", len(data))
        return pickle.loads(data)

    def _note(self, which: str, size: int) -> None:
        sizes = getattr(self._seen, which, None)
        if sizes is not None:
            sizes.append(size)

    @contextmanager
    def watched(self) -> Iterator[tuple[list[int], list[int]]]:
        before = getattr(self._seen, "dumped", None), getattr(self._seen, "loaded", None)
        dumped: list[int] = []
        loaded: list[int] = []
        self._seen.dumped, self._seen.loaded = dumped, loaded
        try:
            yield dumped, loaded
        finally:
            self._seen.dumped, self._seen.loaded = before


class Counters:
    """The counting classes of one program, all on one tally.

    Args:
        tally: where every call is entered.
    """

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.pickles = _Pickles()
        self._classes = {kind: self._counting(kind) for kind in _KINDS}

    def adopt(self, comm: MPI.Comm) -> MPI.Comm:
        """Return a counting communicator for the same group and context.

        Args:
            comm: any communicator.

        Returns:
            The same communicator as an object that counts; `comm` itself if it does so already.
        """
        if isinstance(comm, tuple(self._classes.values())):
            return comm
        kind = next((kind for kind in _KINDS if isinstance(comm, kind)), None)
        return comm if kind is None else self._classes[kind](comm)

    def names(self) -> dict[str, Any]:
        """What is put in the place of mpi4py's own."""
        return {
            "COMM_WORLD": self.adopt(MPI.COMM_WORLD),
            "COMM_SELF": self.adopt(MPI.COMM_SELF),
            "Win": self.window(),
        }

    def _counting(self, kind: type[MPI.Comm]) -> type[MPI.Comm]:
        return type(f"Counting{kind.__name__}", (kind,), self._methods(kind))

    def _methods(self, kind: type[MPI.Comm]) -> dict[str, Any]:
        between_groups = issubclass(kind, MPI.Intercomm)
        methods = {name: self._counted(kind, name, rule) for name, rule in POINT_TO_POINT.items()}
        for name, rule in COLLECTIVES.items():
            if hasattr(kind, name):
                methods[name] = (
                    self._skipped(kind, name) if between_groups else self._counted(kind, name, rule)
                )
        methods |= {name: self._skipped(kind, name) for name in UNCOUNTED if hasattr(kind, name)}
        methods |= {name: self._adopted(kind, name) for name in _MAKERS.split() if hasattr(kind, name)}
        return methods

    def window(self) -> type[MPI.Win]:
        """Return MPI.Win with its one-sided operations noted as used."""
        names = [name for name in _ONE_SIDED.split() if hasattr(MPI.Win, name)]
        return type("CountingWin", (MPI.Win,), {name: self._skipped(MPI.Win, name) for name in names})

    def _counted(self, kind: type, name: str, rule: Rule) -> Callable[..., Any]:
        original = getattr(kind, name)

        @functools.wraps(original)
        def counted(comm: MPI.Comm, *args: Any, **kwargs: Any) -> Any:
            with self.pickles.watched() as (dumped, loaded):
                result = original(comm, *args, **kwargs)
            arguments = {**dict(zip(rule.parameters, args, strict=False)), **kwargs}
            self._enter(name, rule, Call(comm, arguments, dumped, loaded))
            return result

        return counted

    def _enter(self, name: str, rule: Rule, call: Call) -> None:
        try:
            self.tally.add(name, rule.measure(call))
        except Exception:  # the program's call succeeded: failing to measure it must not make it fail
            self.tally.skip(name)

    def _skipped(self, kind: type, name: str) -> Callable[..., Any]:
        original = getattr(kind, name)

        @functools.wraps(original)
        def skipped(self_: Any, *args: Any, **kwargs: Any) -> Any:
            self.tally.skip(name)
            return original(self_, *args, **kwargs)

        return skipped

    def _adopted(self, kind: type, name: str) -> Callable[..., Any]:
        original = getattr(kind, name)

        @functools.wraps(original)
        def adopted(comm: MPI.Comm, *args: Any, **kwargs: Any) -> Any:
            made = original(comm, *args, **kwargs)
            if isinstance(made, tuple):  # Idup: the communicator and a request
                return (self.adopt(made[0]), *made[1:])
            return self.adopt(made)

        return adopted


def install(counters: Counters) -> None:
    """Make the programs that this process imports from now on count what they send.

    Args:
        counters: the classes that do it.
    """
    module: Any = MPI  # its names are Final to a type checker, and plain attributes at run time
    for name, ours in counters.names().items():
        setattr(module, name, ours)
    # In place: mpi4py's compiled part holds this very object. The protocol is the one it would use itself.
    module.pickle.__init__(counters.pickles.dumps, counters.pickles.loads, MPI.pickle.PROTOCOL)
