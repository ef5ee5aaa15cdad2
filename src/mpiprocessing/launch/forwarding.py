"""What comes on this process's stdin, forwarded to rank 0 of a job as far as it is read there.

Theory of operation: the job is in a session of its own, where the terminal's job control does not reach: in the background of
a shell it would take what is typed for the shell. So a thread of this process, which is in the terminal's session, reads, and
copies what it has read into a pipe. In the background a read is refused (EIO: the thread blocks SIGTTIN, which would stop the
launcher); it is tried again later, so the job goes on, and in the foreground it can read.

    stdin ──▶ thread ──▶ named pipe ──────────▶ rank 0      `-m mpiprocessing`, on one host: exactly as with Python alone
                    └──▶ pipe ──▶ mpiexec ····▶ rank 0      any other program: as well as the mpiexec does it

Nothing is read before rank 0 has opened the named pipe, and no more than a page ahead of it; of a file, what rank 0 has not
taken is given back at the end, so that `while read line; do … done < file` in a shell goes on with the next line. An mpiexec
takes all that it is given; MPICH's ends the job (141) where 64 KB wait for rank 0, even one that never reads, and (255) where
rank 0 has ended before what was for it is there. So on one host it is given a page only when nothing waits in rank 0's own
stdin, or is on its way there, and rank 0 waits for something to read, as far as that can be seen from outside (Linux).
"""

from __future__ import annotations

import array
import contextlib
import errno
import fcntl
import os
import select
import signal
import stat
import sys
import tempfile
import termios
import threading
from collections.abc import Iterator
from time import monotonic
from typing import IO

import psutil

from mpiprocessing.core.stdinpipe import STDIN_PIPE
from mpiprocessing.launch.localranks import are_at_rest, is_alive, launchers, rank_0, waits_of

__all__ = ["Forwarding"]

_PAGE = 4096
"""Bytes that are read at a time, and that the pipe holds, so that it has room only when it is empty."""

_BACKGROUND = 0.3
"""Seconds between two looks whether this process is in the foreground of its terminal by now."""

_LOOKS = 0.002, 0.016, 0.1
"""Seconds between two looks whether rank 0 has read what was forwarded: at first, at most while it may read on, and later."""

_ON = 1.0
"""Seconds for which it may."""

_UNSEEN = 5.0, 0.1
"""Seconds after which rank 0 is given a page also where it was not seen to wait for one: it may look now and then, or poll,
which cannot be told from MPI's own waiting when it begins and ends. The second are for one that has read what it got."""

_SOON = 2.0
"""Seconds to wait for the thread's end: another process may have taken the line that it was about to read."""


