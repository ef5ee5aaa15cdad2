"""What children print reaches the terminal through rank 0 (`console.py`), in whole lines and in causal order.

Launchers forward each rank's output through a pipe of its own, in chunks: lines of different ranks can be torn, and what a
child printed can come after what its parent printed when it had joined the child. So a child's `sys.stdout` and
`sys.stderr` send whole lines to rank 0 as messages, and rank 0 writes them to its own. Being messages, they are ordered like
all other effects: printed before the exit was noticed, before the lock was released.

What does not go through `sys.stdout` (C code, subprocesses) takes the launcher's way; with a log for each rank, to that log
(`printing.py`).
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import Any

from mpiprocessing.core.messages import OutputWritten
from mpiprocessing.core.printing import Printing, labelled
from mpiprocessing.core.runtime import Runtime

__all__ = ["child_streams"]


class _Lines(io.RawIOBase):
    """The raw end of a child's stream: sends lines, keeps an unfinished one."""

    def __init__(self, runtime: Runtime, stream: int, printing: Printing) -> None:
        self._runtime = runtime
        self._printing = printing
        self._stream = stream
        self._rest = bytearray()
        self._pid = os.getpid()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._stream

    def write(self, data: Any) -> int:
        text = bytes(data)
        if os.getpid() != self._pid:  # forked by the child: it has no part in the job
            return os.write(self._stream, text)
        end = max(text.rfind(b"\n"), text.rfind(b"\r")) + 1
        if end:
            lines, self._rest = bytes(self._rest) + text[:end], bytearray()
            self._leave(lines)
        self._rest += text[end:]
        return len(text)

    def finish(self) -> None:
        """The process has ended: its last line is whole as it is."""
        if self._rest:
            text, self._rest = bytes(self._rest), bytearray()
            self._leave(text + b"\n")

    def _leave(self, lines: bytes) -> None:
        log = self._printing.log
        if log is not None:
            log.write(lines)
        self._runtime.send(0, OutputWritten(self._stream, labelled(lines, self._printing.prefix)))


def _like(own: Any, raw: _Lines) -> io.TextIOWrapper:
    """A stream with the encoding of this rank's own, which is that of rank 0's: locale and `PYTHONIOENCODING` say which."""
    encoding, errors = getattr(own, "encoding", "utf-8"), getattr(own, "errors", "backslashreplace")
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding=encoding, errors=errors, line_buffering=True)


@contextlib.contextmanager
def child_streams(runtime: Runtime, printing: Printing) -> Any:
    """For the life of one child process, `sys.stdout` and `sys.stderr` lead to rank 0, and nothing comes from `sys.stdin`.

    The streams are new for every child, so one that closes or replaces them does no harm to the next.

    Args:
        runtime: this rank's runtime.
        printing: what else becomes of what it prints.
    """
    before = sys.stdin, sys.stdout, sys.stderr
    raws = _Lines(runtime, 1, printing), _Lines(runtime, 2, printing)
    streams = [_like(own, raw) for own, raw in zip((sys.__stdout__, sys.__stderr__), raws, strict=True)]
    sys.stdout, sys.stderr = streams
    with open(os.devnull, encoding="utf-8") as sys.stdin:
        try:
            yield
        finally:
            for stream in (sys.stdout, sys.stderr, *streams):
                # The child may have closed it, or put something in its place.
                with contextlib.suppress(Exception):
                    stream.flush()
            for raw in raws:
                raw.finish()
            sys.stdin, sys.stdout, sys.stderr = before
