"""The wires of this rank: its connections over the network, which wake it where ranks of other hosts cannot ring.

    rank that waits                                    rank of another host
      │ forget what has come over the wires              │
      │ look once more                                   │ MPI_Issend
      │ wait for the bell, or for a wire ◀── TCP ────────│

MPI does not say what it waits for, but its connections are descriptors of this process: they are found in the list of them that
the kernel keeps, and the kernel tells when bytes have come. Nothing is read from them.

The program's own connections are in that list, too, and nothing tells them apart. So a wire wakes once for what has come,
whoever reads it, or nobody (edge-triggered): a connection that is none of MPI's costs a look now and then, and no more.

Connections are made when they are first needed; so the list is looked through again, ever more seldom, and at once when
somebody has called. Networks without connections, as InfiniBand has them, wake nobody: there a rank that waits looks
every few milliseconds as it would without wires.
"""

from __future__ import annotations

import os
import select
import socket
from contextlib import suppress
from time import monotonic

__all__ = ["Wires"]

_SOON, _SELDOM = 0.02, 2.0
"""Seconds between two looks through the list, at first and at most."""

_MANY = 2048
"""A process with more descriptors serves others: its connections are not looked through."""

_EVENTS = 256
"""How many wires are heard at a time."""

_FOLDER = "/proc/self/fd"


class Wires:
    """The wires of this process, as one descriptor that `select` takes.

    Raises:
        OSError: this system has nothing of the kind.
    """

    def __init__(self) -> None:
        if not hasattr(select, "epoll"):
            raise OSError("this system tells nobody of wires")
        self._heard = select.epoll()
        self._known: dict[int, str] = {}  # descriptor → what is behind it
        self._doors: set[int] = set()  # those of them where others call
        self._pause = _SOON
        self._next = 0.0

    def fileno(self) -> int:
        """Readable when something has come over a wire."""
        return self._heard.fileno()

    def hear(self) -> None:
        """Something has come over a wire: see over which, before anybody takes it."""
        for wire, _ in self._heard.poll(0, _EVENTS):
            if wire in self._doors:
                self._next, self._pause = 0.0, _SOON

    def forget(self) -> None:
        """What has come so far is going to be looked for now."""
        self.hear()
        now = monotonic()
        if now >= self._next:
            self._pause = _SOON if self._find() else min(2 * self._pause, _SELDOM)
            self._next = now + self._pause

    def _find(self) -> bool:
        """Look through the list. Returns whether there are new wires in it."""
        names = os.listdir(_FOLDER)
        if len(names) > _MANY:
            return False
        known, found = {}, False
        for name in names:
            with suppress(OSError):  # closed meanwhile
                wire, behind = int(name), os.readlink(f"{_FOLDER}/{name}")
                known[wire] = behind
                if behind.startswith("socket:") and self._known.get(wire) != behind:
                    found = self._hear(wire) or found
        self._known = known
        return found

    def _hear(self, wire: int) -> bool:
        """Be told of what comes over it. Returns whether it leads to other hosts."""
        self._doors.discard(wire)
        copy = os.dup(wire)  # what is closed here is not the program's
        try:
            # With that flag Python leaves the connection as it is. Without it, it would make it non-blocking, for all that
            # share it, where the program has set a default timeout; and MPICH cannot finalize over such a one.
            other = socket.socket(type=socket.SOCK_STREAM | socket.SOCK_NONBLOCK, fileno=copy)
        except OSError:
            os.close(copy)
            raise
        with other:
            if other.family not in (socket.AF_INET, socket.AF_INET6):
                return False
            if other.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                self._doors.add(wire)
        with suppress(FileExistsError):
            self._heard.register(wire, select.EPOLLIN | select.EPOLLET)
        return True

    def close(self) -> None:
        """Nobody listens any more."""
        self._heard.close()
