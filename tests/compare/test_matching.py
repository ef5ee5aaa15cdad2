"""Events of several ranks in one order: who received what was sent, and logical time that no clock can bend."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpiprocessing.compare.matching import matched
from tests.compare.recorded import call, received, recording, sent


def ends(lines):
    """(source, step, dest, step) of each message that came."""
    return [
        (point.rank, point.step, point.partner.rank, point.partner.step)
        for line in lines
        for point in line
        if point.event == "sent" and point.partner is not None
    ]


@st.composite
def jobs(draw):
    """What up to four ranks do: an execution that could have been, as (events by rank, number of messages)."""
    ranks = draw(st.integers(2, 4))
    chance = random.Random(draw(st.integers(0, 2**32)))
    events = [[] for _ in range(ranks)]
    under_way = {}
    messages = 0
    for now in range(draw(st.integers(0, 40))):
        rank = chance.randrange(ranks)
        arrived = [pair for pair, count in under_way.items() if pair[1] == rank and count]
        if arrived and chance.random() < 0.5:
            pair = chance.choice(arrived)
            under_way[pair] -= 1
            events[rank].append(received(float(now), pair[0], channel=pair[2]))
        elif chance.random() < 0.2:
            events[rank].append(call(float(now), "computes"))
        else:
            pair = (rank, chance.randrange(ranks), chance.choice("ab"))
            under_way[pair] = under_way.get(pair, 0) + 1
            messages += 1
            events[rank].append(sent(float(now), pair[1], channel=pair[2]))
    lost = sum(under_way.values())
    return events, messages - lost


@given(jobs())
def test_a_message_is_received_at_a_later_step_than_it_was_sent(job):
    events, came = job
    lines = matched([recording(rank, *line) for rank, line in enumerate(events)])
    assert len(ends(lines)) == came
    assert all(after > before for _, before, _, after in ends(lines))


@given(jobs())
def test_the_order_within_a_rank_is_kept(job):
    events, _ = job
    lines = matched([recording(rank, *line) for rank, line in enumerate(events)])
    for line in lines:
        assert [point.step for point in line] == sorted({point.step for point in line})


@given(jobs(), st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4))
def test_steps_are_the_same_whatever_the_clocks_say(job, skews):
    events, _ = job
    steps = [
        [
            [point.step for point in line]
            for line in matched(
                [
                    recording(rank, *line, host=f"host {rank}", skew=skew * wrong)
                    for rank, (line, skew) in enumerate(zip(events, skews, strict=False))
                ]
            )
        ]
        for wrong in (0.0, 1.0)
    ]
    assert steps[0] == steps[1]


def test_receives_are_matched_in_the_order_in_which_they_were_posted():
    first, second = sent(0.0, 1, size=1), sent(0.1, 1, size=2)
    # The second to be posted is waited for first.
    here = [received(1.0, 0, posted=2), received(2.0, 0, posted=1)]
    lines = matched([recording(0, first, second), recording(1, *here)])
    assert [point.partner.fields[2] for point in lines[1]] == [2, 1]


def test_channels_are_kept_apart():
    here = [received(1.0, 0, channel="b"), received(2.0, 0, channel="a")]
    lines = matched([recording(0, sent(0.0, 1, channel="a"), sent(0.1, 1, channel="b")), recording(1, *here)])
    assert [point.partner.fields[3] for point in lines[1]] == ["b", "a"]


def test_what_cannot_have_been_is_not_waited_for():
    """Each rank receives, by what is recorded, before it sends what the other one receives."""
    lines = matched(
        [
            recording(0, received(0.0, 1), sent(1.0, 1)),
            recording(1, received(0.5, 0), sent(1.5, 0)),
        ]
    )
    assert all(point.step for line in lines for point in line)
    assert len(ends(lines)) == 1


def collective(seconds, messages, goes_on=False):
    return "collective", seconds, "barrier", "world collective 1", messages, goes_on


BARRIER = {0: [], 1: [(1, 0, 0, 0), (0, 1, 0, 1)], 2: [(2, 0, 0, 0), (0, 2, 0, 1)]}


def test_a_barrier_goes_up_before_it_comes_down():
    lines = matched([recording(rank, collective(rank + 1.0, own)) for rank, own in BARRIER.items()])
    assert [point.event for point in lines[0]] == ["received", "received", "sent", "sent"]
    assert [point.event for point in lines[1]] == ["sent", "received"]
    up = max(point.step for line in lines[1:] for point in line if point.event == "sent")
    down = min(point.step for point in lines[0] if point.event == "sent")
    assert up < down


def test_the_messages_of_a_collective_are_within_its_call():
    parts = [
        recording(rank, call(0.25 * rank, "barrier"), collective(1.0 + rank, own))
        for rank, own in BARRIER.items()
    ]
    for rank, line in enumerate(matched(parts)):
        assert all(0.25 * rank <= point.seconds <= 1.0 + rank for point in line)


@pytest.mark.parametrize("waited_for", [True, False])
def test_what_was_only_begun_ends_where_it_is_waited_for(waited_for):
    end = [("completed", 9.0, "world collective 1")] if waited_for else []
    begun = {rank: collective(1.0, own, goes_on=True) for rank, own in BARRIER.items()}
    lines = matched([recording(rank, begun[rank], call(5.0, "computes"), *end) for rank in begun])
    assert [point.event for point in lines[1]] == ["sent", "call", "received"]
    assert [point.event for point in lines[0]] == ["call", "received", "received", "sent", "sent"]


def test_a_rank_that_could_not_tell_leaves_messages_without_an_end():
    lines = matched([recording(1, collective(1.0, BARRIER[1])), recording(2, collective(1.0, BARRIER[2]))])
    assert ends(lines) == []
