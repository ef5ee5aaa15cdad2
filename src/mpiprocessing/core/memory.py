"""Bytes at a home, as one process reads and writes them."""

from __future__ import annotations

from mpiprocessing.core.handle import Handle
from mpiprocessing.core.homes.memory import MemoryHome, MemoryStub, Span, contents, packed
from mpiprocessing.core.messages import MemoryRead, MemoryTold, MemoryWrite

__all__ = ["Memory"]


class Memory:
    """This process's hold on some bytes; it is copied by pickling, and the bytes stay where they are.

    Args:
        memory: what is in it at first. It belongs to the home from then on.
    """

    def __init__(self, memory: bytearray) -> None:
        (self._handle,) = Handle.to_new(MemoryHome, MemoryStub, memory)

    def read(self, span: Span) -> bytes | memoryview:
        """A copy of some of the bytes, all as they were at one moment. One request, one reply.

        Raises:
            RuntimeError: the process that held this has ended.
        """
        runtime, stub = self._handle.runtime, self._handle.stub
        if stub.rank == runtime.rank:
            runtime.peek()  # who reads again and again until something has changed never waits
        reply = runtime.ask(stub, MemoryRead, *span)
        if not isinstance(reply, MemoryTold):
            raise RuntimeError(
                f"rank {runtime.rank} no longer holds this shared object: the process that read it has ended"
            )
        return contents(reply.payload)

    def known(self) -> tuple[int, int]:
        """What this process could know of changes: as long as it stays the same, none that it knows of has been made.

        Returns:
            The messages that have come to this rank, and those that went from here to this memory's home.
        """
        return self._handle.runtime.node.delivered, self._handle.stub.sent

    def read_alone(self, span: Span) -> tuple[bytes | memoryview, tuple[int, int] | None]:
        """Like `read`, and whether nothing but the answer came in meanwhile.

        Returns:
            The bytes, and what `known` is as long as no change to them can be known; None where one may be known already.
        """
        delivered, sent = self.known()
        answers = self._handle.stub.rank != self._handle.runtime.rank
        data = self.read(span)
        expected = delivered + answers, sent + 1
        return data, expected if self.known() == expected else None

    def write(self, span: Span, data: bytes | bytearray | memoryview, borrowed: bool = False) -> None:
        """Write some of the bytes, all at one moment. One message that nobody answers.

        Args:
            span: which bytes.
            data: what is written.
            borrowed: whether the memory is the user's, who may change it as soon as this returns.
        """
        self._handle.runtime.post_object(self._handle.stub, MemoryWrite, *span, packed(data, borrowed))
