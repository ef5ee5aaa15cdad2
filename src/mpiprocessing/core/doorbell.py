"""A bell at each rank's door: ranks of one host sleep until they are rung for, instead of looking again and again.

    rank that waits                              rank that sends
      │ listen: forget old rings, flag "asleep"     │ MPI_Issend
      │ look once more                              │ flag "asleep"?  then ring
      │ wait for the bell ◀─────── datagram ────────│

MPI has no call that sleeps: its blocking ones spin, and so a rank that waits must poll, which costs a core when it is done
often and time when it is done seldom. Between ranks of one host the kernel can wake: each has a datagram socket, and all
share a byte each (`hostmemory.py`) that says whether its owner sleeps. A sender that
finds the byte set rings; so ranks that are awake cost nothing but the look at a byte.

**No ring is missed.** The sleeper sets its byte, then looks, then waits; the sender sends, then reads the byte. Whichever
came first, either the look finds the message or the sender finds the byte. (Both have called MPI in between, which locks, and
no processor moves a write past that. Were it otherwise, or MPI still on its way with the message: nobody sleeps longer than
`NAP`, and whoever was rung for looks for a while.)

**What comes in is nothing.** A ring has no content, and none is read. A stranger on the host can find the names, and could make
a rank look once more for each ring, that is all: so nobody asks who it was. The names are abstract ones: they go with their
processes, however these end.

**Other hosts.** The ranks of each host ring for each other. Those of other hosts set no byte here and are never rung: that some
are there shows in the bytes, and then sleeps are short, and a sleeper hears the network as well (`wires.py`). Without any bell
are ranks in containers of their own, systems that lack what this takes (it is Linux's), and programs that close descriptors
they have not opened.

Not taken: futures of the kernel (futex), which Python cannot call; semaphores with a name, which stay behind when a job is
killed; bells without the bytes, which would be rung for each message to whoever has been silent for a while, and would not
let a rank sleep early where others compute: there it matters most.
"""

from __future__ import annotations

import os
from contextlib import suppress
from mmap import mmap
from select import select
from socket import AF_UNIX, SOCK_DGRAM, socket
from time import monotonic, sleep

from mpiprocessing.core.backoff import LONGEST
from mpiprocessing.core.hostmemory import HostMemory
from mpiprocessing.core.wires import Wires

__all__ = ["NAP", "Doorbell"]

NAP = 0.02
"""Seconds of the longest sleep where one does."""

_AWAKE, _ASLEEP = 1, 2  # 0: no bell

_TO_BEGIN = 0.1
"""Seconds until a rank that has no bell is taken for one of another host: the ranks of a host begin at different times."""

_OLD_RINGS = 100
"""Rings that are forgotten at a time; the kernel keeps ten. A stranger who rings without end costs looks, and no more."""


class Doorbell:
    """The bell of this rank, and the way to those of the others.

    Args:
        job: a number that no other job on this host has; 0 for no bell.
        rank: this rank.
        size: how many ranks there are.
    """

    def __init__(self, job: int, rank: int, size: int) -> None:
        self._job = job
        self._rank = rank
        self._socket: socket | None = None
        self._inode = 0
        self._flags: mmap | None = None  # one byte for each rank
        self._shared: HostMemory | None = None
        self._wires: Wires | None = None
        self._heard: list[socket | Wires] = []  # what wakes
        self._wires_from = monotonic() + _TO_BEGIN
        if job:
            with suppress(OSError, ValueError):
                self._hang_up(size)

    def _hang_up(self, size: int) -> None:
        shared = HostMemory(self._job, "flags", size)
        bell = socket(AF_UNIX, SOCK_DGRAM)
        try:
            bell.setblocking(False)
            bell.bind(self._name(self._rank))
            select([bell], [], [], 0)  # it cannot with descriptors above 1023
        except BaseException:
            bell.close()
            shared.close()
            raise
        self._socket, self._inode = bell, os.fstat(bell.fileno()).st_ino
        self._shared, self._flags, self._heard = shared, shared.bytes, [bell]
        self._flags[self._rank] = _AWAKE

    def _name(self, rank: int) -> str:
        return f"\0mpiprocessing-{self._job:x}-{rank}"

    @property
    def longest(self) -> float:
        """Seconds to sleep at most for something that every rank rings for."""
        return NAP if self._all_ring() else LONGEST

    def _all_ring(self) -> bool:
        # Ranks that have not begun yet have no bell so far, those of other hosts never get one.
        flags = self._flags
        return flags is not None and flags.find(b"\0") < 0

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
                self._see_to_wires(bell)
                return
        except OSError:
            pass
        self._lost()

    def _see_to_wires(self, bell: socket) -> None:
        """Hear the network while ranks are on other hosts."""
        if self._all_ring():
            if len(self._heard) > 1:  # the last one was late, no more; another thread may still be in `wait`
                self._heard = [bell]
            return
        if self._wires is None:
            if monotonic() < self._wires_from:
                return
            self._wires_from = float("inf")  # once
            with suppress(OSError, ValueError):
                wires = Wires()
                select([wires], [], [], 0)  # as above
                self._wires = wires
        if self._wires is not None:
            self._wires.forget()
            self._heard = [bell, self._wires]

    def wait(self, seconds: float) -> bool:
        """Sleep until somebody rings, or something has come over a wire. Returns whether that was so."""
        if self._socket is not None:
            try:
                ready, _, _ = select(self._heard, [], [], seconds)
                wires = self._wires
                if wires is not None and wires in ready:
                    wires.hear()
                return bool(ready)
            except (OSError, ValueError):
                self._lost()
        sleep(min(seconds, LONGEST))
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
        for mine in (self._wires, self._shared, self._socket):
            if mine is not None:
                with suppress(OSError):
                    mine.close()
        self._wires = None
        self._lost()

    def _lost(self) -> None:
        """There is no bell any more: nobody may rely on it. Its descriptors may be others' by now, so they stay open."""
        bell, flags, shared, wires = self._socket, self._flags, self._shared, self._wires
        self._socket = self._flags = self._shared = self._wires = None
        self._heard = []
        if bell is not None and flags is not None:
            bell.detach()
            flags[self._rank] = 0
        if shared is not None:
            shared.let_go()
        if wires is not None:
            _abandoned.append(wires)


_abandoned: list[Wires] = []
"""Such an object closes its descriptor when it goes."""
