"""A real file descriptor that is readable while something can be received, for select, selectors and asyncio.

    home ──PipePolled──▶ Watch ──▶ a byte in a pair of sockets ──▶ fileno() is readable
                                   taken out at the next receive, and asked again

Messages make no descriptor readable, so it is one end of a pair of sockets, made on first use. A question (`Watch`) waits at
the home; its answer writes a byte; receiving takes the byte out and asks again. `multiprocessing.connection.wait` needs no
descriptor: it asks and looks at the answers itself.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.messages import PipePolled, QueuePolled, Reply, Request, Withdraw
from mpiprocessing.core.node import Call
from mpiprocessing.core.runtime import Runtime

__all__ = ["SENTINELS", "Descriptor", "Poll", "Watch", "Watched"]

Poll = Callable[..., Request]
"""A kind of question: is there something? Its last field is `block`."""


SENTINELS: dict[int, Callable[[], tuple[int, int, int | None]]] = {}
"""Descriptors that nothing but a message makes readable, and what whoever waits for one waits for."""


class Watch:
    """A question that waits at a home: is there something?

    Args:
        runtime: this rank's runtime.
        stub: what stands for the home.
        poll: the kind of question; it has a field `block`.
        block: whether it waits until there is something.
    """

    def __init__(self, runtime: Runtime, stub: Stub, poll: Poll, block: bool) -> None:
        self._runtime = runtime
        self._call: Call = runtime.request(stub, poll, block)

    @property
    def answered(self) -> bool:
        """Whether the home has answered."""
        return self._call.reply is not None

    @property
    def ready(self) -> bool:
        """Whether there is something; or the object was closed meanwhile, and who waits for it had better look."""
        reply = self._call.reply
        return reply is not None and _ready(reply)

    def awaits(self) -> tuple[int, int, int | None]:
        """What it waits for, see `core/testimony.py`."""
        return self._call.stub.home, self._call.number, None

    def wake(self, listener: Callable[[], None]) -> None:
        """Have `listener` called once there is an answer, under the runtime's lock; at once if there is."""
        with self._runtime.lock:
            if self.answered:
                listener()
            else:
                self._call.wake = listener

    def close(self) -> None:
        """Nobody wants the answer any more."""
        runtime, call = self._runtime, self._call
        with runtime.lock:
            if not self.answered:
                call.wake = None
                if call.stub.number in runtime.node.stubs:  # else its home gives the question up by itself
                    stub = call.stub
                    runtime.route(stub, Withdraw(stub.home, stub.number, stub.next_seq(), call.number))


def _ready(reply: Reply) -> bool:
    return reply.ready if isinstance(reply, PipePolled | QueuePolled) else True


class Descriptor:
    """A descriptor that follows the state of a home.

    Args:
        runtime: this rank's runtime.
        stub: what stands for the home.
        poll: the kind of question; None where nothing is received: then it is always writable and never readable.
    """

    def __init__(self, runtime: Runtime, stub: Stub, poll: Poll | None) -> None:
        self._runtime = runtime
        self._stub = stub
        self._poll = poll
        self._shown, self._hidden = socket.socketpair()
        self._raised = False
        self._watch: Watch | None = None
        self._closed = False
        if poll is not None:
            first = runtime.ask(stub, poll, False)  # from the first moment it tells the truth
            with runtime.lock:
                if _ready(first):
                    self._raise()
                else:
                    self._ask()

    def fileno(self) -> int:
        """The descriptor."""
        return self._shown.fileno()

    def look_again(self) -> None:
        """Something was received, or nothing was there: is there (more)?"""
        with self._runtime.lock:
            if self._raised and not self._closed:
                self._shown.recv(1)
                self._raised = False
                self._ask()

    def close(self) -> None:
        """Free the descriptor; does nothing the second time."""
        with self._runtime.lock:
            if not self._closed:
                self._closed = True
                if self._watch is not None:
                    self._watch.close()
                for end in (self._shown, self._hidden):
                    with contextlib.suppress(OSError):  # the program may have closed it by its number
                        end.close()

    def free_later(self) -> None:
        """Free the descriptor as soon as messages may be sent."""
        self._runtime.later.append(self.close)

    def _ask(self) -> None:
        assert self._poll is not None
        self._watch = Watch(self._runtime, self._stub, self._poll, True)
        self._watch.wake(self._raise)

    def _raise(self) -> None:
        if not self._raised and not self._closed:
            self._raised = True
            with contextlib.suppress(OSError):  # likewise
                self._hidden.send(b"\0")


class Watched:
    """An object of the user's floor that can be watched: by `connection.wait`, or through a descriptor."""

    _descriptor: Descriptor | None = None

    def _watching(self) -> tuple[Runtime, Stub, Poll | None]:
        """What is asked where; no question where nothing is received. Raises OSError once the object is closed."""
        raise NotImplementedError

    def fileno(self) -> int:
        """A descriptor that is readable while something can be received; for `select` and its like."""
        runtime, stub, poll = self._watching()
        if self._descriptor is None:
            self._descriptor = Descriptor(runtime, stub, poll)
        return self._descriptor.fileno()

    def _watch(self, block: bool) -> Watch:
        """Ask whether there is something; with `block` the answer comes when there is."""
        runtime, stub, poll = self._watching()
        assert poll is not None
        return Watch(runtime, stub, poll, block)

    def _look_again(self) -> None:
        if self._descriptor is not None:
            self._descriptor.look_again()

    def _close_descriptor(self) -> None:
        if self._descriptor is not None:
            self._descriptor.close()
            self._descriptor = None

    def __del__(self) -> None:
        # The collector may run anywhere, also inside the runtime itself: leave a note, the runtime reads it soon.
        descriptor = self._descriptor
        if descriptor is not None:
            descriptor.free_later()
