"""Playing schedules: by seed, with a failure that says which, and the messages of it one by one."""

from __future__ import annotations

import os
import random
import traceback
from collections.abc import Callable
from typing import Any

from mpiprocessing.core.messages import Message, maker
from tests.core.simulator.world import Failure, World

__all__ = ["play", "replay", "trace"]

_SHOWN = 25  # messages of a failing schedule that are always shown: the last ones


def trace(world: World) -> list[str]:
    """One line for each message that was delivered, in order."""
    return [_line(*entry) for entry in world.network.log]


def _line(source: int, dest: int, message: Message) -> str:
    fields = {name: getattr(message, name) for name in message.__struct_fields__}
    parts = [
        f"{name}={_short(value)}"
        for name, value in fields.items()
        if name not in ("payload", "more", "state", "preparation")
    ]
    if more := fields.get("more"):
        parts.append(f"more={len(more)}")
    return f"r{source} → r{dest} {type(message).__name__} {' '.join(parts)}"


def _short(value: Any) -> str:
    return f"{maker(value)}#{value & 0xFFFFFFFF}" if isinstance(value, int) and value >> 32 else repr(value)


def play(scenario: Callable[[World], None], seed: int, **options: Any) -> World:
    """Play one schedule of a scenario.

    Args:
        scenario: builds a world's program and runs it; see `scenarios.py`.
        seed: which schedule.
        options: for the world.

    Returns:
        The world as it was in the end.

    Raises:
        Failure: with the seed and the last messages in its text.
    """
    world = _world(seed, options)
    try:
        scenario(world)
    except Exception as error:
        name = getattr(scenario, "__name__", "scenario")
        raise Failure(
            f"{error}\nreplay({name}, {seed}) plays this schedule again\n{_shown(world)}"
        ) from error
    finally:
        world.abandon()
    return world


def replay(scenario: Callable[[World], None], seed: int, **options: Any) -> None:
    """Play a schedule again and print every message, and what goes wrong."""
    world = _world(seed, options)
    try:
        scenario(world)
    except Exception:
        traceback.print_exc()
    finally:
        world.abandon()
    print("\n".join(trace(world)))


def _world(seed: int, options: dict[str, Any]) -> World:
    return World(random.Random(seed).randint(2, 5), seed, **options)


def _shown(world: World) -> str:
    lines = trace(world)
    if not os.environ.get("MPIPROCESSING_WHOLE_TRACE") and len(lines) > _SHOWN:
        lines = [f"({len(lines)} messages; MPIPROCESSING_WHOLE_TRACE=1 shows all)", *lines[-_SHOWN:]]
    return "\n".join(lines)
