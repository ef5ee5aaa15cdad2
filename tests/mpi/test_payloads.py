"""Objects on their way between real ranks: equal when they arrive, whatever their size, and in the order they were sent."""

from __future__ import annotations

import numpy as np
import pytest

from mpiprocessing.core.payload import INLINE

pytestmark = pytest.mark.mpi(min_size=2)


def shared(comm, make):
    """What rank 0 makes, on every rank."""
    return comm.bcast(make() if comm.rank == 0 else None)


@pytest.mark.parametrize(
    ("channel", "size"),
    [("queue", 8_000_000), ("pipe", 8_000_000), ("queue", 100_000_000)],
    ids=["8 MB by queue", "8 MB by pipe", "100 MB by queue"],
)
def test_an_array_arrives_equal_and_writable_and_the_sender_keeps_its_own(comm, mp, channel, size):
    data = np.arange(size // 8, dtype=np.float64)
    if channel == "queue":
        sender = receiver = shared(comm, mp.Queue)
        send, receive = sender.put, receiver.get
    else:
        receiver, sender = shared(comm, lambda: mp.Pipe(duplex=False))
        send, receive = sender.send, receiver.recv
    if comm.rank == 0:
        mine = data.copy()
        send({"array": mine, "name": "x"})
        mine[:] = -1  # ours again as soon as the call has returned
        send(mine[:10])
    elif comm.rank == 1:
        got = receive()
        assert got["name"] == "x" and np.array_equal(got["array"], data)
        got["array"][0] = 7  # not a view of anything that must not change
        assert np.array_equal(receive(), np.full(10, -1.0))
    comm.barrier()


@pytest.mark.parametrize("pieces", [None, 10_000], ids=["whole", "in pieces"])
def test_small_and_large_items_stay_in_order(comm, mp, monkeypatch, pieces):
    if pieces:
        monkeypatch.setattr("mpiprocessing.core.transport.PIECE", pieces)
    comm.barrier()
    queue = shared(comm, mp.Queue)
    sizes = [0, 10, 50_000, 3, 300_000, 33_000, 1, INLINE, INLINE - 1, 70_000] * 3
    for number, size in enumerate(sizes):
        item = (comm.rank, number, bytes([number]) * size)
        queue.put(item if number % 2 else (*item[:2], np.frombuffer(item[2], dtype=np.uint8)))
    if comm.rank == 1:
        got = [queue.get() for _ in range(comm.size * len(sizes))]
        for rank in range(comm.size):
            from_rank = [(number, bytes(data)) for source, number, data in got if source == rank]
            assert from_rank == [(number, bytes([number]) * size) for number, size in enumerate(sizes)]
    comm.barrier()


def test_what_pickle_makes_of_an_item_is_what_arrives(comm, mp):
    queue = shared(comm, mp.Queue)
    fortran = np.asfortranarray(np.arange(20_000.0).reshape(100, 200))
    items = [
        None, (), {"key": {1, 2}}, "\u4e2d\u6587" * 20_000, b"", bytes(50_000), bytearray(50_000), 1 << 700_000,
        np.zeros(0), np.float32(1.5), np.array(["a", "bc"]), fortran, fortran[::2, ::3], np.arange(5) > 2,
    ]  # fmt: skip
    if comm.rank == 0:
        for item in items:
            queue.put(item)
        cycle: list = [1]
        cycle.append(cycle)
        queue.put(cycle)
    elif comm.rank == 1:
        for item in items:
            got = queue.get()
            assert type(got) is type(item)
            assert np.array_equal(got, item) if isinstance(item, np.ndarray) else got == item
            if isinstance(item, np.ndarray):
                assert got.dtype == item.dtype and got.flags.f_contiguous == item.flags.f_contiguous
        cycle = queue.get()
        assert cycle[1] is cycle
    comm.barrier()
