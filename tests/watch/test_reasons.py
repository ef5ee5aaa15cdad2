"""Why ranks hang, in a sentence: programs that are played until nothing moves, and what is said of them."""

from __future__ import annotations

import random

import pytest

from mpiprocessing.watch import report
from mpiprocessing.watch.reasons import reasons
from mpiprocessing.watch.situation import Situation
from tests.watch.drawn import Step
from tests.watch.mpi_in_memory import World


def hung(*programs: list[Step]) -> Situation:
    """The situation in which a program ends or hangs."""
    world = World(list(programs), random.Random(1))
    while actions := world.actions():
        world.do(world.choice.choice(actions))
    statements = {}
    for number, rank in enumerate(world.ranks):
        if rank.over:
            rank.ledger.end()
        statement = rank.ledger.statement()
        assert statement is not None
        statements[number] = statement
    return Situation(statements, len(programs))


def send(dest: int, tag: int = 0) -> Step:
    return Step("send", dest, tag, None, True)


def recv(source: int | None, tag: int | None = None) -> Step:
    return Step("recv", source, tag)


BARRIER = Step("barrier", 0)

CASES = {
    "all receive": (
        ([recv(1), send(1)], [recv(0), send(0)]),
        "rank 0 waits for a message from rank 1, which waits for a message from rank 0",
        "all of them receive first",
    ),
    "all send": (
        ([send(1), recv(1)], [send(2), recv(2)], [send(0), recv(0)]),
        "rank 0 waits for rank 1 to receive its message, which waits for rank 2 to receive its message, "
        "which waits for rank 0 to receive its message",
        "all of them send first",
    ),
    "a send and a receive that miss each other": (
        ([send(1), recv(2)], [recv(2), recv(0)], [send(0), send(1)]),
        "rank 0 waits for rank 1 to receive its message, which waits for a message from rank 2, "
        "which waits for rank 0 to receive its message",
        "change the order",
    ),
    "a tag": (
        ([send(1, 7)], [recv(0, 5)]),
        "a message with tag 7 from rank 0 (0:1) is there for rank 1, which waits for tag 5",
        "same tag",
    ),
    "a source": (
        ([Step("send", 2, 0)], [recv(2)], [recv(1)]),
        "a message from rank 0 (0:1) is there for rank 2, which waits for one from rank 1",
        "from the rank that sends",
    ),
    "another collective": (
        ([BARRIER], [Step("gather", 0)], [BARRIER]),
        "rank 0 calls barrier(0), and rank 1 gather(0)",
        "in the same order",
    ),
    "another root": (
        ([Step("gather", 0)], [Step("gather", 1)]),
        "rank 0 calls gather(0), and rank 1 gather(1)",
        "same root",
    ),
    "one is elsewhere": (
        ([BARRIER, send(1)], [recv(0), BARRIER]),
        "rank 0 waits in barrier(0) for rank 1, which is in recv",
        "must call its collectives",
    ),
    "one is over": (
        ([BARRIER], [BARRIER], []),
        "ranks 0 and 1 wait in barrier(0) for rank 2, whose program is over",
        "must call all of its collectives",
    ),
    "nobody sends any more": (
        ([recv(None)], [], []),
        "rank 0 waits for a message from rank 0",  # a receive from anybody is one from oneself as well
        "",
    ),
    "to oneself": (
        ([send(0), recv(0)], []),
        "rank 0 waits for rank 0 to receive its message, that is for itself",
        "isend or irecv",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_sentence_and_a_way_out(case: str) -> None:
    programs, sentence, way_out = CASES[case]
    situation = hung(*programs)
    first, *_ = reasons(situation)
    assert first.sentence.startswith(sentence)
    assert way_out in first.way_out
    assert first.sentence in report.deadlock(situation, len(programs))


def test_pairs_that_hang_for_themselves_get_a_sentence_each() -> None:
    situation = hung([recv(1)], [recv(0)], [send(3)], [send(2)])
    first, second = reasons(situation)
    assert first.ranks == {0, 1}
    assert second.ranks == {2, 3}


def test_who_waits_for_those_is_explained_by_them() -> None:
    situation = hung([recv(1)], [recv(0)], [recv(0)], [send(2)])
    assert situation.stuck == {0, 1, 2, 3}
    (only,) = reasons(situation)
    assert only.ranks == {0, 1}


def test_the_report_says_where_everybody_is() -> None:
    lines = report.deadlock(hung([BARRIER], [Step("irecv", 0, 3), Step("irecv", 0, 4), Step("wait")], []), 3)
    assert lines.startswith("mpiprocessing: deadlock: 2 of 3 ranks wait for what can never come\n")
    assert ": its program is over\n" in lines
    assert lines.count("waits for recv") == 2
    assert "without ranks 1, 2" in lines


def test_messages_that_nobody_received() -> None:
    situation = hung([Step("send", 1, 7), Step("send", 1, 7), Step("send", 1, 0)], [recv(0, 0)])
    assert not situation.stuck
    told = report.never_received(situation)
    assert "1 from rank 0 to rank 1, tag 7, sent at 0:1\n" in told
    assert "tag 0" not in told
    assert report.never_received(hung([Step("send", 1, 7)], [recv(0)])) == ""
