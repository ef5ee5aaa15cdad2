"""Pipes: two connections, and for each direction a home that follows its reader.

    conn.send(obj) ──PipeSend──▶ home on the reader's rank ──▶ conn.recv()

An object takes one message, straight to where it is read. Derived from CPython's `Lib/multiprocessing/connection.py`; there are
no sockets here, and a file descriptor only for who asks for one.

Differs from the stdlib in:
- a writer may be 64 MiB ahead of its reader, where the kernel's pipe allows 64 KiB;
- several processes may use the same end at the same time: objects are never mixed up;
- `fileno` is there to be waited for, and good for nothing else: nothing can be read from or written to it;
- an end that is dropped, not closed, is let go of a moment later; and that nobody holds an end any more may be known at the
  other end a moment after a third process has told of it: `poll` may be false once more, or an object be sent to nobody;
- an end that is inside a message read by `recv_bytes` counts as open for good: its other end never comes to an end of file;
- `Connection(handle)` makes the standard library's own connection on that descriptor, which is what its `Listener` and
  `Client` return; it can be sent to processes on the same machine.
"""

from __future__ import annotations

import copyreg
import errno
import multiprocessing.connection as stdlib
import os
from multiprocessing import BufferTooShort, resource_sharer
from typing import Any

from mpiprocessing.core import payload
from mpiprocessing.core.descriptor import Poll, Watch, Watched
from mpiprocessing.core.handle import Handle
from mpiprocessing.core.homes.pipe import READER, WRITER, PipeHome, PipeStub
from mpiprocessing.core.messages import (
    WRITES,
    Payload,
    PipeEnded,
    PipePoll,
    PipePolled,
    PipeReceive,
    PipeReceived,
    PipeSend,
    PipeUnreceive,
    Reply,
)
from mpiprocessing.core.runtime import Runtime

__all__ = ["Connection", "Pipe"]

_OnDescriptor = stdlib.Connection  # the standard library's own, whatever is bound to its name later


class _AlsoOnDescriptor(type):
    """A connection on a descriptor is a `Connection` as well."""

    def __instancecheck__(cls, instance: object) -> bool:
        return super().__instancecheck__(instance) or isinstance(instance, _OnDescriptor)


