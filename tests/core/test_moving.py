"""Homes that move: what was sent to the old rank is forwarded, nothing is lost or doubled, and nothing remembered after."""

from __future__ import annotations

from mpiprocessing.core.homes.queue import QueueHome, QueueStub
from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.messages import (
    HomeFreed,
    HomeMove,
    HomeMoved,
    Message,
    Payload,
    QueueGet,
    QueueGot,
    QueuePut,
    Ref,
    ShareReturn,
)
from mpiprocessing.core.node import Node


class Nodes:
    """A few nodes, and the frames between them, delivered when the test says so."""

    def __init__(self, size: int) -> None:
        self.nodes = [Node(rank) for rank in range(size)]
        self.flights: dict[tuple[int, int], list[Message]] = {}

    def queue(self, rank: int) -> tuple[QueueHome, QueueStub]:
        node = self.nodes[rank]
        home = QueueHome(node.new_number(), 0)
        home.shares[0].give_whole()
        node.settle_home(home)
        return home, self.hold(rank, home.number, rank)

    def hold(self, rank: int, home: int, seen: int) -> QueueStub:
        stub = self.nodes[rank].attach(home, seen, QueueStub)
        stub.handles += 1
        return stub

    def copy(self, home: QueueHome, rank: int, seen: int = 0) -> QueueStub:
        """A handle for another rank, as if it had come in a message."""
        home.shares[0].give_whole()
        return self.hold(rank, home.number, seen)

    def leave(self) -> None:
        for node in self.nodes:
            while node.outbox.ready:
                dest, messages = node.outbox.frame()
                self.flights[node.rank, dest] = messages

    def deliver(self, source: int, dest: int) -> list[type[Message]]:
        """The frame on its way between two ranks arrives. Returns what was in it."""
        self.leave()
        messages = self.flights.pop((source, dest))
        for message in messages:
            self.nodes[dest].deliver(message, source)
        self.nodes[source].received(dest)
        self.leave()
        return [type(message) for message in messages]

    def settle(self) -> None:
        self.leave()
        while self.flights:
            self.deliver(*next(iter(self.flights)))

    def move(self, home: QueueHome, rank: int) -> None:
        """Let the home go to that rank at its next message."""
        home.wanted = rank


def put(nodes: Nodes, rank: int, stub: Stub, tag: bytes) -> None:
    nodes.nodes[rank].post(stub, QueuePut, Payload(tag))


def get(nodes: Nodes, rank: int, stub: Stub) -> bytes:
    call = nodes.nodes[rank].request(stub, QueueGet, False)
    nodes.settle()
    assert isinstance(call.reply, QueueGot)
    return call.reply.payload.body


def test_a_home_takes_its_items_along() -> None:
    nodes = Nodes(2)
    home, stub = nodes.queue(0)
    nodes.move(home, 1)
    put(nodes, 0, stub, b"first")
    nodes.settle()
    assert home.number not in nodes.nodes[0].homes
    assert nodes.nodes[1].homes[home.number].rank == 1
    assert get(nodes, 0, stub) == b"first"


def test_what_goes_to_the_old_rank_is_forwarded_and_the_sender_told_once_it_is_there() -> None:
    nodes = Nodes(3)
    home, stub = nodes.queue(0)
    other = nodes.copy(home, 2)
    nodes.move(home, 1)
    put(nodes, 0, stub, b"first")
    nodes.settle()
    put(nodes, 2, other, b"second")
    assert nodes.deliver(2, 0) == [QueuePut]
    assert nodes.deliver(0, 1) == [QueuePut]
    assert nodes.deliver(1, 2) == [HomeMoved]
    assert other.rank == 1


def test_a_message_that_went_straight_waits_for_the_one_before_it() -> None:
    nodes = Nodes(3)
    home, stub = nodes.queue(0)
    other = nodes.copy(home, 2)
    nodes.move(home, 1)
    put(nodes, 0, stub, b"x")
    nodes.settle()
    put(nodes, 2, other, b"first")  # by the old way
    nodes.deliver(2, 0)
    other.rank = 1
    put(nodes, 2, other, b"second")  # straight
    nodes.deliver(2, 1)
    nodes.settle()
    assert [get(nodes, 0, stub) for _ in range(3)] == [b"x", b"first", b"second"]


def test_a_message_may_come_before_the_home_it_is_for() -> None:
    nodes = Nodes(3)
    home, stub = nodes.queue(0)
    other = nodes.copy(home, 2, seen=1)  # its handle was pickled when rank 0 knew where the home goes
    nodes.move(home, 1)
    put(nodes, 0, stub, b"first")
    nodes.leave()
    put(nodes, 2, other, b"second")
    assert nodes.deliver(2, 1) == [QueuePut]
    assert nodes.deliver(0, 1) == [HomeMove]
    assert [get(nodes, 0, stub) for _ in range(2)] == [b"first", b"second"]


def test_a_handle_may_arrive_on_the_rank_the_home_is_going_to() -> None:
    nodes = Nodes(2)
    home, stub = nodes.queue(0)
    nodes.move(home, 1)
    put(nodes, 0, stub, b"first")
    nodes.leave()
    here = nodes.hold(1, home.number, 1)
    put(nodes, 1, here, b"second")
    nodes.settle()
    assert [get(nodes, 0, stub) for _ in range(2)] == [b"first", b"second"]


def test_a_rank_is_not_told_what_it_knows() -> None:
    nodes = Nodes(2)
    home, stub = nodes.queue(0)
    other = nodes.copy(home, 1)
    put(nodes, 1, other, b"by the old way")
    nodes.leave()
    nodes.move(home, 1)
    put(nodes, 0, stub, b"first")
    nodes.settle()
    assert (1, 1) not in nodes.flights
    assert other.rank == 1


def test_a_home_that_comes_back_and_goes_again_leaves_nothing_when_it_is_free() -> None:
    nodes = Nodes(3)
    home, stub = nodes.queue(0)
    for rank in (1, 2, 0, 1):
        here = next(node.homes[home.number] for node in nodes.nodes if home.number in node.homes)
        here.wanted = rank
        put(nodes, 0, stub, b"")
        nodes.settle()
    nodes.nodes[0].detach(stub, 0, 0)
    nodes.settle()
    for node in nodes.nodes:
        assert not (node.homes or node.stubs or node._forward or node._stub_of or node._early), node.rank


def test_a_handle_in_an_item_nobody_took_goes_home_with_the_queue() -> None:
    nodes = Nodes(2)
    inner, inner_stub = nodes.queue(1)
    _, outer_stub = nodes.queue(0)
    share = nodes.nodes[1].share_out(inner_stub, 0, 0)[1]
    ref = Ref(inner.number, 1, 0, share)
    nodes.nodes[0].post(outer_stub, QueuePut, Payload(b"", (), (ref,)))
    nodes.nodes[1].detach(inner_stub, 0, 0)
    assert not inner.free
    nodes.nodes[0].detach(outer_stub, 0, 0)
    assert nodes.deliver(0, 1) == [ShareReturn]
    assert inner.free and not nodes.nodes[1].homes


def test_the_ranks_it_lived_on_are_told_that_it_is_free() -> None:
    nodes = Nodes(2)
    home, stub = nodes.queue(0)
    nodes.move(home, 1)
    put(nodes, 0, stub, b"")
    nodes.settle()
    nodes.nodes[0].detach(stub, 0, 0)
    assert nodes.deliver(0, 1) == [ShareReturn]
    assert nodes.deliver(1, 0) == [HomeFreed]
