"""The way to the other ranks: frames of messages out and in, large buffers beside them.

One frame is one MPI message: a msgpack list of messages, written once and read straight out of the receive buffer, for which
a single persistent receive from any source is always posted. Frames are sent in synchronous mode (`MPI_Issend`): its
completion says that the other side has received, which clocks the batches and orders the effects (`outbox.py`) for 0.2 µs.

Buffers follow their frame on a second tag, each from and into its own memory, in pieces of at most `PIECE` bytes, since a
count in MPI is an int. MPI does not let messages of one sender, tag and communicator overtake each other, so pieces need no
labels. Such a frame counts as received when an empty receipt has come back: that a synchronous send is complete says that its
receive has begun, not that the bytes are there. Frames of other sources need not wait for it.
"""

from __future__ import annotations

import contextlib
import itertools
import mmap
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from mpiprocessing.core.border import Border
from mpiprocessing.core.door import Door
from mpiprocessing.core.doorbell import Doorbell
from mpiprocessing.core.failures import Death, Failures
from mpiprocessing.core.messages import AnyMessage, Buffer, LongFrame, Message
from mpiprocessing.core.ownyields import set_yields
from mpiprocessing.core.refusals import UNREADABLE, block_size, refused

if TYPE_CHECKING:
    from mpi4py.MPI import Request

__all__ = ["FRAME", "PIECE", "Frame", "Transport"]

FRAME = 128 << 10
"""Bytes of the posted receive; a longer frame is announced by its length and follows as a buffer would."""

PIECE = 1 << 30
"""Bytes of one MPI message at most."""

_FRAMES, _BUFFERS, _RECEIPTS = 1, 2, 3  # the tags: one per kind of traffic, never per task

_HUGE = 16 << 20
"""Bytes from which on memory is asked for in large pages, where the system has them (Linux)."""

_IN_A_ROW = 8
"""Frames read before it is looked whether ours were received."""

_AT_A_LOOK = 16
"""Frames on their way that one look asks MPI for: a rank that has sent to a thousand others must not ask a thousand times."""

T = TypeVar("T")

_advice: int | None = getattr(mmap, "MADV_HUGEPAGE", None)


class Frame(msgspec.Struct, gc=False):
    """A frame that has come in: the rank it came from, and its messages."""

    source: int
    messages: list[Message]


class _Arriving(Frame, gc=False):
    """A frame that is not there as a whole: what is missing of its buffers, or of itself."""

    missing: list[Any] = []  # requests
    unread: Any = None  # its bytes, while it cannot be read yet


class _Convoy:
    """A frame on its way, with buffers beside it."""

    __slots__ = ("buffers", "requests")

    def __init__(self, request: Request, buffers: list[Buffer]) -> None:
        self.requests = [request]
        self.buffers = buffers


class _Probing:
    """Stands in for a persistent receive of frames where a posted one may miss some; see `netmod.py`."""

    def __init__(self, MPI: Any, comm: Any, room: list[Any]) -> None:
        self._improbe, self._room = comm.Improbe, room
        self._any, self._byte = MPI.ANY_SOURCE, MPI.BYTE

    def Test(self, status: Any) -> bool:
        """Whether a frame is there; then it has been received."""
        message = self._improbe(self._any, _FRAMES, status)
        if message is None:
            return False
        message.Recv(self._room, status)
        return True

    def Start(self) -> None:
        """Nothing is posted."""

    Cancel = Wait = Free = Start


