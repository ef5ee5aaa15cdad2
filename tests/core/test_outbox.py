"""The outbox: one frame at a time to each rank, and effects seen in the order they had."""

from __future__ import annotations

import random
from collections import deque

from hypothesis import given, settings
from hypothesis import strategies as st

from mpiprocessing.core.messages import Carrier, Message, Payload, PermitReturn, PipeSend, QueueGet, QueuePut
from mpiprocessing.core.outbox import Outbox


def frames(outbox: Outbox) -> list[tuple[int, list[Message]]]:
    """All that may leave now, by destination."""
    leaving = []
    while outbox.ready:
        leaving.append(outbox.frame())
    return sorted(leaving, key=lambda frame: frame[0])


def settles(tag: int) -> PipeSend:
    return PipeSend(1, 1, tag, item(tag))


def effect(tag: int) -> QueuePut:
    return QueuePut(1, 1, tag, item(tag))


def item(tag: int) -> Payload:
    return Payload(str(tag).encode())


def takes(tag: int) -> QueueGet:
    return QueueGet(1, 1, tag, 1, True)


def release(tag: int) -> PermitReturn:
    return PermitReturn(1, 1, tag, 1, 0, 1, False)


def test_what_gathers_behind_an_unfinished_send_travels_together() -> None:
    outbox = Outbox()
    outbox.push(1, takes(0))
    assert frames(outbox) == [(1, [takes(0)])]
    outbox.push(1, takes(1))
    outbox.push(1, takes(2))
    assert frames(outbox) == []
    outbox.received(1)
    assert frames(outbox) == [(1, [takes(1), takes(2)])]


def test_who_begins_to_gather_behind_a_frame_is_told_of_once() -> None:
    outbox = Outbox()
    outbox.push(1, takes(0))
    assert not outbox.behind
    frames(outbox)
    outbox.push(1, takes(1))
    outbox.push(1, takes(2))
    assert outbox.behind == [1]


def test_a_message_leaves_straight_where_nothing_is_in_its_way() -> None:
    outbox = Outbox()
    assert not outbox.straight(1, PipeSend), "nothing was ever sent there"
    outbox.push(1, takes(0))
    assert not outbox.straight(1, PipeSend), "something waits"
    frames(outbox)
    assert not outbox.straight(1, PipeSend), "something is on its way"
    outbox.received(1)
    assert outbox.straight(1, PipeSend) and outbox
    outbox.push(2, effect(1))
    assert frames(outbox) == [], "it must not be seen before the one that went straight"
    outbox.received(1)
    assert list(outbox.released(0)) == []
    assert frames(outbox) == [(2, [effect(1)])]
    outbox.received(2)
    assert not outbox


def test_an_effect_does_not_leave_straight_where_it_would_be_seen_too_early() -> None:
    outbox = Outbox()
    outbox.push(2, takes(0))
    frames(outbox)
    outbox.received(2)
    outbox.push(1, settles(1))
    assert not outbox.straight(2, QueuePut)
    assert outbox.straight(2, QueueGet)


def test_a_batch_has_a_limit() -> None:
    outbox = Outbox(batch=2)
    for tag in range(3):
        outbox.push(1, takes(tag))
    assert frames(outbox) == [(1, [takes(0), takes(1)])]
    outbox.received(1)
    assert frames(outbox) == [(1, [takes(2)])]


def test_an_object_joins_the_last_message_of_its_stub_that_has_not_left() -> None:
    outbox = Outbox(batch=2)
    assert not outbox.join(1, 1, PipeSend, item(9)), "nothing waits"
    outbox.push(1, settles(0))
    frames(outbox)
    assert not outbox.join(1, 1, PipeSend, item(9)), "it has left"
    outbox.push(1, settles(1))
    assert not outbox.join(1, 2, PipeSend, item(9)), "another stub's"
    assert not outbox.join(1, 1, QueuePut, item(9)), "another kind"
    assert outbox.join(1, 1, PipeSend, item(2)) and outbox.join(1, 1, PipeSend, item(3))
    assert not outbox.join(1, 1, PipeSend, item(9)), "it is full"
    outbox.push(1, takes(4))
    assert not outbox.join(1, 1, PipeSend, item(9)), "it would overtake the last"
    outbox.received(1)
    assert frames(outbox) == [(1, [PipeSend(1, 1, 1, item(1), [item(2), item(3)]), takes(4)])]


