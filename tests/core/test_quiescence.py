"""Two waves tell a job that rests from one that is only slow, whatever the messages do in the meantime."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from mpiprocessing.core.quiescence import Quiescence, Statement, Verdict
from mpiprocessing.core.tree import above, below

WAITING = Statement(True, 5, 5)


def judge(quiescence: Quiescence, first: Statement, *others: Statement) -> Verdict:
    for other in others:
        first = first.together_with(other)
    return quiescence.judge(first)


def test_one_wave_proves_nothing_and_two_equal_ones_do() -> None:
    quiescence = Quiescence()
    assert judge(quiescence, WAITING, WAITING) is Verdict.AGAIN
    assert judge(quiescence, WAITING, WAITING) is Verdict.RESTS


def test_a_message_under_way_or_a_rank_at_work_begins_anew() -> None:
    quiescence = Quiescence()
    for disturbed in (WAITING._replace(sent=6), WAITING._replace(waits=False)):
        assert judge(quiescence, WAITING, WAITING) is Verdict.AGAIN
        assert judge(quiescence, WAITING, disturbed) is Verdict.MOVES
    assert judge(quiescence, WAITING, WAITING) is Verdict.AGAIN


def test_a_message_that_was_answered_between_the_waves_begins_anew() -> None:
    quiescence = Quiescence()
    assert judge(quiescence, WAITING, WAITING) is Verdict.AGAIN
    moved = WAITING._replace(sent=6, received=6)
    assert judge(quiescence, moved, moved) is Verdict.AGAIN
    assert judge(quiescence, moved, moved) is Verdict.RESTS


def test_a_thread_that_was_woken_by_another_one_begins_anew() -> None:
    quiescence = Quiescence()
    assert judge(quiescence, WAITING, WAITING._replace(ran=7)) is Verdict.AGAIN
    assert judge(quiescence, WAITING, WAITING._replace(ran=8)) is Verdict.AGAIN
    assert judge(quiescence, WAITING, WAITING._replace(ran=8)) is Verdict.RESTS


@given(size=st.integers(1, 300))
def test_every_rank_is_below_exactly_one_other_and_none_far_from_rank_0(size: int) -> None:
    parents = {child: rank for rank in range(size) for child in below(rank, size)}
    assert sorted(parents) == list(range(1, size))
    assert all(above(child) == rank for child, rank in parents.items())
    deep = size.bit_length()
    assert all(len(below(rank, size)) <= deep for rank in range(size))
    for rank in range(size):
        steps = 0
        while rank:
            rank, steps = above(rank), steps + 1
        assert steps <= deep


class Network:
    """Ranks that work for a while, send messages, and wait; a message wakes its receiver."""

    def __init__(self, choice: random.Random, ranks: int) -> None:
        self.choice = choice
        self.ranks = ranks
        self.work = {rank: choice.randrange(4) for rank in range(ranks)}
        self.sent = dict.fromkeys(range(ranks), 0)
        self.received = dict.fromkeys(range(ranks), 0)
        self.under_way: list[int] = []
        self.messages_left = 40  # that it ends at all

    @property
    def rests(self) -> bool:
        return not self.under_way and not any(self.work.values())

    def step(self) -> None:
        busy = [rank for rank, work in self.work.items() if work]
        if self.under_way and (not busy or self.choice.random() < 0.5):
            rank = self.under_way.pop(self.choice.randrange(len(self.under_way)))
            self.received[rank] += 1
            self.work[rank] += self.choice.random() < 0.6
        elif busy:
            rank = self.choice.choice(busy)
            self.work[rank] -= 1
            if self.messages_left and self.choice.random() < 0.7:
                self.messages_left -= 1
                self.sent[rank] += 1
                self.under_way.append(self.choice.randrange(self.ranks))

    def statement(self, rank: int) -> Statement:
        return Statement(not self.work[rank], self.sent[rank], self.received[rank])


def wave(network: Network, quiescence: Quiescence, choice: random.Random) -> Verdict:
    """Every rank makes its statement at a moment of its own, in any order; and who works ends those below it."""
    said = Statement(True, 0, 0)
    ranks = choice.sample(range(network.ranks), network.ranks)
    for rank in ranks:
        said = said.together_with(network.statement(rank))
        for _ in range(choice.randrange(3)):
            network.step()
        if not said.waits:
            break
    return quiescence.judge(said)


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 1 << 32), ranks=st.integers(1, 5))
def test_rest_is_found_when_it_is_there_and_never_before(seed: int, ranks: int) -> None:
    choice = random.Random(seed)
    network = Network(choice, ranks)
    quiescence = Quiescence()
    for _ in range(2000):
        if wave(network, quiescence, choice) is Verdict.RESTS:
            assert network.rests
            return
    raise AssertionError("rest was never found")
