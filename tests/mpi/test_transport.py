"""Frames and buffers between real ranks: whole, in order for each source, in pieces where they are long."""

from __future__ import annotations

import random

import pytest

from mpiprocessing.core import transport as module
from mpiprocessing.core.door import Door
from mpiprocessing.core.errors import ProtocolError
from mpiprocessing.core.messages import Buffer, Payload, QueueGot
from mpiprocessing.core.outbox import Outbox
from tests.helpers import agree

pytestmark = pytest.mark.mpi(min_size=2)


def opened(comm) -> Door:
    """Collective: a door that all ranks have come through."""
    from mpi4py import MPI

    door = Door(MPI, comm)
    if comm.rank == 0:
        door.open()
    else:
        assert door.wait()
    return door


class Wire:
    """A transport with an outbox before it, as a node has: one frame on its way to each rank."""

    def __init__(self, comm) -> None:
        self.comm = comm
        self.transport = module.Transport(opened(comm))
        self.outbox = Outbox()
        self.transport.received = self.outbox.received
        self.got = {source: [] for source in range(comm.size)}

    def send(self, dest, message):
        self.outbox.push(dest, message)
        self.flush()

    def flush(self):
        while self.outbox.ready:
            dest, messages = self.outbox.frame()
            self.transport.send(dest, messages)

    def look(self):
        frame = self.transport.poll()
        if frame is not None:
            self.got[frame.source] += frame.messages
        self.flush()

    def look_until(self, done):
        while not done():
            self.look()

    def finish(self, done):
        """Collective: look until it is done here, and then for as long as others may need it."""
        self.look_until(done)
        self.look_until(lambda: not self.outbox and not self.transport.busy)
        request = self.comm.Ibarrier()
        self.look_until(request.Test)


@pytest.fixture
def wire(comm, request, monkeypatch):
    """A wire between all ranks, with the sizes the test asks for."""
    for name, size in getattr(request, "param", {}).items():
        monkeypatch.setattr(module, name, size)
    made = Wire(comm)
    yield made
    made.finish(lambda: True)
    made.transport.close()


def content(seed):
    """A message that can be told from all others: a body, and buffers beside it."""
    lengths = random.Random(seed)
    sizes = [0] * 6 + [1, 255, 256, 257, 5000, 40_000]
    body = lengths.randbytes(lengths.choice(sizes))
    beside = tuple(Buffer(lengths.randbytes(lengths.choice(sizes))) for _ in range(seed % 3))
    return QueueGot(seed, Payload(body, beside), 1)


def same(one, other):
    views = [[bytes(buffer.view) for buffer in message.payload.buffers] for message in (one, other)]
    return one.call == other.call and one.payload.body == other.payload.body and views[0] == views[1]


@pytest.mark.parametrize(
    "wire",
    [{}, {"FRAME": 256, "PIECE": 1000}, {"FRAME": 4096, "PIECE": 4096}],
    indirect=True,
    ids=["as it is", "tiny frames and pieces", "small frames and pieces"],
)
def test_everybody_to_everybody_whole_and_in_order(comm, wire):
    count = 120
    others = [rank for rank in range(comm.size) if rank != comm.rank]
    for number in range(count):
        for dest in others:
            wire.send(dest, content(comm.rank * 1000 + number))
            wire.look()
    wire.finish(lambda: all(len(wire.got[source]) == count for source in others))
    for source in range(comm.size):
        wrong = [
            number
            for number, message in enumerate(wire.got[source])
            if not same(message, content(source * 1000 + number))
        ]
        agree(comm, not wrong, f"from {source} came wrong: {wrong[:10]}")


@pytest.mark.parametrize("wire", [{"FRAME": 1024, "PIECE": 1000}], indirect=True, ids=["frames of 1024"])
def test_frames_about_as_long_as_the_posted_receive(comm, wire):
    sizes = [*range(1000, 1040), 2048, 1 << 16]
    if comm.rank == 0:
        for size in sizes:
            wire.send(1, QueueGot(size, Payload(bytes([size % 256]) * size), 1))
            wire.look_until(lambda: not wire.outbox)
    elif comm.rank == 1:
        wire.look_until(lambda: len(wire.got[0]) == len(sizes))
        bodies = [(message.call, message.payload.body) for message in wire.got[0]]
        assert bodies == [(size, bytes([size % 256]) * size) for size in sizes]


@pytest.mark.parametrize("wire", [{"PIECE": 30_000_000}], indirect=True, ids=["pieces of 30 MB"])
def test_a_hundred_megabytes_from_and_into_memory_of_their_own(comm, wire):
    import numpy as np

    data = np.arange(12_500_000, dtype=np.float64)
    if comm.rank == 0:
        buffer = Buffer(data)
        wire.send(1, QueueGot(1, Payload(b"before", (buffer,)), 1))
        wire.send(1, QueueGot(2, Payload(b"after"), 2))
        wire.look_until(lambda: buffer.gone)
    elif comm.rank == 1:
        wire.look_until(lambda: len(wire.got[0]) == 2)
        first, second = wire.got[0]
        assert (first.payload.body, second.payload.body) == (b"before", b"after")
        got = np.frombuffer(first.payload.buffers[0].view, dtype=np.float64)
        assert np.array_equal(got, data)
        assert got.flags.writeable


def test_messages_gather_behind_the_one_under_way(comm, wire):
    """A receiver that does not look gets what piled up in few frames."""
    if comm.rank == 0:
        frames = []
        send = wire.transport.send
        wire.transport.send = lambda dest, messages: (frames.append(len(messages)), send(dest, messages))
        for number in range(200):
            wire.send(1, QueueGot(number, Payload(b""), 1))
            wire.look()
        comm.send(None, 1)
        wire.look_until(lambda: not wire.outbox)
        # The first is taken by the receive that is posted, the second waits for that to be read; the rest gather.
        assert sum(frames) == 200 and frames[:1] == [1]
        assert len(frames) <= 4
    elif comm.rank == 1:
        comm.recv(source=0)
        wire.look_until(lambda: len(wire.got[0]) == 200)
        assert [message.call for message in wire.got[0]] == [*range(200)]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "no message"),
        (b"\x90", "no kind of message"),
        (b"\x91\x92\x52", "HostWait"),
        (b"\x91\x92\x52\xa1x", "HostWait"),
        (b"\x91\x92\x09\xcf" + b"\xff" * 8, "LongFrame"),
        (b"\xc1" * 100, "no message"),
    ],
    ids=["nothing", "no message", "cut off", "another type", "no length", "noise"],
)
def test_what_is_no_frame_is_refused(comm, data, kind) -> None:
    wire = Wire(comm)
    if comm.rank == 0:
        wire.transport._comm.Send(data, 1, module._FRAMES)
    refusal = ""
    if comm.rank == 1:
        try:
            while True:
                wire.look()
        except ProtocolError as error:
            refusal = str(error)
    wanted = comm.rank != 1 or (
        refusal.startswith(f"rank 1 cannot read a frame of {len(data)} bytes from rank 0") and kind in refusal
    )
    agree(comm, wanted, refusal)
    comm.Barrier()
    wire.transport._posted = comm.rank != 1  # there it was read
    wire.transport.close()
