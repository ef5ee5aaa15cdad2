"""What the processes of a scenario remember together, and the objects they send."""

from __future__ import annotations

from typing import Any

from mpiprocessing.core.payload import INLINE
from tests.core.simulator.ranks import Task
from tests.core.simulator.world import World

__all__ = ["big", "here", "me", "note", "noted"]


def here() -> World:
    """The world of the process that runs."""
    return World.current


def note(topic: str, *what: Any) -> None:
    """Remember something, in the order in which it happens."""
    here().notes.setdefault(topic, []).append(what[0] if len(what) == 1 else what)


def noted(topic: str) -> list[Any]:
    """What was remembered."""
    return here().notes.get(topic, [])  # type: ignore[no-any-return]


def me() -> Task:
    """The thread that runs."""
    task = World.current.running
    assert task is not None
    return task


def big(size: int = INLINE + 800) -> bytes:
    """An object that travels beside its message."""
    return b"x" * size
