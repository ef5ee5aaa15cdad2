"""The home of a shared ctypes object: plain bytes, read and written in pieces.

    a process                    home
      │──── MemoryRead ───────────▶│
      │◀─── MemoryTold ────────────│      the bytes
      │──── MemoryWrite ──────────▶│      nobody answers

The home knows no types. What it is asked for is always a *span*, pieces of one size, one step apart: an item,
every second item, or the whole memory are one message each, and each is read or written at one moment.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from mpiprocessing.core.homes.home import Home, Letter
from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.messages import Buffer, MemoryRead, MemoryTold, MemoryWrite, Payload, maker
from mpiprocessing.core.payload import INLINE

__all__ = ["MemoryHome", "MemoryStub", "Span", "contents", "gather", "packed", "scatter"]


class Span(NamedTuple):
    """Which bytes of a memory.

    Attributes:
        offset: where the first piece begins.
        size: bytes of each piece.
        pieces: how many.
        step: bytes from the beginning of a piece to that of the next; at least `size`.
    """

    offset: int
    size: int
    pieces: int
    step: int

    @classmethod
    def whole(cls, offset: int, size: int) -> Span:
        """One piece."""
        return cls(offset, size, 1, size)

    @property
    def nbytes(self) -> int:
        """How many bytes in all."""
        return self.size * self.pieces

    @property
    def solid(self) -> bool:
        """Whether no byte lies between the pieces."""
        return self.pieces == 1 or self.step == self.size


class MemoryStub(Stub):
    """What stands for some memory."""

    called = "shared memory"


class MemoryHome(Home):
    """Bytes. They stay on the rank that made them: just while a home moves, two writers that take turns could overtake
    each other on the way.

    Args:
        number: the home's number.
        memory: what is in it at first; its length never changes.
    """

    def __init__(self, number: int, memory: bytearray) -> None:
        super().__init__(number)
        self.memory = memory

    def statistics(self) -> dict[str, Any]:
        return {**super().statistics(), "bytes": len(self.memory)}

    def _read(self, message: MemoryRead) -> list[Letter]:
        span = Span(message.offset, message.size, message.pieces, message.step)
        return [(maker(message.call), MemoryTold(message.call, packed(gather(self.memory, span))))]

    def _write(self, message: MemoryWrite) -> list[Letter]:
        span = Span(message.offset, message.size, message.pieces, message.step)
        scatter(self.memory, span, contents(message.payload))
        return []

    verbs = {MemoryRead: _read, MemoryWrite: _write}


def packed(data: bytes | bytearray | memoryview, borrowed: bool = False) -> Payload:
    """Bytes for a message.

    Args:
        data: any number of them.
        borrowed: the memory is the user's, who may change it once the call has returned.
    """
    if len(data) < INLINE:
        return Payload(bytes(data))
    return Payload(b"", (Buffer(data, borrowed),))


def contents(payload: Payload) -> bytes | memoryview:
    """What `packed` took."""
    return payload.buffers[0].view if payload.buffers else payload.body


def gather(memory: bytearray, span: Span) -> bytearray:
    """A copy of the bytes of a span, one piece behind the other."""
    offset, size, count, _ = span
    if span.solid:
        with memoryview(memory) as view:
            return bytearray(view[offset : offset + size * count])
    data = bytearray(size * count)
    if size > count:
        for start, place in _pieces(span):
            data[start : start + size] = memory[place : place + size]
    else:
        for byte, lane in _lanes(span):
            data[byte::size] = memory[lane]
    return data


def scatter(memory: bytearray, span: Span, data: bytes | memoryview) -> None:
    """Write bytes, one piece behind the other, into a span."""
    offset, size, count, _ = span
    if span.solid:
        with memoryview(memory) as view:  # straight in: a bytearray would first copy what it is given
            view[offset : offset + size * count] = data
    elif size > count:
        for start, place in _pieces(span):
            memory[place : place + size] = data[start : start + size]
    else:
        for byte, lane in _lanes(span):
            memory[lane] = data[byte::size]


def _pieces(span: Span) -> list[tuple[int, int]]:
    """For each piece where it begins in the packed bytes, and where in the memory."""
    return [(index * span.size, span.offset + index * span.step) for index in range(span.pieces)]


def _lanes(span: Span) -> list[tuple[int, slice]]:
    """For each byte of a piece where it is in the memory, in all pieces: few slices where pieces are many and small."""
    offset, size, count, step = span
    last = (count - 1) * step + 1
    return [(byte, slice(offset + byte, offset + byte + last, step)) for byte in range(size)]