def test_an_object_does_not_join_where_it_would_be_seen_too_early() -> None:
    outbox = Outbox()
    outbox.push(1, effect(0))
    outbox.push(2, settles(1))
    assert not outbox.join(1, 1, QueuePut, item(2))


def test_an_effect_elsewhere_waits_until_what_settles_was_received() -> None:
    outbox = Outbox()
    outbox.push(1, settles(0))
    outbox.push(2, release(1))
    assert frames(outbox) == [(1, [settles(0)])]
    outbox.received(1)
    assert list(outbox.released(0)) == []
    assert frames(outbox) == [(2, [release(1)])]


def test_an_effect_on_the_same_rank_need_not_wait() -> None:
    outbox = Outbox()
    outbox.push(1, settles(0))
    outbox.push(1, release(1))
    assert frames(outbox) == [(1, [settles(0), release(1)])]


def test_a_request_that_only_takes_never_waits() -> None:
    outbox = Outbox()
    outbox.push(1, settles(0))
    outbox.push(2, takes(1))
    assert [dest for dest, _ in frames(outbox)] == [1, 2]


def test_an_effect_on_this_rank_is_held_and_returned() -> None:
    outbox = Outbox()
    outbox.push(1, settles(0))
    assert outbox.must_wait(0)
    outbox.hold(0, effect(1))
    assert list(outbox.released(0)) == []
    frames(outbox)
    outbox.received(1)
    assert list(outbox.released(0)) == [effect(1)]
    assert not outbox


def test_what_is_held_keeps_its_order() -> None:
    outbox = Outbox()
    outbox.push(1, settles(0))
    outbox.push(2, settles(1))
    outbox.push(1, effect(2))  # goes where the first went, and still must not overtake the second
    frames(outbox)
    outbox.received(1)
    list(outbox.released(0))
    assert frames(outbox) == [(2, [settles(1)])]
    outbox.received(2)
    list(outbox.released(0))
    assert frames(outbox) == [(1, [effect(2)])]


KINDS = [settles, effect, takes, release]


@settings(max_examples=200, deadline=None)
@given(
    pushed=st.lists(st.tuples(st.integers(0, 3), st.integers(0, len(KINDS) - 1)), max_size=25),
    order=st.randoms(use_true_random=False),
)
def test_every_message_goes_once_and_no_effect_before_what_settles(
    pushed: list[tuple[int, int]], order: random.Random
) -> None:
    """Rank 0 pushes; an effect may be seen only when all that settles and came before it, elsewhere, was received.

    What may join an earlier message does, and is seen with it.
    """
    outbox, waiting = Outbox(batch=3), deque(enumerate(pushed))
    flights: dict[int, list[Message]] = {}
    received: list[int] = []

    def see(message: Message, dest: int) -> None:
        see_one(message, message.seq, dest)  # type: ignore[attr-defined]
        for joined in getattr(message, "more", ()):
            see_one(message, int(joined.body), dest)

    def see_one(message: Message, tag: int, dest: int) -> None:
        assert tag not in received
        if message.effect:
            missing = [
                earlier
                for earlier, (rank, kind) in enumerate(pushed[:tag])
                if KINDS[kind](0).settles and rank not in (0, dest) and earlier not in received
            ]
            assert not missing, f"effect {tag} on rank {dest} is seen before {missing}"
        received.append(tag)

    while waiting or flights or outbox:
        if waiting and (not flights or order.random() < 0.5):
            tag, (dest, kind) = waiting.popleft()
            message = KINDS[kind](tag)
            if dest and order.random() < 0.7 and outbox.straight(dest, type(message)):
                assert dest not in flights
                flights[dest] = [message]
                continue
            if dest and isinstance(message, Carrier) and outbox.join(dest, 1, type(message), item(tag)):
                continue
            if dest:
                outbox.push(dest, message)
            elif message.effect and outbox.must_wait(0):
                outbox.hold(0, message)
            else:
                see(message, 0)
        elif flights:
            dest = order.choice(sorted(flights))
            for message in flights.pop(dest):
                see(message, dest)
            outbox.received(dest)
            for message in outbox.released(0):
                see(message, 0)
        for dest, messages in frames(outbox):
            assert dest not in flights and messages
            flights[dest] = messages
    assert sorted(received) == list(range(len(pushed)))
    for rank in (1, 2, 3):
        effects = [tag for tag in received if pushed[tag][0] == rank and KINDS[pushed[tag][1]](0).effect]
        assert effects == sorted(effects)
