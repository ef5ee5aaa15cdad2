"""Figures: what one run says about its own messages and its own time.

Theory of operation: every column writes one JSON object to the file that the environment variable
MPIPROCESSING_STATISTICS names; that of the standard library has nothing to say about messages:

    {"ranks": 4, "messages": 21, "bytes": 812, "kinds": {"send": {"messages": 21, "bytes": 812}},
     "work_seconds": 0.021}

`messages` and `bytes` are sums over all ranks, `kinds` divides them by operation, `work_seconds` is the
wall time of the user's program on rank 0, from the first line of its module to the last. `uncounted` may be
there as well: operations that were used but that the counter cannot express in messages.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["STATISTICS", "STRANGE", "Figures", "Traffic", "total"]

STRANGE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
)
"""What reading a file raises that holds something else than we write: the program could have written anything there."""

STATISTICS = "MPIPROCESSING_STATISTICS"


@dataclass(frozen=True)
class Traffic:
    """A number of messages and the bytes of their payloads.

    Attributes:
        messages: how many.
        bytes: the size of all payloads together.
    """

    messages: int = 0
    bytes: int = 0

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(self.messages + other.messages, self.bytes + other.bytes)


def total(parts: Iterable[Traffic]) -> Traffic:
    """Add up traffic.

    Args:
        parts: any number of them.

    Returns:
        Their sum, nothing for none.
    """
    return sum(parts, Traffic())


@dataclass(frozen=True)
class Figures:
    """The figures of one run, or of one rank of it.

    Attributes:
        ranks: how many processes mpiexec started.
        kinds: the traffic of each operation, by its name.
        work_seconds: wall time of the user's program on rank 0.
        uncounted: operations that were used and are not in `kinds`.
    """

    ranks: int
    kinds: Mapping[str, Traffic]
    work_seconds: float
    uncounted: frozenset[str] = field(default_factory=frozenset)

    @property
    def traffic(self) -> Traffic:
        """The sum over all kinds."""
        return total(self.kinds.values())

    def merged(self, other: Figures) -> Figures:
        """Add the figures of another rank; ranks and work time stay those of this one."""
        names = sorted(self.kinds.keys() | other.kinds.keys())
        kinds = {n: self.kinds.get(n, Traffic()) + other.kinds.get(n, Traffic()) for n in names}
        return Figures(self.ranks, kinds, self.work_seconds, self.uncounted | other.uncounted)

    def to_json(self) -> dict[str, Any]:
        """Return the object that goes into the file."""
        return {
            "ranks": self.ranks,
            "messages": self.traffic.messages,
            "bytes": self.traffic.bytes,
            "kinds": {name: {"messages": t.messages, "bytes": t.bytes} for name, t in self.kinds.items()},
            "work_seconds": self.work_seconds,
            "uncounted": sorted(self.uncounted),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Figures:
        """Build figures from the object in the file.

        Args:
            data: the parsed JSON object.

        Returns:
            The figures.

        Raises:
            KeyError: an entry is missing.
        """
        kinds = {name: Traffic(int(t["messages"]), int(t["bytes"])) for name, t in data["kinds"].items()}
        uncounted = frozenset(data.get("uncounted", ()))
        return cls(int(data["ranks"]), kinds, float(data["work_seconds"]), uncounted)

    def write(self, path: Path) -> None:
        """Write the figures to `path`."""
        path.write_text(json.dumps(self.to_json()), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Figures | None:
        """Read what a run left at `path`.

        Args:
            path: the file that MPIPROCESSING_STATISTICS named.

        Returns:
            The figures, or None for a run that ended before it could write them, and for a file that holds something else.
        """
        try:
            return cls.from_json(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, *STRANGE):
            return None
