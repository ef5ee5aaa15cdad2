"""The network between simulated ranks, under the interface of `core/transport.py`.

What MPI promises holds, and nothing else: frames from one rank to another arrive in the order they were sent, as do the
buffers that follow them; everything between other pairs overtakes freely. A frame is taken out of its receiver's single
posted receive before the next one goes in; from then on the sender may learn that it was received, sooner or later. Buffers
may arrive long after their frame.

Messages are really encoded and decoded, so what cannot travel fails here too.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Any

import msgspec

from mpiprocessing.core.border import Border
from mpiprocessing.core.doorbell import Doorbell
from mpiprocessing.core.failures import Death
from mpiprocessing.core.messages import AnyMessage, Buffer, Message

__all__ = ["Frame", "Network", "Wire"]

Event = tuple[Any, ...]


class Frame:
    """A frame that has come in: its messages, and whether their buffers are still on the way."""

    __slots__ = ("buffers", "data", "messages", "source")

    def __init__(self, source: int, data: bytes, buffers: list[Buffer]) -> None:
        self.source = source
        self.data = data
        self.buffers = buffers
        self.messages: list[Message] = []


class Network:
    """All that is on its way.

    Args:
        size: how many ranks there are.

    Attributes:
        sent: kind of message → how many were sent.
        log: (sender, receiver, message) of everything delivered, in order.
        launched: called with sender and receiver of each frame that leaves.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.sent: Counter[str] = Counter()
        self.log: list[tuple[int, int, Message]] = []
        self.lost: set[int] = set()  # ranks that have vanished
        self.owed: set[tuple[int, int]] = (
            set()
        )  # ways on which a frame was lost that its sender believes to be on its way
        self.torn: set[tuple[int, int]] = (
            set()
        )  # ways on which buffers were lost: their frame is never complete
        self.flights: dict[tuple[int, int], Frame] = {}
        self.posted: dict[int, Frame] = {}
        self.arriving: dict[int, dict[int, deque[Frame]]] = {rank: {} for rank in range(size)}
        self.acks: dict[tuple[int, int], None] = {}
        self.data: dict[tuple[int, int], deque[_Arriving]] = {}
        self.buffers_overtaken = False
        self.launched: Callable[[int, int], None] = lambda source, dest: None

    def events(self) -> list[Event]:
        """Everything that may happen next."""
        events: list[Event] = [("post", *pair) for pair in self.flights if pair[1] not in self.posted]
        events += [("take", dest) for dest in self.posted if not self._held_back(dest)]
        events += [("ack", *pair) for pair in self.acks]
        events += [("data", *pair) for pair in self.data]
        events += [
            ("rest", dest, source)
            for dest, frames in self.arriving.items()
            for source in frames
            if (source, dest) not in self.data and (source, dest) not in self.torn
        ]
        return events

    def play(self, event: Event) -> int | None:
        """What happens without a rank's help happens now. Returns the rank that has to look, else None."""
        kind, first, *second = event
        if kind == "post":
            pair = (first, *second)
            self.posted[pair[1]] = self.flights.pop(pair)
            self.acks[pair] = None
            return None
        if kind == "data":
            pair = (first, *second)
            buffers = self.data[pair]
            buffers.popleft().fill()
            if not buffers:
                del self.data[pair]
            return None
        return int(first)

    def _held_back(self, dest: int) -> bool:
        # Frames of all sources wait for the buffers of an earlier one, unless the transport lets them pass.
        waits = any((source, dest) not in self.torn for source in self.arriving[dest])
        return waits and not self.buffers_overtaken

    def crash(self, rank: int) -> None:
        """A rank vanishes: what it sent and has not arrived is lost, and so is everything sent to it."""
        self.lost.add(rank)
        self.posted.pop(rank, None)
        self.arriving[rank] = {}
        for frames in self.arriving.values():
            frames.pop(rank, None)
        for table in (self.flights, self.acks, self.data):
            for pair in [pair for pair in table if rank in pair]:
                del table[pair]  # type: ignore[attr-defined]

    def die(self, rank: int, reaches: Callable[[], bool]) -> None:
        """A rank dies: what was on its way to it is lost; of what it had sent, a frame that was on its way may still arrive.

        Args:
            rank: which rank.
            reaches: says of each frame whether it does.
        """
        self.lost.add(rank)
        self.posted.pop(rank, None)
        self.arriving[rank] = {}
        for pair in [pair for pair in self.flights if pair[1] == rank or (pair[0] == rank and not reaches())]:
            self.owed.add(pair)
            del self.flights[pair]
        for pair in [pair for pair in self.acks if pair[0] == rank or (pair[1] == rank and not reaches())]:
            self.owed.add(pair)
            del self.acks[pair]
        for pair in [pair for pair in self.data if pair[1] == rank or (pair[0] == rank and not reaches())]:
            del self.data[pair]
            if pair[0] == rank:
                self.torn.add(pair)

    def bury(self, rank: int, here: int) -> bool:
        """A rank learns that another one is dead. Returns whether a frame was on its way there."""
        on_way = (here, rank) in self.flights or (here, rank) in self.acks or (here, rank) in self.owed
        self.owed.discard((here, rank))
        posted = self.posted.get(here)
        if posted is not None and posted.source == rank:
            del self.posted[here]
        for table in (self.flights, self.acks, self.data):
            table.pop((rank, here), None)  # type: ignore[attr-defined]
            table.pop((here, rank), None)  # type: ignore[attr-defined]
        return on_way

    @property
    def quiet(self) -> bool:
        """Whether nothing is on its way."""
        return not (self.flights or self.posted or self.acks or self.data or any(self.arriving.values()))


