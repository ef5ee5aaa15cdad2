"""A bell at each rank's door: ranks of one host sleep until they are rung for, instead of looking again and again.

    rank that waits                              rank that sends
      │ listen: forget old rings, flag "asleep"     │ MPI_Issend
      │ look once more                              │ flag "asleep"?  then ring
      │ wait for the bell ◀─────── datagram ────────│

MPI has no call that sleeps: its blocking ones spin, and so a rank that waits must poll, which costs a core when it is done
often and time when it is done seldom. Between ranks of one host the kernel can wake: each has a datagram socket, and all
share a byte each (`flags.py`) that says whether its owner sleeps. A sender that
finds the byte set rings; so ranks that are awake cost nothing but the look at a byte.

**No ring is missed.** The sleeper sets its byte, then looks, then waits; the sender sends, then reads the byte. Whichever
came first, either the look finds the message or the sender finds the byte. (Both have called MPI in between, which locks, and
no processor moves a write past that. Were it otherwise, or MPI still on its way with the message: nobody sleeps longer than
`NAP`, and whoever was rung for looks for a while.)

**What comes in is nothing.** A ring has no content, and none is read. A stranger on the host can find the names, and could make
a rank look once more for each ring, that is all: so nobody asks who it was. The names are abstract ones: they go with their
processes, however these end.

**Where there is no bell.** Ranks of other hosts, or in containers of their own, never set a byte here and are never rung;
that some are there shows in the bytes, and then sleeps are as short as without any bell. So it is on systems
that lack what this takes (it is Linux's), and where a program closes descriptors it has not opened.

Not taken: futures of the kernel (futex), which Python cannot call; semaphores with a name, which stay behind when a job is
killed; bells without the bytes, which would be rung for each message to whoever has been silent for a while, and would not
let a rank sleep early where others compute: there it matters most.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from mmap import mmap
from select import select
from socket import AF_UNIX, SOCK_DGRAM, socket

from mpiprocessing.core.backoff import LONGEST
from mpiprocessing.core.flags import NOWHERE, find_flags

__all__ = ["NAP", "Doorbell"]

NAP = 0.02
"""Seconds of the longest sleep where one does."""

_AWAKE, _ASLEEP = 1, 2  # 0: no bell

_OLD_RINGS = 100
"""Rings that are forgotten at a time; the kernel keeps ten. A stranger who rings without end costs looks, and no more."""


class Doorbell:
    """The bell of this rank, and the way to those of the others.

    Args:
        job: a number that no other job on this host has.
        rank: this rank.
        size: how many ranks there are.
        where: what rank 0 has told of the flags.
    """

    def __init__(self, job: int, rank: int, size: int, where: tuple[int, int] = NOWHERE) -> None:
        self._job = job
        self._rank = rank
        self._socket: socket | None = None
        self._inode = 0
        self._made: int | None = None  # the flags' descriptor, where it is ours to close
        self._flags: mmap | None = None  # one byte for each rank
        if where != NOWHERE:
            with suppress(OSError, ValueError):
                self._hang_up(size, where)

    def _hang_up(self, size: int, where: tuple[int, int]) -> None:
        memory = find_flags(self._job, where)
        try:
            flags = mmap(memory, size)
        finally:
            os.close(memory)
        bell = socket(AF_UNIX, SOCK_DGRAM)
        try:
            bell.setblocking(False)
            bell.bind(self._name(self._rank))
            select([bell], [], [], 0)  # it cannot with descriptors above 1023
        except BaseException:
            bell.close()
            raise
        self._socket, self._inode = bell, os.fstat(bell.fileno()).st_ino
        self._made = where[1] if where[0] == os.getpid() else None
        self._flags = flags
        flags[self._rank] = _AWAKE

    def _name(self, rank: int) -> str:
        return f"\0mpiprocessing-{self._job:x}-{rank}"

    @property
    def longest(self) -> float:
        """Seconds to sleep at most for something that every rank rings for."""
        # Ranks that have not begun yet have no bell so far, those of other hosts never get one.
        flags = self._flags
        return NAP if flags is not None and flags.find(b"\0") < 0 else LONGEST

    # ---- the one who sleeps ----

    def listen(self) -> None:
        """From now on whoever sends rings; look once more before you `wait`. Only one thread at a time may call it."""
        bell, flags = self._socket, self._flags
        if bell is None or flags is None:
            return
        try:
            # Has the program closed the descriptor, and opened another in its place?
            if os.fstat(bell.fileno()).st_ino == self._inode:
                with suppress(BlockingIOError):
                    for _ in range(_OLD_RINGS):
                        bell.recv(1)
                flags[self._rank] = _ASLEEP
                return
        except OSError:
            pass
        self._lost()

    def wait(self, seconds: float) -> bool:
        """Sleep until somebody rings. Returns whether anybody has."""
        bell = self._socket
        if bell is not None:
            try:
                return bool(select([bell], [], [], seconds)[0])
            except (OSError, ValueError):
                self._lost()
        time.sleep(min(seconds, LONGEST))
        return False

    def awake(self) -> None:
        """Nobody need ring any more."""
        flags = self._flags
        if flags is not None:
            flags[self._rank] = _AWAKE

    # ---- the one who sends ----

    def ring_if_asleep(self, rank: int) -> None:
        """That rank has been sent something."""
        flags = self._flags
        if flags is not None and flags[rank] == _ASLEEP:
            self.ring(rank)

    def ring(self, rank: int) -> None:
        """Wake a rank; from any thread, a signal handler too."""
        bell = self._socket
        if bell is not None:
            # Its bell may be full of rings, it may have ended, or the descriptor may be gone: there is nothing to be done.
            try:  # it is done for each message to who has been silent for a while
                bell.sendto(b"", self._name(rank))
            except OSError:
                pass

    def rouse(self) -> None:
        """Wake this very rank."""
        self.ring(self._rank)

    # ---- its end ----

    def close(self) -> None:
        """Nobody sleeps or rings any more."""
        if self._made is not None:
            with suppress(OSError):
                os.close(self._made)
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()
        self._lost()

    def _lost(self) -> None:
        """There is no bell any more: nobody may rely on it. Its descriptor may be another's by now, so it stays open."""
        bell, flags = self._socket, self._flags
        self._socket = self._flags = self._made = None
        if bell is not None and flags is not None:
            bell.detach()
            flags[self._rank] = 0
