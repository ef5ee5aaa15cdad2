"""What a command reads and prints, by pipes that never keep it waiting."""

from __future__ import annotations

import array
import fcntl
import os
import subprocess
import termios
import threading
from typing import IO

__all__ = ["Streams"]


class Streams:
    """The pipes of a command, each served by a thread: a full pipe never blocks the command.

    Args:
        process: the command.
        input: what it reads from stdin, where that is a pipe.
        tee: copy what it prints to this process's stdout and stderr as it comes.

    Attributes:
        unwritten: why its output could not be copied any further; None if it could, or was not to be.
    """

    def __init__(self, process: subprocess.Popen[bytes], input: str | None, tee: bool) -> None:
        self._out: list[bytes] = []
        self._err: list[bytes] = []
        self._pipes = [process.stdout, process.stderr]
        self._writing: set[int] = set()  # where to
        self.unwritten: OSError | None = None
        self._threads = [
            threading.Thread(target=self._read, args=(process.stdout, self._out, 1 if tee else None)),
            threading.Thread(target=self._read, args=(process.stderr, self._err, 2 if tee else None)),
        ]
        if input is not None:
            self._threads.append(threading.Thread(target=self._write, args=(process.stdin, input.encode())))
        for thread in self._threads:
            thread.daemon = True
            thread.start()

    def _read(self, pipe: IO[bytes], parts: list[bytes], copy_to: int | None) -> None:
        with pipe:
            while part := os.read(pipe.fileno(), 1 << 16):
                parts.append(part)
                if copy_to is None:
                    continue
                self._writing.add(copy_to)
                try:
                    while part:
                        part = part[os.write(copy_to, part) :]
                except OSError as error:
                    # As if the command wrote there itself: it learns it from its pipe, the next time that it writes.
                    self.unwritten = error
                    break
                finally:
                    self._writing.discard(copy_to)

    def are_at_rest(self) -> bool:
        """Whether all that the command has printed was copied, or kept: it is not the reader whom it waits for."""
        return not self._writing and not any(map(_has_more, self._pipes))

    @staticmethod
    def _write(pipe: IO[bytes], text: bytes) -> None:
        try:
            with pipe:
                pipe.write(text)
        except BrokenPipeError:
            pass  # the command ended, or closed its stdin, without reading it all: its right

    def finish(self) -> tuple[str, str]:
        """The command has ended: all that it has printed on stdout and on stderr."""
        for thread in self._threads:
            thread.join()
        return _text(self._out), _text(self._err)


def _has_more(pipe: IO[bytes] | None) -> bool:
    length = array.array("i", [0])
    try:
        assert pipe is not None
        fcntl.ioctl(pipe, termios.FIONREAD, length)
    except (OSError, ValueError):
        return False  # closed: the command has closed it, too
    return length[0] > 0


def _text(parts: list[bytes]) -> str:
    return b"".join(parts).decode(errors="replace")
