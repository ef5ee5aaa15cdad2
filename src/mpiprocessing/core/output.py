"""What children print reaches the terminal through rank 0, in whole lines and in causal order.

Launchers forward each rank's output through a pipe of its own, in chunks: lines of different ranks can be torn, and what a
child printed can come after what its parent printed when it had joined the child. So a child's `sys.stdout` and
`sys.stderr` send whole lines to rank 0 as messages, and rank 0 writes them to its own. Being messages, they are ordered like
all other effects: printed before the exit was noticed, before the lock was released.

What does not go through `sys.stdout` (C code, subprocesses) takes the launcher's way.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import Any

from mpiprocessing.core.messages import OutputWritten
from mpiprocessing.core.runtime import Runtime

__all__ = ["Console", "child_streams"]


class _Lines(io.RawIOBase):
    """The raw end of a child's stream: sends lines, keeps an unfinished one."""

    def __init__(self, runtime: Runtime, stream: int) -> None:
        self._runtime = runtime
        self._stream = stream
        self._rest = b""

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._stream

    def write(self, data: Any) -> int:
        text = self._rest + bytes(data)
        end = max(text.rfind(b"\n"), text.rfind(b"\r")) + 1
        self._rest = text[end:]
        if end:
            self._runtime.send(0, OutputWritten(self._stream, text[:end]))
        return len(data)

    def finish(self) -> None:
        """The process has ended: its last line is whole as it is."""
        if self._rest:
            text, self._rest = self._rest, b""
            self._runtime.send(0, OutputWritten(self._stream, text + b"\n"))


@contextlib.contextmanager
def child_streams(runtime: Runtime) -> Any:
    """For the life of one child process, `sys.stdout` and `sys.stderr` lead to rank 0.

    The streams are new for every child, so one that closes or replaces them does no harm to the next.
    """
    before = sys.stdout, sys.stderr
    raws = _Lines(runtime, 1), _Lines(runtime, 2)
    streams = [
        io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors=errors, line_buffering=True)
        for raw, errors in zip(raws, ("surrogateescape", "backslashreplace"), strict=True)
    ]
    sys.stdout, sys.stderr = streams
    try:
        yield
    finally:
        for stream, raw in zip(streams, raws, strict=True):
            with contextlib.suppress(ValueError, OSError):  # the child may have closed it
                stream.flush()
            raw.finish()
        sys.stdout, sys.stderr = before


class Console:
    """Rank 0's side: writes the lines that come in.

    Args:
        runtime: rank 0's runtime.
    """

    def __init__(self, runtime: Runtime) -> None:
        runtime.serve(OutputWritten, self._write)
        # Rank 0's own lines must not sit in a buffer while later ones of its children pass by.
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(line_buffering=True)

    def _write(self, message: OutputWritten) -> None:
        stream = sys.__stdout__ if message.stream == 1 else sys.__stderr__
        try:
            if stream is None:
                return
            stream.buffer.write(message.text)
            stream.buffer.flush()
        except (ValueError, OSError):
            # The user closed it, or nobody reads it any more: as with the standard library the children go on.
            with contextlib.suppress(OSError):
                os.fstat(message.stream)
