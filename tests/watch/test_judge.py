"""When a situation becomes a verdict: not before its time, and not without asking once more."""

from __future__ import annotations

from mpiprocessing.watch.judge import PATIENCE, Judge, Question
from mpiprocessing.watch.situation import Situation
from mpiprocessing.watch.waits import Call, History, Operation, Part, Receive, Send, Sent, Statement

NOTHING = frozenset[str]()


def waiting(rank: int, serial: int, *waits: Operation, largest: int = 0, sent: int = 0) -> Statement:
    calls = (Call("call", "", "prog.py:1", True, waits),)
    posted = tuple(one for one in waits if isinstance(one, Receive))
    channels = {("world", 1 - rank): Sent({0: sent}, ((0, "", sent),))} if sent else {}
    parts = {one.place: History(1, ((one.text, ""),)) for one in waits if isinstance(one, Part)}
    return Statement(rank, "host", serial, False, calls, posted, NOTHING, channels, {}, parts, largest)


def over(rank: int) -> Statement:
    return Statement(rank, "host", 1, True, (), (), NOTHING, {}, {}, {})


def receive(rank: int, source: int) -> Receive:
    return Receive("world", rank, (source,), None, True, 1, "recv", "")


def both_receive(judge: Judge, serial: int = 5, answers: int = 0) -> None:
    for rank in range(2):
        judge.told(rank, waiting(rank, serial, receive(rank, 1 - rank)), answers)


def test_ranks_are_asked_after_a_while_and_reported_when_they_have_not_moved() -> None:
    judge = Judge(2)
    both_receive(judge)
    assert judge.look(10.0) is None
    assert judge.look(10.0 + PATIENCE / 2) is None
    question = judge.look(10.0 + PATIENCE)
    assert isinstance(question, Question) and question.ranks == {0, 1}
    assert judge.look(11.0 + PATIENCE) is None  # nobody has answered
    both_receive(judge, answers=question.number)
    found = judge.look(12.0 + PATIENCE)
    assert isinstance(found, Situation) and found.stuck == {0, 1}


def test_who_has_moved_meanwhile_begins_anew() -> None:
    judge = Judge(2)
    both_receive(judge)
    judge.look(10.0)
    question = judge.look(10.0 + PATIENCE)
    assert isinstance(question, Question)
    both_receive(judge, serial=6, answers=question.number)
    assert judge.look(10.1 + PATIENCE) is None
    again = judge.look(10.1 + 2 * PATIENCE)
    assert isinstance(again, Question) and again.number > question.number


def test_who_goes_on_frees_those_who_wait_for_it() -> None:
    judge = Judge(2)
    both_receive(judge)
    judge.look(10.0)
    judge.told(1, None)
    assert judge.look(10.0 + 2 * PATIENCE) is None


def test_an_old_answer_is_none() -> None:
    judge = Judge(2)
    both_receive(judge)
    judge.look(0.0)
    first = judge.look(PATIENCE)
    assert isinstance(first, Question)
    judge.told(1, None)
    judge.look(PATIENCE + 1)
    both_receive(judge, serial=5, answers=first.number - 1)
    judge.look(PATIENCE + 2)
    assert isinstance(judge.look(2 * PATIENCE + 2), Question)


def test_a_message_under_way_is_life() -> None:
    judge = Judge(2)
    judge.told(0, waiting(0, 5, receive(0, 1)))
    judge.told(1, waiting(1, 5, receive(1, 0), sent=1))
    judge.look(0.0)
    assert judge.look(1e6) is None


def test_data_in_a_collective_is_given_its_time() -> None:
    judge = Judge(2)
    part = Part("world", 1, (0, 1), (), "comm.bcast(root=0)", "")
    judge.told(0, waiting(0, 5, part, largest=1_000_000_000))
    judge.told(1, waiting(1, 5, receive(1, 0)))
    judge.look(0.0)
    assert judge.look(2 * PATIENCE) is None
    assert isinstance(judge.look(PATIENCE + 10), Question)


def test_a_send_beside_a_receive_that_may_come_proves_nothing() -> None:
    # The send may be over for long; the receive is from a rank that works.
    judge = Judge(3)
    send = Send("world", 0, 1, 0, 0, False, "send", "")
    judge.told(0, waiting(0, 5, send, receive(0, 2), sent=1))
    judge.told(1, over(1))
    judge.look(0.0)
    assert judge.look(1e6) is None
    # A synchronous one is not.
    judge.told(0, waiting(0, 6, send._replace(synchronous=True), receive(0, 2), sent=1))
    judge.look(1e6)
    assert isinstance(judge.look(1e6 + PATIENCE), Question)


def test_who_had_a_collective_fail_is_missed_only_where_it_cannot_have_come() -> None:
    barrier = Part("world", 1, (0, 1), (0, 1), "comm.Barrier()", "")
    failed = over(1)._replace(parts={"world": History(1, (("comm.scatter()", ""),), uncertain=True)})
    assert not Situation({0: waiting(0, 5, barrier), 1: failed}, 2).stuck
    assert Situation({0: waiting(0, 5, barrier._replace(number=2)), 1: failed}, 2).stuck == {0}


def test_all_have_ended() -> None:
    judge = Judge(2)
    judge.told(0, over(0))
    assert not judge.all_ended
    judge.told(1, over(1))
    assert judge.all_ended
    judge.look(0.0)
    assert judge.look(1e6) is None