class Transport:
    """Frames out and in, on the door's communicator.

    Not safe to call from two threads at once: the runtime's lock guards it.

    Args:
        door: where the ranks have met; it is open. What is sent to a rank that has no transport yet waits there.
    """

    def __init__(self, door: Door) -> None:
        self.door = door
        self._MPI = MPI = door.MPI
        self._comm = door.comm
        self.rank: int = self._comm.rank
        self.size: int = self._comm.size
        self.failures, self.box = door.failures, door.box
        self.host = os.uname().nodename
        self.job = door.job
        self.bell = Doorbell(door.job, self.rank, self.size)
        self._ring = self.bell.ring_if_asleep
        self._yielded = False
        self.closed = False
        self.border = Border()
        self.received: Callable[[int], None] = lambda dest: None
        self.unread: Callable[[list[Message], int], None] = lambda messages, source: None
        self.sizes: Callable[[int, Message, int], None] | None = None
        self._outgoing: list[Buffer] = []
        self._incoming: list[Buffer] = []
        self._encode = msgspec.msgpack.Encoder(enc_hook=self._put_aside).encode
        self._decode = msgspec.msgpack.Decoder(list[AnyMessage], dec_hook=self._make_room).decode
        self._flights: dict[
            int, Request
        ] = {}  # destination → the frame on its way; a request keeps its memory
        self._convoys: dict[int, _Convoy] = {}  # the same, where buffers are beside it
        self._arriving: dict[int, _Arriving] = {}  # source → the frame whose buffers are coming
        self._behind = 0  # frames read since flights were looked at
        self._kept: list[Any] = []  # of dead ranks, or too late; MPI may hold on to their memory
        self._buffer = bytearray(FRAME)
        self._view = memoryview(self._buffer)
        self._status = MPI.Status()
        self._byte = MPI.BYTE
        room = [self._buffer, FRAME, MPI.BYTE]
        if door.probes:
            self._receive: Any = _Probing(MPI, self._comm, room)
        else:
            self._receive = self._comm.Recv_init(room, MPI.ANY_SOURCE, _FRAMES)
        self._issend, self._test, self._start = self._comm.Issend, self._receive.Test, self._receive.Start
        self._start()
        self._posted = True

    # ---- out ----

    def send(self, dest: int, messages: list[Message]) -> None:
        """Send one frame; nothing else may be on its way to that rank.

        Args:
            dest: the rank it is for.
            messages: what travels together.
        """
        if self.closed:
            return  # nobody listens any more: what finalizers at the end of the interpreter still give back
        data = self._encode(messages)
        if self._outgoing or len(data) > FRAME or self.sizes is not None:
            buffers, self._outgoing = self._outgoing, []
            if self.sizes is not None:
                self._count(dest, messages, len(data) + sum(map(len, buffers)))
            if len(data) > FRAME:
                buffers = [Buffer(data), *buffers]
                data = self._encode([LongFrame(len(data))])
            if buffers:
                self._send_convoy(dest, data, buffers)
                return
        self._flights[dest] = self._issend(data, dest, _FRAMES)
        self._ring(dest)

    def _send_convoy(self, dest: int, data: bytes, buffers: list[Buffer]) -> None:
        request = self._issend(data, dest, _FRAMES)
        convoy = self._convoys[dest] = _Convoy(request, buffers)
        for buffer in buffers:
            for piece in _pieces(buffer.view):
                convoy.requests.append(self._comm.Isend([piece, self._MPI.BYTE], dest, _BUFFERS))
        convoy.requests.append(self._comm.Irecv([None, 0, self._MPI.BYTE], dest, _RECEIPTS))
        self._ring(dest)

    def _count(self, dest: int, messages: list[Message], size: int) -> None:
        """Tell the observer what each message of a frame takes; only a shared frame has to be taken apart for that."""
        assert self.sizes is not None
        self.border.paused = True
        for message in messages:
            if len(messages) > 1:
                size = len(self._encode([message])) + sum(map(len, self._outgoing))
                self._outgoing = []
            self.sizes(dest, message, size)
        self.border.paused = False

    @property
    def busy(self) -> bool:
        """Whether anything sent has not been received, or anything arriving is incomplete."""
        return bool(self._flights or self._convoys or self._arriving)

    def has_buffers(self) -> bool:
        """Whether large buffers are on their way, from here or to here."""
        return bool(self._convoys or self._arriving)

    def is_on_way(self, dest: int) -> bool:
        """Whether a frame for that rank has left, or begun to, and was not seen to be received."""
        return dest in self._flights or dest in self._convoys

    def see_flight(self, dest: int) -> None:
        """See whether the frame on its way to that rank was received; for who has something more to send there."""
        request = self._flights.get(dest)
        if request is not None and request.Test():
            del self._flights[dest]
            self.received(dest)

    def _test_flights(self) -> None:
        self._behind = 0
        if self._flights:
            for dest, request in in_turn(self._flights):
                if request.Test():
                    del self._flights[dest]
                    self.received(dest)
        if not self._convoys:
            return
        for dest, convoy in in_turn(self._convoys):
            if _complete(convoy.requests):
                del self._convoys[dest]
                for buffer in convoy.buffers:
                    buffer.gone = True
                self.received(dest)

    # ---- in ----

    def poll(self) -> Frame | None:
        """Take one look at MPI.

        Returns:
            A complete frame, or None where there is none yet. What was sent and has been received is reported to `received`.

        Raises:
            ProtocolError: what has come in is no frame.
        """
        if self.closed:
            return None
        if self._arriving:
            frame = self._next_arrived()
            if frame is not None:
                return frame
        # What somebody waits for is more often in a frame than in the news that one of ours was received: so that comes
        # second, unless frames come in without end.
        if not self._posted:
            self._start()
            self._posted = True
        status = self._status
        if self._behind < _IN_A_ROW and self._test(status):
            self._behind += 1
            return self._read(status.Get_source(), status.Get_count(self._byte))
        if self._flights or self._convoys:
            self._test_flights()
        else:
            self._behind = 0
        return None

    def _read(self, source: int, size: int) -> Frame | None:
        self.border.source = source
        try:
            messages = self._decode(self._view[:size])
            self._posted = False  # until the next look: nobody need wait for that now
            if not self._incoming and type(messages[0]) is not LongFrame:
                return Frame(source, messages)
            frame = self._arriving[source] = _Arriving(source, messages)
            self._expect_rest(frame)
        except UNREADABLE as error:
            self._incoming = []
            raise refused(error, self._view[:size], self.rank, source) from error
        return None  # its source sends nothing more until it has the receipt

    def _expect_rest(self, frame: _Arriving) -> None:
        """Expect the buffers of a frame that has been read, or the frame itself, if this has told its length only."""
        first = frame.messages[0]
        if type(first) is LongFrame:
            frame.unread = self._room(block_size(first.size))
            self._expect(frame, memoryview(frame.unread))
        incoming, self._incoming = self._incoming, []
        for buffer in incoming:
            self._expect(frame, buffer.view)

    def _expect(self, frame: _Arriving, view: memoryview) -> None:
        frame.missing += [
            self._comm.Irecv([piece, self._MPI.BYTE], frame.source, _BUFFERS) for piece in _pieces(view)
        ]

    def _next_arrived(self) -> Frame | None:
        for source, frame in in_turn(self._arriving):
            if not _complete(frame.missing):
                continue
            if frame.unread is not None:
                self.border.source = source
                try:
                    frame.messages = self._decode(frame.unread)
                except UNREADABLE as error:
                    raise refused(error, frame.unread, self.rank, source) from error
                frame.unread = None
                self._expect_rest(frame)
                if frame.missing:
                    continue
            del self._arriving[source]
            self._comm.Isend([None, 0, self._MPI.BYTE], source, _RECEIPTS).Free()
            return frame
        return None

    # ---- buffers inside messages ----

    def _put_aside(self, obj: Any) -> Any:
        if type(obj) is not Buffer:
            return self.border.leave(obj)
        self._outgoing.append(obj)
        return len(obj)

    def _make_room(self, kind: type, obj: Any) -> Any:
        if kind is not Buffer:
            return self.border.enter(kind, obj)
        buffer = Buffer(self._room(block_size(obj)))
        self._incoming.append(buffer)
        return buffer

    def _room(self, size: int) -> Any:
        """Memory for what comes in."""
        if size < _HUGE or _advice is None:
            return self._MPI.memory.allocate(size)  # not cleared first: every byte of it will be written
        # The kernel hands out memory of this size page by page, at each first touch, unless it is asked for large pages:
        # 64 MiB then take 9 ms to fill instead of 40.
        memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        with contextlib.suppress(OSError):  # a kernel without large pages
            memory.madvise(_advice)
        return memory

    # ---- ranks that die ----

    def failed(self, error: Exception) -> list[int]:
        """An operation has failed; the others go on.

        Args:
            error: what it raised.

        Returns:
            The ranks that were not known to be dead. What is on its way to a dead rank counts as received.

        Raises:
            Exception: `error`, where that is not why, or where MPI bears no failure.
        """
        if self.failures is None:
            raise error
        fresh = self.failures.news(error)
        self._forget_dead(self.failures)
        return fresh

    @property
    def is_torn(self) -> bool:
        """Whether a rank is dead of which MPI does not know that: nothing collective ends any more."""
        return self.failures is not None and bool(self.failures.hidden)

    def lose(self, ranks: list[int]) -> None:
        """Ranks are dead of which MPI does not know that."""
        assert self.failures is not None
        self.failures.dead.update(ranks)
        self.failures.hidden.update(ranks)
        self._forget_dead(self.failures)

    def _forget_dead(self, failures: Failures) -> None:
        for rank in failures.dead:
            arriving = self._arriving.pop(rank, None)
            if arriving is not None:
                self._kept.append(arriving)
                self.unread(arriving.messages, rank)
            flight, convoy = self._flights.pop(rank, None), self._convoys.pop(rank, None)
            if convoy is not None:
                for buffer in convoy.buffers:
                    buffer.gone = True
                self._kept.append(convoy)
            if flight is not None or convoy is not None:
                self.received(rank)

    def main_died(self) -> None:
        """Rank 0 is dead, which led the job: it ends."""
        assert self.failures is not None
        self.failures.main_died()

    def death(self, rank: int) -> Death:
        """What is known of the end of a rank."""
        assert self.failures is not None
        return self.failures.death(rank)

    # ---- the whole job ----

    def gather(self, value: Any) -> list[Any] | None:
        """Collective: the value of every rank that lives, on rank 0; None elsewhere."""
        comm = self._comm
        if self.failures is not None:
            comm = comm.Shrink()
        result: list[Any] | None = comm.gather(value)
        if comm is not self._comm:
            comm.Free()
        return result

    def start_asking_all(self, flag: bool) -> tuple[bytearray, Any]:
        """Collective, does not block: whether the flag is set on any rank.

        Returns:
            The answer's only byte, and the request that completes when it is there.
        """
        if self.failures is not None:
            agreement = self.failures.agree(flag)
            return agreement.answer, agreement
        answer = bytearray(1)
        byte = self._MPI.BYTE
        return answer, self._comm.Iallreduce([bytes([flag]), byte], [answer, byte], self._MPI.BOR)

    def keep_yields_ours(self) -> None:
        """Nothing on this rank blocks in MPI until the transport is closed; see `ownyields.py`."""
        self._yielded = set_yields(self._MPI.__file__, False)

    def close(self) -> None:
        """Take the receive back and free the communicator; every rank has come this far."""
        self.closed = True
        # A finalizer may have sent something after the last round. Nobody receives that, and nobody is to ask MPI for it
        # when MPI is over; MPI may hold on to its memory until then.
        for table in (self._flights, self._convoys, self._arriving):
            self._kept += table.values()
            table.clear()
        if self._posted:
            self._receive.Cancel()
            with contextlib.suppress(self._MPI.Exception):  # of a rank that died just now
                self._receive.Wait()
        self._receive.Free()
        if self._yielded:
            set_yields(self._MPI.__file__, True)
        if self.failures is None:
            self._comm.Free()
        self.bell.close()

    def abort(self, status: int) -> None:
        """End every rank of the job at once with that status; what was printed before has a moment to get out."""
        self.door.abort(status)


def _complete(requests: list[Request]) -> bool:
    """Whether all of them are; those that are leave the list.

    The last one is asked first: while that is missing, a look costs the same however many there are.
    """
    while requests and requests[-1].Test():
        requests.pop()
    return not requests


def in_turn(table: dict[int, T]) -> list[tuple[int, T]]:
    """The first entries of a table, which stand behind all others afterwards."""
    if len(table) <= _AT_A_LOOK:
        return list(table.items())
    first = list(itertools.islice(table.items(), _AT_A_LOOK))
    for key, value in first:
        del table[key]
        table[key] = value
    return first


def _pieces(view: memoryview) -> list[memoryview]:
    if view.nbytes <= PIECE:
        return [view]
    return [view[start : start + PIECE] for start in range(0, view.nbytes, PIECE)]