class Forwarding:
    """Forwards stdin.

    Args:
        path: the named pipe that rank 0 will open; "" where the mpiexec reads.
        all_here: whether rank 0 is on this host.
    """

    def __init__(self, path: str, all_here: bool) -> None:
        self._path = path
        self._paced = all_here and not path
        self._over, self._end = os.pipe()
        self._thread: threading.Thread | None = None
        self._rank_0: psutil.Process | None = None  # once it is looked for and there
        self._looks = False  # whether it reads without being seen to wait for something to read
        self._way: list[psutil.Process] = []  # the launchers between this process and it

    @classmethod
    @contextlib.contextmanager
    def to_rank_0(cls, by_name: bool, all_here: bool) -> Iterator[Forwarding]:
        """Forward it for as long as this lasts, from `begin` on.

        Args:
            by_name: whether rank 0 will open the named pipe.
            all_here: whether it is on this host.
        """
        with tempfile.TemporaryDirectory(prefix="mpiprocessing-") as folder:
            path = os.path.join(folder, "stdin") if by_name else ""
            if path:
                os.mkfifo(path, 0o600)
            forwarding = cls(path, all_here)
            try:
                yield forwarding
            finally:
                forwarding._finish()

    @property
    def environment(self) -> dict[str, str]:
        """What tells rank 0 of it."""
        return {STDIN_PIPE: self._path} if self._path else {}

    @property
    def by_mpiexec(self) -> bool:
        """Whether the mpiexec needs a pipe for its stdin."""
        return not self._path

    def begin(self, launcher: int, pipe: IO[bytes] | None) -> None:
        """Begin to forward.

        Args:
            launcher: the process id of the mpiexec.
            pipe: to the mpiexec, if that reads.
        """
        self._thread = threading.Thread(target=self._run, args=(launcher, pipe), daemon=True)
        self._thread.start()

    def _finish(self) -> None:
        """The job is over."""
        os.close(self._end)
        reader = -1
        if self._path:
            with contextlib.suppress(OSError):  # else the thread waits for a rank 0 that never came
                reader = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK)
        if self._thread is not None:
            self._thread.join(_SOON)
        if reader >= 0:
            os.close(reader)
        if self._thread is None or not self._thread.is_alive():
            os.close(self._over)

    # ---- the thread ----

    def _run(self, launcher: int, pipe: IO[bytes] | None) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTTIN])
        with contextlib.suppress(OSError):
            sink = (
                os.dup(pipe.fileno()) if pipe is not None else os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)
            )
            if pipe is not None:
                pipe.close()
            else:
                os.unlink(self._path)  # whoever is told of it later, by mistake, is not kept waiting
            with contextlib.suppress(OSError, AttributeError):
                fcntl.fcntl(sink, fcntl.F_SETPIPE_SZ, _PAGE)  # Linux only
            try:
                if sys.stdin is not None:  # else 0 is some other file
                    left = self._copy(sink, launcher)
                    _give_back(left)
            finally:
                os.close(sink)

    def _copy(self, sink: int, launcher: int) -> int:
        """Copy all until the end of stdin, of its reader, or of the job; returns how many bytes were not taken."""
        ready = select.poll()
        ready.register(self._over, select.POLLIN)
        refused = False
        while True:
            ready.register(sink, select.POLLOUT)
            if self._ended(ready.poll(), sink):
                return _unread(sink)
            if self._paced and not self._has_room(launcher):
                return 0
            ready.register(sink, 0)  # it is empty: only whether its reader goes
            ready.register(0, select.POLLIN)
            events = ready.poll()
            ready.unregister(0)
            if self._ended(events, sink):
                return 0
            try:
                part = os.read(0, _PAGE)
            except OSError as error:
                if error.errno != errno.EIO or refused:
                    return 0
                if _is_in_background():
                    self._is_over(_BACKGROUND)
                else:
                    refused = True  # unless it has come to the foreground only since then: once more
                continue
            refused = False
            if not part:
                return 0
            try:
                os.write(sink, part)
            except BrokenPipeError:
                return len(part)

    def _has_room(self, launcher: int) -> bool:
        """Wait until rank 0 has read what was forwarded; False if the job is over before."""
        pause, soon, later = _LOOKS
        begun, empty_since = monotonic(), 0.0
        while not self._is_over(pause):
            now = monotonic()
            pause = min(2 * pause, soon if now - begun < _ON else later)
            if self._rank_0 is None and (rank := rank_0(launcher)) is not None:
                self._rank_0, self._way = rank, launchers(launcher)
            rank = self._rank_0
            # In the order of the way: what is not with the launchers any more is there, or was read. The stdin of a rank 0
            # that has ended before the others is not seen any more.
            if rank is None or not are_at_rest(self._way) or _waits_in_stdin(rank.pid) or not is_alive(rank):
                empty_since = 0.0
                continue
            waits = waits_of(rank)
            if any("pipe" in wait for wait in waits) or not waits_of(self._way[0]):
                return True  # it waits for something to read, or nobody can tell
            empty_since = empty_since or now
            if now - empty_since > _UNSEEN[self._looks]:
                self._looks = True
                return True
        return False

    def _is_over(self, seconds: float) -> bool:
        return bool(select.select([self._over], [], [], seconds)[0])

    def _ended(self, events: list[tuple[int, int]], sink: int) -> bool:
        return any(fd == self._over or (fd == sink and event & select.POLLERR) for fd, event in events)


def _is_in_background() -> bool:
    try:
        return os.tcgetpgrp(0) != os.getpgrp()
    except OSError:
        return False  # the terminal has gone


def _unread(pipe: int) -> int:
    length = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, length)
    return length[0]


def _waits_in_stdin(pid: int) -> bool:
    """Whether a process has not read all that is in its stdin; False where that is no pipe, or cannot be seen."""
    name = f"/proc/{pid}/fd/0"
    try:
        if not stat.S_ISFIFO(os.stat(name).st_mode):
            return False
        pipe = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a reader more, for a moment
    except OSError:
        return False
    try:
        return _unread(pipe) > 0
    finally:
        os.close(pipe)


def _give_back(count: int) -> None:
    if count and stat.S_ISREG(os.fstat(0).st_mode):
        os.lseek(0, -count, os.SEEK_CUR)
