"""Communicators that count.

Theory of operation: they stand in for mpi4py's own (see standins.py). Every method that sends is wrapped: it
runs as it is, then the tally gets this rank's share of the call.

Not counted, and named in the figures when used: persistent and partitioned requests, one-sided operations
(MPI.Win), collectives between two groups (MPI.Intercomm).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from mpi4py import MPI

from mpiprocessing.compare.counting.standins import StandIns
from mpiprocessing.compare.counting.tally import Tally
from mpiprocessing.compare.counting.traffic import COLLECTIVES, POINT_TO_POINT, UNCOUNTED, Call, Rule

__all__ = ["Counters"]

_ONE_SIDED = """
    Put Get Accumulate Get_accumulate Fetch_and_op Compare_and_swap Rput Rget Raccumulate Rget_accumulate
"""


class Counters(StandIns):
    """The counting classes of one program, all on one tally.

    Args:
        tally: where every call is entered.
    """

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        super().__init__("Counting")

    def names(self) -> dict[str, Any]:
        """What is put in the place of mpi4py's own."""
        return {**super().names(), "Win": self.window()}

    def _methods(self, kind: type[MPI.Comm]) -> dict[str, Any]:
        between_groups = issubclass(kind, MPI.Intercomm)
        methods = super()._methods(kind)
        methods |= {name: self._counted(kind, name, rule) for name, rule in POINT_TO_POINT.items()}
        for name, rule in COLLECTIVES.items():
            if hasattr(kind, name):
                methods[name] = (
                    self._skipped(kind, name) if between_groups else self._counted(kind, name, rule)
                )
        methods |= {name: self._skipped(kind, name) for name in UNCOUNTED if hasattr(kind, name)}
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
