"""What children print reaches the terminal through rank 0, in whole lines and in causal order.

Launchers forward each rank's output through a pipe of its own, in chunks: lines of different ranks can be torn, and what a
child printed can come after what its parent printed when it had joined the child. So a child's `sys.stdout` and
`sys.stderr` send whole lines to rank 0 as messages, and rank 0 writes them to its own. Being messages, they are ordered like
all other effects: printed before the exit was noticed, before the lock was released.

Rank 0 itself prints in one thread while another writes the children's lines: its own streams are made anew, so that a line of
the main program, however long or however many parts it is printed in, leaves in one piece as well. What it flushes unfinished
(a prompt) is shown at once and may be followed by a child's line, as with the standard library.

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
            self._runtime.send(0, OutputWritten(self._stream, lines))
        self._rest += text[end:]
        return len(text)

    def finish(self) -> None:
        """The process has ended: its last line is whole as it is."""
        if self._rest:
            text, self._rest = bytes(self._rest), bytearray()
            self._runtime.send(0, OutputWritten(self._stream, text + b"\n"))


@contextlib.contextmanager
def child_streams(runtime: Runtime) -> Any:
    """For the life of one child process, `sys.stdout` and `sys.stderr` lead to rank 0, and nothing comes from `sys.stdin`.

    The streams are new for every child, so one that closes or replaces them does no harm to the next.
    """
    before = sys.stdin, sys.stdout, sys.stderr
    raws = _Lines(runtime, 1), _Lines(runtime, 2)
    streams = [
        io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors=errors, line_buffering=True)
        for raw, errors in zip(raws, ("surrogateescape", "backslashreplace"), strict=True)
    ]
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


class Console:
    """Rank 0's side: writes the lines that come in.

    Args:
        runtime: rank 0's runtime.
    """

    def __init__(self, runtime: Runtime) -> None:
        sys.stdout = sys.__stdout__ = _whole_lines(sys.stdout, 1)  # type: ignore[misc]  # ours for the whole job
        sys.stderr = sys.__stderr__ = _whole_lines(sys.stderr, 2)  # type: ignore[misc]
        runtime.serve(OutputWritten, self._write)

    def _write(self, message: OutputWritten) -> None:
        stream = sys.__stdout__ if message.stream == 1 else sys.__stderr__
        if stream is None:
            return
        # The user closed it, or nobody reads it any more: as with the standard library the children go on.
        with contextlib.suppress(ValueError, OSError):
            stream.buffer.write(message.text)
            stream.buffer.flush()


def _whole_lines(stream: Any, descriptor: int) -> Any:
    """A stream for rank 0's main program in place of Python's own, which would show a line in several writes.

    Python's does so with `PYTHONUNBUFFERED`, and where a line is longer than 8 KiB.
    """
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.flush()
    buffer = open(descriptor, "wb", closefd=False)  # noqa: SIM115, as long-lived as the process
    buffer.raw.name = stream.name  # type: ignore[attr-defined]  # "<stdout>", not the number
    lines = io.TextIOWrapper(buffer, encoding=stream.encoding, errors=stream.errors, line_buffering=True)
    lines._CHUNK_SIZE = 1 << 30  # type: ignore[attr-defined]  # what it gathers before it writes an unfinished line
    lines.mode = stream.mode  # type: ignore[misc]
    return lines
