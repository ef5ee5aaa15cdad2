"""What a manager shows as its process, and the way in for programs outside this job.

The standard library starts a process for each manager, and programs look at it: its name takes a number from the counting of
processes, it stands among the active children, it can be terminated and joined. Here it is an object with all that, and the
server lives in the process that started it.
"""

from __future__ import annotations

import contextlib
import multiprocessing.managers as stdlib
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from multiprocessing.process import current_process
from typing import Any

from mpiprocessing.managed.server import Server
from mpiprocessing.process import Process

__all__ = ["Door", "ServerProcess"]


class ServerProcess(Process):
    """What a manager shows as its process: the server inside this one.

    Args:
        serve: calls the initializer and returns the server.

    Attributes:
        server: the server, once it has started.
    """

    server: Server | None = None

    def __init__(self, serve: Callable[[], Server]) -> None:
        super().__init__()
        self._serve = serve

    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # the stdlib's name
        return ServerPopen(process_obj)

    def run(self) -> None:
        """Start the server; it goes on by itself."""
        self.server = self._serve()


class ServerPopen:
    """A started server; the interface is that of `process.Popen`.

    Args:
        process: starts it.
    """

    method = "mpi"
    sentinel = None

    def __init__(self, process: ServerProcess) -> None:
        self.returncode: int | None = None
        self.pid = os.getpid()
        self._sentinel: tuple[int, int] | None = None
        self._exited: list[Callable[[], None]] = []
        handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
        try:
            process.run()
        except (Exception, SystemExit):
            self.returncode = 1
            sys.stderr.write(f"Process {process.name}:\n{traceback.format_exc()}")
        finally:
            _take_back(handlers)
        self._server = process.server

    @property
    def rank(self) -> int | None:
        """The rank it runs on."""
        return self._server.runtime.rank if self._server is not None else None

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        if self.returncode is None and self._server is not None and self._server.ended:
            self.end(0, "has ended with its process")
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait until it has ended.

        Args:
            timeout: seconds; None for ever.

        Returns:
            The exit code, or None if it did not end in time.
        """
        if self._server is not None:
            self._server.runtime.drive_until(lambda: self.poll() is not None, timeout)
        return self.returncode

    def end(self, returncode: int, how: str) -> None:
        """End the server.

        Args:
            returncode: the exit code it shows.
            how: completes the sentence "the manager ..." in errors.
        """
        if self.returncode is None:
            self.returncode = returncode
            for listener in self._exited:
                listener()
            if self._server is not None:
                self._server.end(how)

    def terminate(self) -> None:
        """End the server as SIGTERM would."""
        self.end(-signal.SIGTERM, "was terminated")

    def kill(self) -> None:
        """End the server as SIGKILL would."""
        self.end(-signal.SIGKILL, "was killed")

    def on_exit(self, listener: Callable[[], None]) -> None:
        """Have `listener` called once the server has ended; at once where it has."""
        if self.returncode is None:
            self._exited.append(listener)
        else:
            listener()

    def make_sentinel(self) -> int:
        """A descriptor that is readable when the server has ended."""
        if self._sentinel is None:
            self._sentinel = os.pipe()
            writing = self._sentinel[1]
            self.on_exit(lambda: os.close(writing))
        return self._sentinel[0]

    def close(self) -> None:
        """Free what is held."""
        if self._sentinel is not None:
            os.close(self._sentinel[0])
            self._sentinel = None


def _take_back(handlers: dict[Any, Any]) -> None:
    """The initializer is meant for a process of its own, often to ignore Ctrl-C there."""
    for number, handler in handlers.items():
        if handler is not None and signal.getsignal(number) is not handler:
            signal.signal(number, handler)


class Door(stdlib.Server):
    """The way in for programs outside this job: the standard library's server, in a thread."""

    listener: Any

    def open(self) -> None:
        """Let programs in."""
        self.stop_event = threading.Event()
        current_process()._manager_server = self  # type: ignore[attr-defined]
        threading.Thread(target=self.accepter, name="mpiprocessing-manager-door", daemon=True).start()

    def accepter(self) -> None:
        """Take connections, each into a thread of its own, until the door is shut."""
        while not self.stop_event.is_set():
            try:
                connection = self.listener.accept()
            except OSError:
                continue
            threading.Thread(target=self.handle_request, args=(connection,), daemon=True).start()

    def shut(self) -> None:
        """Let nobody in any more."""
        self.stop_event.set()
        listening: socket.socket = self.listener._listener._socket
        try:
            listening.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        except OSError:
            pass
        with contextlib.suppress(OSError):  # the file of a local address may be gone
            self.listener.close()
