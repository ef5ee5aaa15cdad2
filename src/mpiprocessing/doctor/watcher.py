"""A process beside the rank that speaks for it, should it be lost in MPI.

Theory of operation: some mistakes end a process within the MPI library, or leave it there for ever, where no Python runs any
more. So before anything of MPI is loaded the rank forks a process that does nothing but listen at a pipe. The rank writes
there, at each of its stages, how long it may take, and what is to be said should it not come out of it. The pipe is closed
without a last word: the rank has died. The time is over: it hangs, and is killed, so that the launcher ends the job.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
from typing import NoReturn

__all__ = ["Watcher"]

_END: dict[str, object] = {"end": True}


class Watcher:
    """The rank's side: makes the process that watches. Before there are threads, and before MPI is loaded."""

    def __init__(self) -> None:
        reader, self._writer = os.pipe()
        rank = os.getpid()
        self._pid = os.fork()
        if not self._pid:
            _listen(reader, rank)
        os.close(reader)

    def stage(self, limit: float, died: str, hangs: str) -> None:
        """A stage begins.

        Args:
            limit: how many seconds it may take.
            died: what is to be said should the rank end in it.
            hangs: what is to be said when the time is over.
        """
        self._write({"limit": limit, "died": died, "hangs": hangs})

    def end(self) -> None:
        """The rank has said all that there is to say: nobody speaks for it any more."""
        self._write(_END)
        os.close(self._writer)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, 0)

    def _write(self, message: dict[str, object]) -> None:
        data = json.dumps(message).encode() + b"\n"
        with contextlib.suppress(BrokenPipeError):
            while data:
                data = data[os.write(self._writer, data) :]


def _listen(pipe: int, rank: int) -> NoReturn:
    """The process that watches."""
    status = 0
    try:
        os.setsid()  # launchers end a rank with all of its group, and this one has something to say then
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        # Not the launcher's connections: it takes a rank for alive as long as they are open.
        os.closerange(3, pipe)
        os.closerange(pipe + 1, os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") < 65536 else 65536)
        _watch(pipe, rank)
    except BaseException:
        status = 1
    os._exit(status)


def _watch(pipe: int, rank: int) -> None:
    stage: dict[str, object] = {}
    data = b""
    while True:
        limit = stage.get("limit")
        ready, _, _ = select.select([pipe], [], [], limit if isinstance(limit, float) else None)
        if not ready:
            _say(str(stage.get("hangs", "")))
            with contextlib.suppress(ProcessLookupError):
                os.kill(rank, signal.SIGKILL)
            return
        part = os.read(pipe, 1 << 16)
        if not part:
            _say(str(stage.get("died", "")))
            return
        *lines, data = (data + part).split(b"\n")
        for line in lines:
            stage = json.loads(line)
            if stage == _END:
                return


def _say(text: str) -> None:
    if text:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
