"""Calls that proxies tell a manager's object and do not wait for.

    d["k"] = 1       ──ReferentCall──▶ home     the answer says `tell`: setting an item cannot fail, as all is plain
                     ◀─ReferentReturned─
    d["k"] = 2       ──ReferentTell──▶
    d["k"] = 3       ──ReferentTell──▶

As long as an object and the arguments are plain (`core/plain.py`), some calls cannot fail, and they return nothing: nothing is
to be waited for. Who gets a lock, an item or a word from the caller finds what the call did, as messages with effects keep
their order. One in `TRUST` calls is answered nevertheless: so nobody runs far ahead of the home. A manager that ends says so to
all who have called it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mpiprocessing.core import plain
from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.messages import ReferentEnded, ReferentReturned, Reply, ToHome, ToStub

__all__ = ["TRUST", "ReferentStub", "can_be_told"]

TRUST = 64
"""Calls that are told before one has to be answered."""

_KEYS = frozenset((str, int, float, bool, bytes, type(None)))
"""Types of keys that are plain and can be hashed."""


def can_be_told(method: str, args: Sequence[Any]) -> bool:
    """Whether such a call does what it should in any case."""
    if len(args) == 1:
        return method in ("append", "set") and plain.weight(args[0]) is not None
    if len(args) != 2 or type(args[0]) not in _KEYS:
        return False
    named = method == "__setattr__" and type(args[0]) is str and not args[0].startswith("_")
    return (named or method == "__setitem__") and plain.weight(args[1]) is not None


class ReferentStub(Stub):
    """What a rank knows of a referent.

    Attributes:
        tell: the method whose calls need no answer; empty where there is none.
        trust: how many calls may be told before one is to be answered.
    """

    called = "object of a manager"

    def __init__(self, home: int, number: int, rank: int) -> None:
        super().__init__(home, number, rank)
        self.tell = ""
        self.trust = 0

    def answered(self, message: Reply) -> list[ToHome]:
        self.tell = message.tell if isinstance(message, ReferentReturned) else ""
        self.trust = TRUST
        return []

    def bereft(self) -> None:
        self.tell = ""

    def told(self, message: ToStub) -> list[ToHome]:
        if isinstance(message, ReferentEnded):
            self.tell = ""
        return []
