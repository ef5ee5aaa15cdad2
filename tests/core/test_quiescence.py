"""Two waves tell a job that rests from one that is only slow, whatever the messages do in the meantime."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from mpiprocessing.core.quiescence import Quiescence, Statement, Verdict

WAITING = Statement(True, 5, 5, "prog.py:1 in main")


def wave(quiescence: Quiescence, *statements: Statement) -> Verdict:
    number = quiescence.open()
    for rank, statement in enumerate(statements):
        quiescence.state(number, rank, statement)
    assert quiescence.complete
    return quiescence.judge()


def test_one_wave_proves_nothing_and_two_equal_ones_do() -> None:
    quiescence = Quiescence(2)
    assert wave(quiescence, WAITING, WAITING) is Verdict.AGAIN
    assert wave(quiescence, WAITING, WAITING) is Verdict.RESTS


def test_a_message_under_way_or_a_rank_at_work_begins_anew() -> None:
    quiescence = Quiescence(2)
    for disturbed in (WAITING._replace(sent=6), WAITING._replace(waits=False)):
        assert wave(quiescence, WAITING, WAITING) is Verdict.AGAIN
        assert wave(quiescence, WAITING, disturbed) is Verdict.MOVES
    assert wave(quiescence, WAITING, WAITING) is Verdict.AGAIN


def test_a_message_that_was_answered_between_the_waves_begins_anew() -> None:
    quiescence = Quiescence(2)
    assert wave(quiescence, WAITING, WAITING) is Verdict.AGAIN
    moved = WAITING._replace(sent=6, received=6)
    assert wave(quiescence, moved, moved) is Verdict.AGAIN
    assert wave(quiescence, moved, moved) is Verdict.RESTS


def test_an_answer_to_an_earlier_wave_is_not_taken_for_one_to_this() -> None:
    quiescence = Quiescence(2)
    first = quiescence.open()
    second = quiescence.open()
    quiescence.state(first, 0, WAITING)
    quiescence.state(second, 1, WAITING)
    assert not quiescence.complete


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
        return Statement(not self.work[rank], self.sent[rank], self.received[rank], "")


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 1 << 32), ranks=st.integers(1, 5))
def test_rest_is_found_when_it_is_there_and_never_before(seed: int, ranks: int) -> None:
    choice = random.Random(seed)
    network = Network(choice, ranks)
    quiescence = Quiescence(ranks)
    for _ in range(2000):
        number = quiescence.open()
        for rank in choice.sample(range(ranks), ranks):
            quiescence.state(number, rank, network.statement(rank))
            for _ in range(choice.randrange(3)):
                network.step()
        if quiescence.judge() is Verdict.RESTS:
            assert network.rests
            return
    raise AssertionError("rest was never found")
