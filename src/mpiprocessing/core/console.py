"""Rank 0's own streams, which carry what its program prints and what its children print (`output.py`).

Rank 0 prints in one thread while another writes the children's lines: its streams are made anew, so that a line of the main
program, however long or however many parts it is printed in, leaves in one piece as well. What it flushes unfinished (a
prompt) is shown at once and may be followed by a child's line, as with the standard library.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import sys

from mpiprocessing.core.lastwords import tell
from mpiprocessing.core.printing import Printing, labelled

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mpiprocessing.core.messages import OutputWritten

__all__ = ["Console"]

_LOST = 120
"""The status that Python gives a program whose last output cannot be written."""


class Console:
    """Rank 0's `sys.stdout` and `sys.stderr` from here on, and what writes the lines that come in.

    Args:
        printing: what else becomes of what the main program prints.

    Attributes:
        lost: why something that a child printed could not be written; None if everything was.
    """

    def __init__(self, printing: Printing) -> None:
        self.lost: OSError | None = None
        sys.stdout = sys.__stdout__ = _whole_lines(sys.stdout, 1, printing)  # type: ignore[misc]  # ours for the whole job
        sys.stderr = sys.__stderr__ = _whole_lines(sys.stderr, 2, printing)  # type: ignore[misc]
        # Not by way of the streams: the program may close them, or detach their buffers for streams of its own.
        self._buffers = {1: getattr(sys.stdout, "buffer", None), 2: getattr(sys.stderr, "buffer", None)}

    def write(self, message: OutputWritten) -> None:
        """Write what a child has printed."""
        buffer = self._buffers[message.stream]
        if buffer is None:
            return
        # Where nobody reads it any more the children go on, as with the standard library.
        try:
            if isinstance(raw := getattr(buffer, "raw", None), _Marked):
                buffer.flush()
                raw.write_childs(message.text)
            else:
                buffer.write(message.text)
                buffer.flush()
        except ValueError:
            # The program has closed its stream, not the descriptor, to which its children's lead as well.
            with contextlib.suppress(OSError):
                _write_all(functools.partial(os.write, message.stream), message.text)
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


class _Marked(io.FileIO):
    """A descriptor of rank 0, where what the main program writes is labelled, and kept in its log."""

    def __init__(self, descriptor: int, printing: Printing) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self._printing = printing
        self._whole = True  # whether the next byte begins a line

    def write_childs(self, lines: bytes) -> None:
        """Write what a child has printed: it is labelled already, and in its own rank's log."""
        _write_all(super().write, lines)

    def write(self, data: Any) -> int:
        text = bytes(data)
        if self._printing.log is not None:
            self._printing.log.write(text)
        prefix = self._printing.prefix
        marked = labelled(text, prefix)
        if not self._whole:  # it goes on with a line
            marked = marked[len(prefix) :]
        self._whole = text.endswith((b"\n", b"\r"))
        _write_all(super().write, marked)
        return len(text)


def _write_all(write: Callable[[bytes], int | None], text: bytes) -> None:
    while text:
        text = text[write(text) or 0 :]


def _whole_lines(stream: Any, descriptor: int, printing: Printing) -> Any:
    """A stream for rank 0's main program in place of Python's own, which would show a line in several writes.

    Python's does so with `PYTHONUNBUFFERED`, and where a line is longer than 8 KiB.
    """
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.flush()
    buffer: Any
    if printing.log is None and not printing.prefix:
        buffer = open(descriptor, "wb", closefd=False)  # noqa: SIM115, as long-lived as the process
    else:
        buffer = io.BufferedWriter(_Marked(descriptor, printing))
    buffer.raw.name = stream.name  # "<stdout>", not the number
    lines = io.TextIOWrapper(buffer, encoding=stream.encoding, errors=stream.errors, line_buffering=True)
    lines._CHUNK_SIZE = 1 << 30  # type: ignore[attr-defined]  # what it gathers before it writes an unfinished line
    lines.mode = stream.mode  # type: ignore[misc]
    return lines
