"""What this rank's threads wait for, as text and numbers: read off their frames, once nothing goes on any more.

By then every thread stands still, so there is time to look: at the method that the program has called and its line, at the call
that waits or the object it waits beside, at the homes that live here and the handles that are held here. Where none of these
say what is waited for, the object whose method waits says it by a method `_awaits` (a process, a pool's result): home, call,
and the rank of a process.
"""

from __future__ import annotations

import sys
import threading
from multiprocessing.process import current_process
from types import FrameType
from typing import Any

from mpiprocessing.core.frames import chain, joined_thread, line, verb
from mpiprocessing.core.homes.home import Home
from mpiprocessing.core.homes.semaphore import SemaphoreStub
from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.messages import READS, WRITES, Described, Held, HomeWaits, Waiter
from mpiprocessing.core.node import Call
from mpiprocessing.core.runtime import Runtime

__all__ = ["testimony", "waiters"]


_BETWEEN = "between two tasks"
_AT_END = "at its end, waiting for its processes and threads"
"""In place of a line of the program, where none is there."""


def testimony(runtime: Runtime, hosts: bool) -> Described:
    """What a rank has to say.

    Args:
        runtime: this rank's runtime.
        hosts: whether a process of the program runs here.
    """
    if not hosts:
        return Described(1, [], _homes(runtime, []), [])
    waiting = waiters(runtime)
    return Described(0, waiting, _homes(runtime, waiting), _held(runtime))


def waiters(runtime: Runtime) -> list[Waiter]:
    """The threads of the process here that wait without a time limit, for a message or another thread's end."""
    return [_waiter(runtime, *thread) for thread in _threads(runtime)]


def _threads(runtime: Runtime) -> list[tuple[int, str, FrameType]]:
    """Those that wait: number, name, and where they are."""
    frames, waiting = sys._current_frames(), set(runtime.progress.waiting())
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return [
        (ident, names.get(ident, ""), frame)
        for ident, frame in sorted(frames.items())
        if ident in waiting or joined_thread(frame) is not None
    ]


def _waiter(runtime: Runtime, ident: int, name: str, frame: FrameType) -> Waiter:
    place = line(frame)
    name = "" if ident == runtime.progress.main else name
    called = verb(frame)
    joined = joined_thread(frame)
    home, call, joins = (0, 0, None) if joined is not None else _awaited(frame)
    idle = not place.place and call == WRITES  # a worker of a pool
    return Waiter(
        rank=runtime.rank,
        thread=ident,
        process=current_process().name,
        name=name,
        verb="" if idle else _name(called),
        home=home,
        call=call,
        joins=joins,
        thread_joined=joined.ident if joined is not None else None,
        place=_BETWEEN if idle else place.place or (_AT_END if called is None else ""),
        line=place.text,
    )


def _name(called: FrameType | None) -> str:
    """Such as "Queue.get"."""
    if called is None:
        return ""
    owner, method = called.f_locals.get("self"), called.f_code.co_name
    return method if owner is None else f"{type(owner).__name__}.{method}"


def _awaited(frame: FrameType) -> tuple[int, int, int | None]:
    """The home and the call that a thread waits for, or the rank whose process it waits for."""
    for inner in chain(frame):
        values = inner.f_locals
        call, home, stub, owner = (values.get(name) for name in ("call", "home", "stub", "self"))
        if isinstance(call, Call):
            return call.stub.home, call.number, None
        if isinstance(home, Home):
            return home.number, READS, None
        if isinstance(stub, Stub):
            return stub.home, WRITES, None
        says: Any = getattr(type(owner), "_awaits", None)
        if says is not None:
            awaited: tuple[int, int, int | None] = says(owner)
            return awaited
    return 0, READS, None


def _homes(runtime: Runtime, waiting: list[Waiter]) -> list[HomeWaits]:
    """The homes here at which anybody waits, or may wait to send."""
    beside = {waiter.home for waiter in waiting if waiter.call in (READS, WRITES)}
    described = [home.describe() for _, home in sorted(runtime.node.homes.items())]
    return [
        home
        for home in described
        if home.home in beside or any(wanted.call != READS for wanted in home.wanted)
    ]


def _held(runtime: Runtime) -> list[Held]:
    roles: dict[int, set[int]] = {}
    threads: dict[int, int | None] = {}
    for handle in runtime.handles:
        stub = handle.stub
        roles.setdefault(stub.home, set()).add(handle.role)
        if isinstance(stub, SemaphoreStub) and stub.in_use:
            threads[stub.home] = stub.holder
    return [Held(runtime.rank, home, tuple(sorted(roles[home])), threads.get(home)) for home in sorted(roles)]
