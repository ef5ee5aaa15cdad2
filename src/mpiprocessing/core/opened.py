"""What a child has opened and not closed: the system closes it when a process ends, and here the rank outlives the child.

Objects of Python close what they hold when they go. Two things stay: descriptors that are plain numbers to Python (`os.open`,
`os.pipe`, `socket.detach`), with their locks and their unread ends; and what threads hold that the child has left behind in a
call of the system, such as a server's that waits in `accept`.

    os.open in the program ──▶ noted, with what is behind it ──▶ the child has ended, it is still that: closed
    thread in `accept`     ──▶ its frames ──▶ sockets ──▶ shut down: the call returns, and the thread ends

Only what the program's own code has opened is noted, not what libraries have: they stay on the rank, and so do their files.
"""

from __future__ import annotations

import functools
import gc
import os
import socket
import stat
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing import reduction, resource_sharer
from multiprocessing.connection import _ConnectionBase
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from mpiprocessing.core.userline import caller
from mpiprocessing.core.whosecode import caller_of_interpreter, is_ours, is_programs

__all__ = ["hang_up", "opened"]

_OPENING: list[tuple[Any, str]] = [
    *((os, name) for name in ("open", "dup", "pipe", "pipe2", "memfd_create")),
    (socket.socket, "detach"),
    (resource_sharer.DupFd, "detach"),
    (reduction, "recv_handle"),
]
"""What returns a descriptor, or several. Not `os.eventfd`: what is behind one cannot be told from what is behind another."""

_DEPTH, _MOST = 6, 20_000
"""How far is looked from a thread's frames for what it holds, and at how many objects."""

_OURS = __name__.partition(".")[0]

_NO_HOLDERS = (type, ModuleType, FunctionType, BuiltinFunctionType, CodeType, FrameType, str, bytes)


class _Opened:
    """The descriptors that the process on this rank has opened by themselves."""

    def __init__(self) -> None:
        self._behind: dict[int, tuple[int, int]] = {}  # descriptor → device and inode
        self._in_place: list[
            tuple[Any, str, Any, Any]
        ] = []  # whose, which, its own, ours; made for the first child

    def begin(self) -> None:
        """A child begins."""
        self._behind.clear()
        if not self._in_place:
            self._in_place = [
                (holder, name, function, self._noting(function))
                for holder, name in _OPENING
                if (function := getattr(holder, name, None)) is not None
            ]
        for holder, name, function, stand_in in self._in_place:
            setattr(holder, name, stand_in)
            if function in os.supports_dir_fd:
                os.supports_dir_fd.add(stand_in)

    def end(self) -> None:
        """It has ended."""
        for holder, name, function, stand_in in self._in_place:
            os.supports_dir_fd.discard(stand_in)
            setattr(holder, name, function)

    def close(self) -> None:
        """Close what it has left open, and what is still what it has opened."""
        behind, self._behind = self._behind, {}
        for descriptor, what in behind.items():
            if _behind(descriptor) == what:
                os.close(descriptor)

    def _noting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def stand_in(*args: Any, **kwargs: Any) -> Any:
            opened = function(*args, **kwargs)
            if _is_called_by_the_program(caller(1)):
                for descriptor in opened if isinstance(opened, tuple) else (opened,):
                    if (what := _behind(descriptor)) is not None:
                        self._behind[descriptor] = what
            return opened

        return stand_in


opened = _Opened()


def _behind(descriptor: int) -> tuple[int, int] | None:
    """What tells whether a descriptor is still the same; None for a device, which has no end and many users."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return None if stat.S_ISCHR(status.st_mode) else (status.st_dev, status.st_ino)


def _is_called_by_the_program(frame: FrameType | None) -> bool:
    """Whether the first that is no module of the interpreter's is the program's."""
    first = caller_of_interpreter(frame)
    return first is not None and is_programs(first)


def hang_up(threads: Iterable[threading.Thread]) -> None:
    """Shut down the sockets that these threads hold, whose process has ended: calls that wait for them return.

    Args:
        threads: all that are left of it.
    """
    frames = sys._current_frames()
    for thread in threads:
        for line in _lines(_held(frames.get(thread.ident or 0))):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)  # not closed: an event loop would complain of that


def _lines(held: Iterable[Any]) -> Iterator[socket.socket]:
    for thing in held:
        if isinstance(thing, socket.socket):
            yield thing
        elif isinstance(thing, _ConnectionBase):
            handle = getattr(thing, "_handle", None)
            with suppress(OSError):  # a pipe is no socket
                if isinstance(handle, int):
                    with socket.socket(fileno=os.dup(handle)) as line:
                        yield line


def _held(frame: FrameType | None) -> Iterator[Any]:
    """What a thread holds, directly or in its objects."""
    seen: set[int] = set()
    layer: list[Any] = []
    while frame is not None:
        if not is_ours(frame):
            layer += frame.f_locals.values()
        frame = frame.f_back
    for _ in range(_DEPTH):
        layer = [thing for thing in layer if id(thing) not in seen and _may_hold(thing)]
        seen.update(map(id, layer))
        yield from layer
        if len(seen) > _MOST:
            return
        layer = gc.get_referents(*layer)


def _may_hold(thing: Any) -> bool:
    """Not one of our objects: by them everything of this rank is held, its own sockets among them."""
    return not isinstance(thing, _NO_HOLDERS) and not type(thing).__module__.startswith(f"{_OURS}.")