class Connection(Watched, _OnDescriptor, metaclass=_AlsoOnDescriptor):
    """One end of a pipe, or the standard library's connection on a descriptor.

    Args:
        handle: an open descriptor.
        readable: whether objects can be received.
        writable: whether objects can be sent.
    """

    _reader: Handle | None
    _writer: Handle | None
    _readable: bool
    _writable: bool
    _closed = False

    def __new__(cls, handle: int, readable: bool = True, writable: bool = True) -> Any:
        """A connection on a descriptor; `Pipe` makes the others."""
        return _OnDescriptor(handle, readable, writable)

    @classmethod
    def _over(cls, reader: Handle | None, writer: Handle | None) -> Connection:
        """The end of a pipe that reads one direction and writes the other, where there is one."""
        self: Connection = object.__new__(cls)
        self._reader, self._writer = reader, writer
        self._readable, self._writable = reader is not None, writer is not None
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        self._check_closed()
        return _restore, (self._reader, self._writer, self._readable, self._writable)

    # ---- what it is ----

    @property
    def closed(self) -> bool:
        """Whether this connection was closed."""
        return self._closed

    @property
    def readable(self) -> bool:
        """Whether objects can be received."""
        return self._readable

    @property
    def writable(self) -> bool:
        """Whether objects can be sent."""
        return self._writable

    def _watching(self) -> tuple[Runtime, Any, Poll | None]:
        self._check_closed()
        handle, poll = (self._reader, PipePoll) if self._readable else (self._writer, None)
        assert handle is not None
        handle.check("connection")
        return handle.runtime, handle.stub, poll

    def _watch(self, block: bool) -> Watch:
        if self._readable:
            return super()._watch(block)
        assert self._writer is not None
        return _BrokenWatch(self._writer)

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Give this end up; when every process has, the other end notices."""
        if not self._closed:
            self._closed = True
            self._close_descriptor()
            for handle in (self._reader, self._writer):
                if handle is not None:
                    handle.close()
            self._reader = self._writer = None

    # ---- sending ----

    def send(self, obj: Any) -> None:
        """Send an object.

        Args:
            obj: anything that can be pickled.

        Raises:
            BrokenPipeError: every process has closed the other end.
            OSError: this connection was closed or only receives.
        """
        writer = self._writer
        if writer is None or writer.closed:
            writer = self._check_writable()
        content = payload.dumps(obj)
        while not writer.runtime.carry(writer.stub, PipeSend, content):
            self._await_leave(writer, content)

    def send_bytes(self, buf: Any, offset: int = 0, size: int | None = None) -> None:
        """Send bytes as one message.

        Args:
            buf: a contiguous buffer.
            offset: the first byte to send.
            size: how many to send; all that follow without it.

        Raises:
            ValueError: offset or size do not lie within the buffer.
        """
        writer = self._check_writable()
        view = memoryview(buf)
        view = view.cast("B") if view.itemsize > 1 else view
        if offset < 0:
            raise ValueError("offset is negative")
        if offset > len(view):
            raise ValueError("buffer length < offset")
        if size is None:
            size = len(view) - offset
        elif size < 0:
            raise ValueError("size is negative")
        elif offset + size > len(view):
            raise ValueError("buffer length < offset + size")
        content = payload.raw(view[offset : offset + size])
        while not writer.runtime.carry(writer.stub, PipeSend, content):
            self._await_leave(writer, content)

    def _await_leave(self, writer: Handle, content: Payload) -> None:
        """Wait until an object may be sent; before it is, the reader may go, or the home begin to move."""
        runtime, stub = writer.runtime, writer.stub
        assert isinstance(stub, PipeStub)
        try:
            if not stub.opened:
                runtime.ask(stub, stub.opening)
            if not stub.clear and not stub.broken:
                runtime.drive_until(lambda: stub.clear or stub.broken)
            if stub.broken:
                raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
        except BaseException:  # a signal has ended the wait, or nobody reads
            payload.give_up(content)
            raise

    # ---- receiving ----

    def recv(self) -> Any:
        """Receive the next object; waits for one.

        Raises:
            EOFError: nothing is left, and every process has closed the other end.
            OSError: this connection was closed or only sends.
        """
        return payload.loads(self._receive())

    def recv_bytes(self, maxlength: int | None = None) -> bytes:
        """Receive the next message of bytes; waits for one.

        Args:
            maxlength: the most bytes to take.

        Raises:
            EOFError: nothing is left, and every process has closed the other end.
            OSError: the message is longer than `maxlength`; the connection is then closed for reading.
        """
        self._check_readable()
        if maxlength is not None and maxlength < 0:
            raise ValueError("negative maxlength")
        content = payload.raw_bytes(self._receive())
        if maxlength is not None and len(content) > maxlength:
            self._give_up_reading()
            raise OSError("bad message length")
        return content

    def recv_bytes_into(self, buf: Any, offset: int = 0) -> int:
        """Receive the next message of bytes into a buffer; waits for one.

        Args:
            buf: a writable buffer.
            offset: where in it to begin, in bytes.

        Returns:
            How many bytes came.

        Raises:
            EOFError: nothing is left, and every process has closed the other end.
            BufferTooShort: the buffer is too small; the exception carries the message.
        """
        self._check_readable()
        # Let go of the buffer before an error is handled: `except BufferTooShort` may well make it longer.
        with memoryview(buf) as given, given.cast("B") as view:
            if offset < 0:
                raise ValueError("negative offset")
            if offset > len(view):
                raise ValueError("offset too large")
            content = payload.raw_bytes(self._receive())
            if len(view) < offset + len(content):
                raise BufferTooShort(content)
            view[offset : offset + len(content)] = content
            return len(content)

    def poll(self, timeout: float | None = 0.0) -> bool:
        """Whether something can be received, or the end of the pipe is reached.

        Args:
            timeout: seconds to wait for it; None for ever.
        """
        reader = self._check_readable()
        runtime = reader.runtime
        runtime.peek()
        block = timeout is None or timeout > 0
        reply = runtime.ask(reader.stub, PipePoll, block, timeout=timeout if block else None)
        ready = isinstance(reply, PipePolled) and reply.ready
        if not ready:
            self._look_again()  # another process was faster
        return ready

    def _receive(self) -> Payload:
        reader = self._reader
        if reader is None or reader.closed:
            reader = self._check_readable()
        home: Any = reader.runtime.node.homes.get(reader.stub.home)
        content = None if home is None else self._take_here(reader, home)
        if content is None:
            reply = reader.runtime.ask(reader.stub, PipeReceive, undo=self._put_back)
            if isinstance(reply, PipeEnded):
                raise EOFError
            assert isinstance(reply, PipeReceived)
            content = reply.payload
        if self._descriptor is not None:
            self._look_again()
        return content

    def _take_here(self, reader: Handle, home: PipeHome) -> Payload | None:
        """Take the next object where the home has followed its reader: nobody need be asked, unless others wait already.

        Returns:
            The object; None where the home has to be asked.
        """
        runtime = reader.runtime
        while True:
            if home.goes_on():
                with runtime.lock:
                    if reader.closed:  # another thread has closed it meanwhile
                        self._check_readable()
                    taken = home.take()
                    if taken is not None:
                        content, letters = taken
                        if letters:
                            runtime.dispatch(letters)
                        if content is None:
                            raise EOFError
                        return content
                    if home.elsewhere:
                        return None
            elif reader.closed:
                self._check_readable()
            runtime.drive_until(lambda: reader.closed or home.goes_on())

    def _put_back(self, reply: Reply) -> None:
        if isinstance(reply, PipeReceived) and self._reader is not None:
            runtime, stub = self._reader.runtime, self._reader.stub
            runtime.post(stub, PipeUnreceive, reply.payload, reply.place)
            # Who is told of the interruption finds the object in the pipe.
            runtime.see_done(stub, PipePoll, False)

    def _give_up_reading(self) -> None:
        if self._writable:
            self._readable = False
            self._close_descriptor()
            if self._reader is not None:
                self._reader.close()
                self._reader = None
        else:
            self.close()

    # ---- checks, with the standard library's texts ----

    def _check_closed(self) -> None:
        if self._closed:
            raise OSError("handle is closed")

    def _check_readable(self) -> Handle:
        self._check_closed()
        if not self._readable or self._reader is None:
            raise OSError("connection is write-only")
        self._reader.check("connection")
        return self._reader

    def _check_writable(self) -> Handle:
        self._check_closed()
        if not self._writable or self._writer is None:
            raise OSError("connection is read-only")
        self._writer.check("connection")
        return self._writer


def _restore(reader: Handle | None, writer: Handle | None, readable: bool, writable: bool) -> Connection:
    """Unpickle an end of a pipe."""
    connection = Connection._over(reader, writer)
    connection._readable, connection._writable = readable, writable
    return connection


def _reduce_on_descriptor(connection: Any) -> tuple[Any, ...]:
    """Pickle a connection on a descriptor: whoever unpickles it fetches the descriptor through a socket."""
    shared = resource_sharer.DupFd(connection.fileno())
    return _fetch, (shared, connection.readable, connection.writable)


def _fetch(shared: Any, readable: bool, writable: bool) -> Any:
    return _OnDescriptor(shared.detach(), readable, writable)


copyreg.pickle(_OnDescriptor, _reduce_on_descriptor)  # the standard library's own pickler would do the same


class _BrokenWatch(Watch):
    """Who waits for an end that only sends waits until every reader has gone, as with the kernel's pipes.

    Args:
        writer: the handle of the direction it writes.
    """

    def __init__(self, writer: Handle) -> None:
        assert isinstance(writer.stub, PipeStub)
        self._stub = writer.stub
        if not self._stub.opened:
            writer.runtime.ask(self._stub, self._stub.opening)

    answered = True

    def awaits(self) -> tuple[int, int, None]:
        """What it waits for: that the object is read no more."""
        return self._stub.home, WRITES, None

    @property
    def ready(self) -> bool:
        """Whether nobody can read any more."""
        return self._stub.broken

    def close(self) -> None:
        """Nothing waits anywhere."""


def Pipe(duplex: bool = True) -> tuple[Connection, Connection]:  # the stdlib's name
    """Make a pipe.

    Args:
        duplex: whether both ends can send and receive; else the first receives and the second sends.

    Returns:
        Its two ends.
    """
    forth: list[Handle] = Handle.to_new(PipeHome, PipeStub, roles=2)
    if not duplex:
        return Connection._over(forth[READER], None), Connection._over(None, forth[WRITER])
    back: list[Handle] = Handle.to_new(PipeHome, PipeStub, roles=2)
    return Connection._over(forth[READER], back[WRITER]), Connection._over(back[READER], forth[WRITER])
