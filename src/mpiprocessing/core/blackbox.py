"""The black box: what ranks note while they live, for whoever finds out afterwards which one has died, and of what.

It is a file with a place for each rank: its process id and host, the name of the process that runs there, and, where a crash
is not to end the job, what Python's faulthandler writes in the crash itself: the signal, and the stack. Our launcher makes the
file and names it in the environment; where a job survives deaths and was started in another way, it is memory of rank 0 that
the ranks of that host see (memfd, as the flags of `flags.py`). A rank that sees neither notes nothing.
"""

from __future__ import annotations

import contextlib
import faulthandler
import mmap
import os

__all__ = ["BLACK_BOX", "NOWHERE", "BlackBox", "crash_signal"]

BLACK_BOX = "MPIPROCESSING_BLACK_BOX"
"""Environment variable: the file that the launcher has made."""

_MEMORY = "mpiprocessing-black-box-{}"

NOWHERE = 0, 0, ""
"""There is no box of rank 0."""

_PLACE = 1 << 15
"""Bytes of a rank's place."""

_WHO, _NAME, _STATUS, _CRASH = 0, 128, 256, 264
"""Where in that place stand: the process id and host, the name of a process, rank 0's word, and the crash."""

_RUNS = "runs"

_FATAL = {  # how faulthandler calls them
    "Segmentation fault": 11,
    "Aborted": 6,
    "Bus error": 7,
    "Floating point exception": 8,
    "Floating-point exception": 8,
    "Illegal instruction": 4,
}


def crash_signal(text: str) -> int | None:
    """The signal of which Python says that it crashed; None where it says nothing like that.

    Args:
        text: what it has written, among other things.
    """
    _, found, rest = text.partition("Fatal Python error: ")
    return next((number for word, number in _FATAL.items() if found and rest.startswith(word)), None)


class BlackBox:
    """The box, as one rank or the launcher sees it.

    It is looked into as memory: a program may close what descriptors it likes, and open files of its own in their places.

    Args:
        path: of the file.

    Raises:
        OSError: it cannot be opened.
        ValueError: it was not `made`.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        with open(path, "r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 0)

    @staticmethod
    def make(descriptor: int, ranks: int) -> None:
        """Make an empty file a box for so many ranks."""
        os.ftruncate(descriptor, ranks * _PLACE)

    @classmethod
    def named(cls) -> BlackBox | None:
        """The one that the launcher has made; None where it has not, or on another host."""
        path = os.environ.get(BLACK_BOX)
        if path:
            with contextlib.suppress(OSError, ValueError):
                return cls(path)
        return None

    @classmethod
    def made(cls, ranks: int) -> tuple[int, int, str]:
        """Make one in memory, on rank 0.

        Returns:
            Where it is: this process, a descriptor, which stays open, and the name, which no other job's has; `NOWHERE` on a
            system that cannot do this.
        """
        name = _MEMORY.format(os.urandom(8).hex())
        try:
            descriptor = os.memfd_create(name)
            cls.make(descriptor, ranks)
        except (OSError, AttributeError):
            return NOWHERE
        return os.getpid(), descriptor, name

    @classmethod
    def of_rank_0(cls, where: tuple[int, int, str]) -> BlackBox | None:
        """The one that rank 0 has made; None where it has not, or on another host."""
        pid, descriptor, name = where
        path = f"/proc/{pid}/fd/{descriptor}"
        with contextlib.suppress(OSError, ValueError):
            if os.readlink(path) == f"/memfd:{name} (deleted)":
                return cls(path)
        return None

    # ---- noting ----

    def sign(self, rank: int) -> None:
        """This process is that rank."""
        self._write(rank, _WHO, _NAME, f"{os.getpid()} {os.uname().nodename}")

    def begins(self, rank: int, name: str) -> None:
        """A process with that name begins on that rank; none, where the name is empty."""
        self._write(rank, _NAME, _STATUS, name)

    def declare(self, status: int | None) -> None:
        """Rank 0 says how the job ends, when its program has; or that it has begun, with None. So does a rank that ends all."""
        self._write(0, _STATUS, _CRASH, _RUNS if status is None else str(status))

    def await_crash(self, rank: int) -> None:
        """Should this rank crash, Python says so there."""
        with contextlib.suppress(OSError):
            own = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)  # with a position of its own
            os.lseek(own, rank * _PLACE + _CRASH, os.SEEK_SET)
            faulthandler.enable(own)

    def _write(self, rank: int, start: int, end: int, text: str) -> None:
        room, place = end - start, rank * _PLACE
        data = text.encode(errors="replace")[: room - 1].ljust(room, b"\0")
        with contextlib.suppress(IndexError):  # the box of another job, which had fewer ranks
            self._memory[place + start : place + end] = data

    # ---- reading ----

    def pid_of(self, rank: int) -> int | None:
        """The process id of a rank; None where it has not noted one."""
        pid = self._read(rank, _WHO, _NAME).partition(" ")[0]
        return int(pid) if pid else None

    def rank_of(self, pid: int, host: str, ranks: int) -> int | None:
        """Which rank has, or had, that process id."""
        who = f"{pid} {host}"
        return next((rank for rank in range(ranks) if self._read(rank, _WHO, _NAME) == who), None)

    def name_on(self, rank: int) -> str:
        """What ran on that rank; "" for nothing, or where that is not known."""
        return self._read(rank, _NAME, _STATUS)

    def is_undeclared(self) -> bool:
        """Whether rank 0 began, and never said how the job ended."""
        return self._read(0, _STATUS, _CRASH) == _RUNS

    def declared(self) -> int | None:
        """What rank 0 has said of how the job ends; None where it has not."""
        word = self._read(0, _STATUS, _CRASH)
        return None if word in ("", _RUNS) else int(word)

    def crash_of(self, rank: int) -> str:
        """What Python said when that rank crashed; "" where it was killed, or that is not known."""
        return self._read(rank, _CRASH, _PLACE)

    def signal_of(self, rank: int) -> int | None:
        """The signal of which that rank crashed; None where it was killed, or that is not known."""
        return crash_signal(self.crash_of(rank))

    def _read(self, rank: int, start: int, end: int) -> str:
        place = rank * _PLACE
        return self._memory[place + start : place + end].partition(b"\0")[0].decode(errors="replace")
