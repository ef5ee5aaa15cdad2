"""How what a rank prints is marked and kept: a label before each line, a log of its own for each rank.

    child's sys.stdout ──▶ `output.py`  ──▶ its rank's log
                               └──────────▶ rank 0 (`console.py`), labelled ──▶ the job's stdout
    a rank's descriptors 1 and 2 (C libraries, subprocesses, faulthandler) ──▶ its rank's log; on rank 0, the job's own

The logs have the same names under every launcher. A run in the same directory, or a job that was requeued, goes on where the
last one ended: nothing is lost, and a line that begins with # says what begins there. Each rank writes to its own file, whole
lines at a time, and nothing while its program prints nothing.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time

from mpiprocessing.core.errors import LaunchError

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from typing import Any

__all__ = ["LogFile", "Printing", "labelled", "process_name"]


class Printing:
    """What becomes of what this rank prints.

    Args:
        rank: this rank.
        size: how many there are.
        label: whether lines are labelled.
        log_dir: the directory for the logs; "" for none.

    Attributes:
        log: this rank's log; None where there is none.

    Raises:
        LaunchError: rank 0 cannot write its log. Another rank says so and goes on without.
    """

    def __init__(self, rank: int = 0, size: int = 1, label: bool = False, log_dir: str = "") -> None:
        self._where = f"{rank} {os.uname().nodename}" if label else ""
        self.log: LogFile | None = None
        if not log_dir:
            return
        path = os.path.join(os.path.abspath(log_dir), f"rank-{rank:0{max(4, len(str(size - 1)))}}.log")
        try:
            self.log = LogFile(path)
        except OSError as error:
            text = f"rank {rank} on {os.uname().nodename} cannot write its log {path}: {error.strerror}"
            if rank == 0:
                raise LaunchError(text) from error
            sys.stderr.write(f"mpiprocessing: {text}; it goes on without\n")
        else:
            self.log.remark(f"rank {rank} of {size} on {os.uname().nodename}, pid {os.getpid()}")
            if rank:
                self.log.take_descriptors()

    @property
    def prefix(self) -> bytes:
        """What each line begins with now."""
        return f"[{self._where} {process_name()}] ".encode(errors="replace") if self._where else b""


class LogFile:
    """The log of one rank.

    Args:
        path: where it is; its directory is made if need be.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, path: str) -> None:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)

    def write(self, text: bytes) -> None:
        """Write what was printed. A disk that is full keeps no program from its work."""
        with contextlib.suppress(OSError):
            while text:
                text = text[os.write(self._file, text) :]

    def remark(self, text: str) -> None:
        """Write a line of our own."""
        self.write(f"# {time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n".encode(errors="replace"))

    def take_descriptors(self) -> None:
        """What this process writes to its descriptors 1 and 2 goes here from now on.

        But Python's own stderr: what a rank says when no process runs on it (that it cannot go on) is for whoever runs the job.
        """
        sys.stdout.flush()
        sys.stderr.flush()
        launchers = os.dup(2)
        os.dup2(self._file, 1)
        os.dup2(self._file, 2)
        stream = os.fdopen(launchers, "w", 1, encoding="utf-8", errors="backslashreplace")
        sys.stderr = sys.__stderr__ = stream  # type: ignore[misc]  # as long-lived as the process


def labelled(text: bytes, prefix: bytes) -> bytes:
    """Lines with something before each of them."""
    return b"".join(prefix + line for line in text.splitlines(keepends=True)) if prefix else text


def process_name() -> str:
    """What the program calls the process that runs here; a program without children has loaded nothing that knows better."""
    module: Any = sys.modules.get("multiprocessing.process")
    return str(module.current_process().name) if module is not None else "MainProcess"