class Wire:
    """One rank's access to the network; stands for `Transport`.

    Args:
        network: what all ranks share.
        rank: whose it is.
    """

    def __init__(self, network: Network, rank: int) -> None:
        self._network = network
        self.rank = rank
        self.size = network.size
        self.host = "simulated"
        self.job = 1
        self.bell = Doorbell(0, rank, network.size)  # nobody sleeps
        self.closed = False
        self.border = Border()
        self.box = self.failures = None
        self.received: Callable[[int], None] = lambda dest: None
        self.sizes: Callable[[int, Message, int], None] | None = None
        self._sees_flights = False
        self.event: Event | None = None  # what the next look at the network will find
        self._outgoing: list[Buffer] = []
        self._incoming: list[_Arriving] = []
        self._encode = msgspec.msgpack.Encoder(enc_hook=self._put_aside).encode
        self._decode = msgspec.msgpack.Decoder(list[AnyMessage], dec_hook=self._make_room).decode

    @property
    def busy(self) -> bool:
        """Whether anything sent has not been received, or anything arriving is incomplete."""
        network = self._network
        return any(
            self.rank == source for source, _ in (*network.flights, *network.acks, *network.data)
        ) or bool(network.arriving[self.rank])

    def has_buffers(self) -> bool:
        """Whether large buffers are on their way, from here or to here."""
        return bool(self._network.arriving[self.rank])

    def send(self, dest: int, messages: list[Message]) -> None:
        """Send one frame; nothing else may be on its way to that rank."""
        network, pair = self._network, (self.rank, dest)
        assert dest != self.rank, f"rank {dest} sends to itself"
        assert pair not in network.flights and pair not in network.acks, (
            f"two frames under way from {pair[0]} to {dest}"
        )
        assert messages, "an empty frame"
        data = self._encode(messages)
        buffers, self._outgoing = self._outgoing, []
        for message in messages:
            network.sent[type(message).__name__] += 1
        if self.sizes is not None:
            self._count(dest, messages)
        if not network.lost.intersection(pair):
            network.flights[pair] = Frame(self.rank, data, buffers)
            network.launched(*pair)
        else:
            network.owed.add(pair)

    def _count(self, dest: int, messages: list[Message]) -> None:
        assert self.sizes is not None
        self.border.paused = True
        for message in messages:
            size = len(self._encode([message])) + sum(map(len, self._outgoing))
            self._outgoing = []
            self.sizes(dest, message, size)
        self.border.paused = False

    def death(self, rank: int) -> Death:
        """What is known of the end of a rank."""
        return Death(rank, self.host)

    def see_flight(self, dest: int) -> None:
        """See whether the frame on its way to that rank was received: here every second time that it was."""
        if (self.rank, dest) in self._network.acks:
            self._sees_flights = not self._sees_flights
            if self._sees_flights:
                self._ack(self.rank, dest)

    def poll(self) -> Frame | None:
        """Let the event happen that the schedule chose for this rank."""
        event, self.event = self.event, None
        if event is None:
            return None
        frame: Frame | None = getattr(self, f"_{event[0]}")(*event[1:])
        if frame is not None:
            self._network.log += [(frame.source, self.rank, message) for message in frame.messages]
        return frame

    def _ack(self, source: int, dest: int) -> None:
        del self._network.acks[source, dest]
        self.received(dest)

    def _take(self, dest: int) -> Frame | None:
        network = self._network
        frame = network.posted.pop(dest)
        behind = network.arriving[dest].get(frame.source)
        if behind is not None:
            behind.append(frame)
            return None
        return self._open(frame)

    def _rest(self, dest: int, source: int) -> Frame | None:
        frames = self._network.arriving[dest][source]
        frame = frames[0]
        if not frame.messages and self._open(frame) is None:
            return None
        frames.popleft()
        if not frames:
            del self._network.arriving[dest][source]
        return frame

    def _open(self, frame: Frame) -> Frame | None:
        """Decode a frame; returned only where no buffers follow."""
        self.border.source = frame.source
        frame.messages = self._decode(frame.data)
        incoming, self._incoming = self._incoming, []
        assert [len(buffer) for buffer in incoming] == [len(buffer) for buffer in frame.buffers]
        if not incoming:
            return frame
        pair = (frame.source, self.rank)
        self._network.data[pair] = deque(incoming)
        for target, source in zip(incoming, frame.buffers, strict=True):
            target.twin = source
        self._network.arriving[self.rank].setdefault(frame.source, deque([frame]))
        return None

    # ---- buffers inside messages ----

    def _put_aside(self, obj: Any) -> Any:
        if not isinstance(obj, Buffer):
            return self.border.leave(obj)
        self._outgoing.append(obj)
        return len(obj)

    def _make_room(self, kind: type, obj: Any) -> Any:
        if kind is not Buffer:
            return self.border.enter(kind, obj)
        buffer = _Arriving(bytearray(obj))
        self._incoming.append(buffer)
        return buffer


class _Arriving(Buffer):
    """A buffer that will be filled from its twin on the sending rank."""

    __slots__ = ("twin",)
    twin: Buffer

    def fill(self) -> None:
        """The bytes arrive, as they are in the sender's memory now; the sender may change them from now on."""
        self.view[:] = self.twin.view
        self.twin.gone = True
