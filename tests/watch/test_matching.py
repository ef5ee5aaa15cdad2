"""Which receive gets which message, in all orders that MPI allows."""

from __future__ import annotations

from mpiprocessing.watch.matching import Message, match
from mpiprocessing.watch.waits import Receive

NOBODY: frozenset[int] = frozenset()


def receive(
    number: int,
    *sources: int,
    tag: int | None = 0,
    got: tuple[int, int] | None = None,
    takes: bool = True,
) -> Receive:
    return Receive("world", 0, sources, tag, takes, number, "", "", got)


def messages(source: int, *tags: int) -> list[Message]:
    return [Message(source, tag, tags[:place].count(tag), "") for place, tag in enumerate(tags)]


def test_a_message_goes_to_the_first_receive_that_fits() -> None:
    found = match({1: messages(1, 0)}, [receive(1, 1, tag=5), receive(2, 1), receive(3, 1)], NOBODY)
    assert found.receives == {1}
    assert found.messages == {Message(1, 0, 0, "")}


def test_a_receive_without_a_tag_takes_the_first_message() -> None:
    found = match({1: messages(1, 7, 5)}, [receive(1, 1, tag=None), receive(2, 1, tag=7)], NOBODY)
    assert found.receives == {0}


def test_a_receive_from_anybody_may_take_either_message() -> None:
    queues = {1: messages(1, 0), 2: messages(2, 0)}
    found = match(queues, [receive(1, 1, 2)], NOBODY)
    assert found.receives == {0}
    assert len(found.messages) == 2


def test_it_takes_the_only_message_for_certain() -> None:
    found = match({1: messages(1, 0)}, [receive(1, 1, 2), receive(2, 1)], NOBODY)
    assert found.receives == {0}


def test_it_may_have_got_another_from_who_is_at_work() -> None:
    found = match({1: messages(1, 0)}, [receive(1, 1, 2), receive(2, 1)], frozenset({2}))
    assert found.receives == {0, 1}


def test_what_has_been_received_tells_what_an_earlier_receive_has_got() -> None:
    # The second receive has got the second message with tag 0; so the first one must have got the first.
    posted = [receive(1, 1, tag=None), receive(2, 1, got=(1, 0)), receive(3, 1)]
    found = match({1: messages(1, 0, 7, 0)}, posted, NOBODY)
    assert 2 not in found.receives
    assert Message(1, 7, 0, "") not in found.messages


def test_what_came_from_who_is_at_work_is_not_looked_for() -> None:
    found = match({1: messages(1, 0)}, [receive(1, 1, 2, got=(2, 0)), receive(2, 1)], frozenset({2}))
    assert found.receives == {1}


def test_a_probe_sees_what_no_receive_takes_and_leaves_it() -> None:
    posted = [receive(1, 1), receive(2, 1, takes=False)]
    assert match({1: messages(1, 0)}, posted, NOBODY).receives == {0}
    found = match({1: messages(1, 0, 0)}, posted, NOBODY)
    assert found.receives == {0, 1}
    assert len(found.messages) == 1


def test_where_there_are_too_many_orders_everything_may_be() -> None:
    queues = {source: messages(source, *[0] * 6) for source in range(1, 8)}
    posted = [receive(number, *range(1, 8)) for number in range(1, 9)]
    found = match(queues, posted, NOBODY)
    assert found.receives == set(range(8))
