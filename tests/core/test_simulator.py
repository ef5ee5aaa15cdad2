"""The simulated network itself: it repeats itself, it reorders what MPI reorders and nothing else, and it finds defects."""

from __future__ import annotations

import pytest

from mpiprocessing.core.homes.permits import Permits
from mpiprocessing.core.messages import Buffer, HostWait, Payload, QueuePut
from mpiprocessing.synchronize import Lock
from tests.core.simulator import Failure, play, trace
from tests.core.simulator.network import Network, Wire
from tests.core.simulator.notes import here, me
from tests.core.simulator.scenarios import SCENARIOS


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_seed_is_a_schedule(name: str) -> None:
    first, again, *others = (trace(play(SCENARIOS[name], seed)) for seed in (7, 7, 8, 9, 10))
    assert first == again
    assert any(first != other for other in others)


def wires(size: int = 3) -> tuple[Network, list[Wire]]:
    network = Network(size)
    return network, [Wire(network, rank) for rank in range(size)]


def happen(network: Network, wires: list[Wire], *event: object) -> object:
    assert event in network.events()
    rank = network.play(event)
    if rank is None:
        return None
    wires[rank].event = event
    return wires[rank].poll()


def test_one_frame_is_under_way_to_each_rank() -> None:
    _, (first, *_) = wires()
    first.send(1, [HostWait(1)])
    first.send(2, [HostWait(1)])
    with pytest.raises(AssertionError, match="two frames"):
        first.send(1, [HostWait(2)])


def test_a_sender_learns_of_the_receipt_before_or_after_the_frame_is_read() -> None:
    network, ranks = wires()
    told: list[int] = []
    ranks[0].received = told.append
    ranks[0].send(1, [HostWait(5)])
    happen(network, ranks, "post", 0, 1)
    assert {("ack", 0, 1), ("take", 1)} <= set(network.events())
    happen(network, ranks, "ack", 0, 1)
    assert told == [1]
    frame = happen(network, ranks, "take", 1)
    assert frame is not None and frame.messages == [HostWait(5)]  # type: ignore[attr-defined]
    assert network.quiet


def test_buffers_come_after_their_frame_and_hold_back_what_follows() -> None:
    network, ranks = wires()
    sent = Buffer(b"abc")
    ranks[0].send(1, [QueuePut(1, 2, 3, Payload(b"p", (sent,)))])
    happen(network, ranks, "post", 0, 1)
    assert happen(network, ranks, "take", 1) is None
    ranks[2].send(1, [HostWait(5)])
    happen(network, ranks, "post", 2, 1)
    assert ("take", 1) not in network.events()
    assert not sent.gone
    happen(network, ranks, "data", 0, 1)
    assert sent.gone
    frame = happen(network, ranks, "rest", 1, 0)
    assert bytes(frame.messages[0].payload.buffers[0].view) == b"abc"  # type: ignore[attr-defined]
    assert ("take", 1) in network.events()


def test_it_sees_a_wait_that_never_ends() -> None:
    with pytest.raises(
        Failure, match="nothing can happen any more, and these wait: rank 0 for SemaphoreStub"
    ):
        play(lambda world: world.run(lock_twice), 1)


def lock_twice() -> None:
    guard = Lock()
    guard.acquire()
    guard.acquire()


def test_it_sees_an_exception_of_a_process() -> None:
    with pytest.raises(Failure, match="raised ZeroDivisionError"):
        play(lambda world: world.run(start_failing), 1)


def start_failing() -> None:
    here().join(here().start(fail))


def fail() -> None:
    raise ZeroDivisionError


def test_it_sees_what_is_left_behind() -> None:
    with pytest.raises(Failure, match="left behind: rank 0: homes"):
        play(lambda world: world.run(lose_a_handle), 1)


def lose_a_handle() -> None:
    guard = Lock()
    runtime = me().runtime
    runtime._handles.pop(id(guard._handle))
    here().notes["kept"] = guard


def test_it_sees_a_unit_that_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    returned = Permits.returned

    def twice(self: Permits, message: object) -> object:
        self.free += 1
        return returned(self, message)  # type: ignore[arg-type]

    monkeypatch.setattr(Permits, "returned", twice)
    with pytest.raises(Failure, match=r"2 units of 1|two hold the lock|units of 1"):
        for seed in range(50):
            play(SCENARIOS["lock"], seed)
