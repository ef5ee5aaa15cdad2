"""Recordings made by hand, for the tests of timelines that start nothing."""

from __future__ import annotations

from typing import Any

MAIN = "MainThread"


def recording(
    rank: int, *events: Any, host: str = "here", skew: float = 0.0, **changes: Any
) -> dict[str, Any]:
    """What a rank would have recorded: an event is its name, its time and its fields.

    Args:
        rank: the rank.
        events: in order, each a tuple.
        host: where it ran.
        skew: how far the host's wall clock is wrong.
        changes: other entries.
    """
    listed = [[name, seconds, MAIN, *fields] for name, seconds, *fields in events]
    return {
        "rank": rank,
        "host": host,
        "wall": skew,
        "clock": 0.0,
        "dropped": 0,
        "events": listed,
        **changes,
    }


def sent(seconds: float, dest: int, *, kind: str = "send", channel: str = "world", size: int = 5) -> Any:
    """A message leaves."""
    return "sent", seconds, kind, dest, size, channel, [["tag", "0"]], True


def received(
    seconds: float, source: int, *, channel: str = "world", posted: int | None = None, since: float = 0.0
) -> Any:
    """A message comes."""
    return "received", seconds, "recv", source, channel, posted, since


def call(seconds: float, verb: str, about: Any = None, where: str = "prog.py:1") -> Any:
    """A call begins."""
    return "call", seconds, verb, about, where, []


def back(seconds: float, blocked: bool | None = False, delivered: Any = ()) -> Any:
    """A call returns."""
    return "return", seconds, blocked, None, [], list(delivered)
