"""Rank 0's own streams, which carry what its program prints and what its children print (`output.py`).

Rank 0 prints in one thread while another writes the children's lines: its streams are made anew, so that a line of the main
program, however long or however many parts it is printed in, leaves in one piece as well. What it flushes unfinished (a
prompt) is shown at once and may be followed by a child's line, as with the standard library.
"""

from __future__ import annotations

import contextlib
import io
import sys

from mpiprocessing.core.lastwords import tell

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from typing import Any

    from mpiprocessing.core.messages import OutputWritten

__all__ = ["Console"]

_LOST = 120
"""The status that Python gives a program whose last output cannot be written."""


class Console:
    """Rank 0's `sys.stdout` and `sys.stderr` from here on, and what writes the lines that come in.

    Attributes:
        lost: why something that a child printed could not be written; None if everything was.
    """

    def __init__(self) -> None:
        self.lost: OSError | None = None
        sys.stdout = sys.__stdout__ = _whole_lines(sys.stdout, 1)  # type: ignore[misc]  # ours for the whole job
        sys.stderr = sys.__stderr__ = _whole_lines(sys.stderr, 2)  # type: ignore[misc]

    def write(self, message: OutputWritten) -> None:
        """Write what a child has printed."""
        stream = sys.__stdout__ if message.stream == 1 else sys.__stderr__
        if stream is None:
            return
        # The user closed it, or nobody reads it any more: as with the standard library the children go on.
        try:
            stream.buffer.write(message.text)
            stream.buffer.flush()
        except ValueError:
            pass
        except OSError as error:
            self.lost = error

    def finish(self, status: int) -> int:
        """The program has ended: what it has printed leaves.

        Returns:
            The status for the shell: that of the program, 120 where it is 0 and something of its children could not be written.
        """
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(
                OSError, ValueError, AttributeError
            ):  # the interpreter says so at its end
                stream.flush()
        if status or self.lost is None:
            return status
        tell(f"mpiprocessing: what the children have printed could not be written: {self.lost.strerror}\n")
        return _LOST


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
