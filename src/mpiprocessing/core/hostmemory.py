"""Memory that all ranks of a host see: the flags beside the bells (`doorbell.py`), where the resource tracker is.

It is a file without a name in any folder (memfd), and goes with the job, however that ends. The ranks of a host agree on one
without a message: who comes first binds a name of the job in the kernel's list of sockets. The others connect to it, only to be
told by the kernel which process that is, and open its memory below /proc, which lets nobody in but the same user:

    first rank of a host                          the others
      │ bind the name, make the memory              │ connect to the name; refused: nobody is there yet
      │ listen                ◀──── which pid? ─────│
      │                       ◀──── /proc/pid/fd ───│ open what is called after the job

Nothing is accepted or read there. Names like this one belong to a network namespace and process ids to another kind, so a rank
in a container of its own finds nobody, or nothing, and has memory to itself or none.
"""

from __future__ import annotations

import os
import socket
import struct
from contextlib import suppress
from errno import EADDRINUSE
from mmap import mmap
from time import monotonic, sleep

__all__ = ["HostMemory"]

_CREDENTIALS = struct.Struct("3i")  # process id, user, group

_MANY = 1024
"""Ranks that a host may have at least."""

_PATIENCE = 1.0
"""Seconds that a name may be bound by somebody who does not listen yet; it takes him some microseconds."""


class HostMemory:
    """Some memory of this rank's host.

    Args:
        job: a number that no two jobs have in common.
        use: what it is for, in a word.
        size: how many bytes.

    Attributes:
        bytes: the memory; 0 at first.
        owner: the process that has made it.

    Raises:
        OSError: it cannot be seen from here, or this system has nothing of the kind.
    """

    def __init__(self, job: int, use: str, size: int) -> None:
        self._name = f"mpiprocessing-{job:x}-{use}"
        self._memory = -1  # stays open where it is ours, as nobody knows when the last rank has come
        self._meeting: socket.socket | None = None  # likewise
        if not (hasattr(os, "memfd_create") and hasattr(socket, "SO_PEERCRED")):
            raise OSError("this system has no memory without a name")
        deadline = monotonic() + _PATIENCE
        while not (self._join(size) or self._make(size)):
            if monotonic() > deadline:
                raise TimeoutError(self._name)
            sleep(1e-3)

    def _join(self, size: int) -> bool:
        """Take what is there. Returns whether anything is."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as visitor:
            visitor.setblocking(False)
            try:
                visitor.connect("\0" + self._name)
            except (
                ConnectionRefusedError,
                BlockingIOError,
            ):  # nobody, or more visitors than there is room for
                return False
            told = visitor.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        pid, user, _ = _CREDENTIALS.unpack(told)
        if user != os.geteuid():
            raise PermissionError(self._name)
        folder = f"/proc/{pid}/fd"
        for entry in os.listdir(folder):
            path = f"{folder}/{entry}"
            try:
                if os.readlink(path) != f"/memfd:{self._name} (deleted)":
                    continue
            except FileNotFoundError:
                continue
            memory = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            try:
                self.bytes = mmap(memory, size)
            finally:
                os.close(memory)
            self.owner = pid
            return True
        raise FileNotFoundError(self._name)

    def _make(self, size: int) -> bool:
        """Make it. Returns False where another rank has just done so."""
        meeting, memory = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), -1
        try:
            meeting.bind("\0" + self._name)  # first of all: one rank makes it
            memory = os.memfd_create(self._name)
            os.ftruncate(memory, size)
            self.bytes = mmap(memory, size)
            # Nobody is ever accepted. More visitors than the system lets wait (4,096, once 128) see nothing of it.
            meeting.listen(max(size, _MANY))
        except OSError as error:
            meeting.close()
            if memory >= 0:
                os.close(memory)
            if error.errno == EADDRINUSE:
                return False
            raise
        self._memory, self._meeting, self.owner = memory, meeting, os.getpid()
        return True

    def close(self) -> None:
        """No rank of this host comes any more."""
        if self._meeting is not None:
            with suppress(OSError):
                os.close(self._memory)
            with suppress(OSError):
                self._meeting.close()
            self._meeting = None

    def let_go(self) -> None:
        """Leave the descriptors open: they may be the program's by now."""
        if self._meeting is not None:
            self._meeting.detach()
        self._meeting = None
