"""Writers that are held while their home moves, queues that are watched and joined: message by message."""

from __future__ import annotations

import pickle

import pytest

from mpiprocessing.core.homes.joinable import JoinableQueueHome
from mpiprocessing.core.homes.pipe import READER, WRITER, PipeHome, PipeStub
from mpiprocessing.core.homes.queue import QueueHome, QueueStub
from mpiprocessing.core.messages import (
    HomeMoved,
    Payload,
    PipeReceive,
    PipeReceived,
    PipeSend,
    QueueFinish,
    QueueFinished,
    QueueGet,
    QueueGot,
    QueueJoin,
    QueueJoined,
    QueuePoll,
    QueuePolled,
    QueuePut,
    QueuePutTask,
    QueueUnget,
    Ref,
    ShareReturn,
    Withdraw,
    Withdrawn,
    WriterHeld,
    WriterHold,
    WriterOpen,
    WriterOpened,
    WriterResume,
    number,
)
from tests.core.test_homes import HOME, Talk, item, kinds


def pipe() -> tuple[PipeHome, Talk]:
    """A pipe made on rank 0."""
    home = PipeHome(HOME)
    home.shares[READER].give_whole()
    home.shares[WRITER].give_whole()
    return home, Talk(home)


def arrive(home: PipeHome, rank: int) -> PipeHome:
    """The home as it is after its move, on that rank."""
    moved: PipeHome = pickle.loads(pickle.dumps(home))
    moved.rank, moved.wanted = rank, None
    return moved


# ---- the home's side ----


def test_a_home_without_writers_elsewhere_may_go_at_once() -> None:
    home, talk = pipe()
    talk.ask(0, WriterOpen)  # on the home's own rank: what it sends follows the home
    assert kinds(talk.ask(1, PipeReceive)) == []
    assert home.wanted == 1


def test_writers_elsewhere_are_held_first() -> None:
    home, talk = pipe()
    talk.ask(2, WriterOpen)
    talk.ask(3, WriterOpen)
    assert kinds(talk.ask(1, PipeReceive)) == [(2, WriterHold), (3, WriterHold)]
    assert home.wanted is None
    talk.say(2, WriterHeld)
    assert home.wanted is None
    talk.say(3, WriterHeld)
    assert home.wanted == 1


def test_the_home_serves_its_reader_until_it_goes() -> None:
    home, talk = pipe()
    talk.ask(2, WriterOpen)
    talk.ask(1, PipeReceive)
    assert kinds(talk.say(2, PipeSend, item())) == [(1, PipeReceived)]
    assert talk.ask(1, PipeReceive) == []  # held already: nobody is told twice
    assert home.wanted is None


def test_held_writers_go_on_when_the_home_has_arrived() -> None:
    home, talk = pipe()
    talk.ask(2, WriterOpen)
    talk.ask(1, PipeReceive)
    talk.say(2, WriterHeld)
    ((rank, resumed),) = arrive(home, 1).arrived()
    assert rank == 2 and isinstance(resumed, WriterResume) and resumed.rank == 1


def test_who_opens_meanwhile_is_answered_when_the_home_has_arrived() -> None:
    home, talk = pipe()
    talk.ask(2, WriterOpen)
    talk.ask(1, PipeReceive)
    assert talk.ask(3, WriterOpen) == []
    talk.say(2, WriterHeld)
    letters = arrive(home, 1).arrived()
    assert kinds(letters) == [(2, WriterResume), (3, WriterOpened)]
    assert letters[1][1].rank == 1  # type: ignore[attr-defined]


def test_who_opens_meanwhile_may_give_up() -> None:
    home, talk = pipe()
    talk.ask(2, WriterOpen)
    talk.ask(1, PipeReceive)
    talk.ask(3, WriterOpen)
    assert kinds(talk.say(3, Withdraw, talk.last_call(3))) == [(3, Withdrawn)]
    talk.say(2, WriterHeld)
    assert kinds(arrive(home, 1).arrived()) == [(2, WriterResume)]


def test_a_writer_that_leaves_is_not_waited_for() -> None:
    home, talk = pipe()
    home.shares[WRITER].give_whole()
    talk.ask(2, WriterOpen)
    talk.ask(1, PipeReceive)
    talk.say(2, ShareReturn, Ref(0, 0, WRITER, 0), True)
    assert home.wanted == 1


# ---- the writer's side ----


def test_a_held_writer_says_so_behind_what_it_sent_and_goes_where_it_is_told() -> None:
    stub = PipeStub(HOME, number(2, 1), 0)
    stub.opening(HOME, stub.number, -1, 1)
    stub.answered(WriterOpened(1, False, 0))
    assert stub.opened and stub.claim(item())
    assert stub.next_seq() == 0
    (held,) = stub.notice(WriterHold(stub.number))
    assert isinstance(held, WriterHeld) and held.seq == 1
    assert not stub.clear and not stub.claim(item())
    assert stub.notice(WriterResume(stub.number, 1)) == []
    assert stub.rank == 1 and stub.claim(item())


def test_a_writer_that_has_sent_something_while_it_was_opened_asks_again() -> None:
    stub = PipeStub(HOME, number(2, 1), 0)
    stub.opening(HOME, stub.number, stub.next_seq(), 1)
    stub.next_seq()  # sent to the rank from which the home was moving away
    stub.answered(WriterOpened(1, False, 1))
    assert not stub.opened and stub.rank == 1
    stub.opening(HOME, stub.number, stub.next_seq(), 2)
    stub.answered(WriterOpened(2, False, 1))
    assert stub.opened


def test_a_writer_does_not_take_a_short_cut() -> None:
    stub = PipeStub(HOME, number(2, 1), 0)
    stub.notice(HomeMoved(stub.number, 5))
    assert stub.rank == 5  # it has not opened: it only reads
    stub.answered(WriterOpened(1, False, 3))
    assert stub.rank == 3
    stub.notice(HomeMoved(stub.number, 5))
    assert stub.rank == 3


def test_a_producer_of_a_queue_is_held_and_keeps_its_places() -> None:
    stub = QueueStub(HOME, number(2, 1), 0)
    stub.answered(WriterOpened(1, False, 0))
    stub.unused = 3
    (held,) = stub.notice(WriterHold(stub.number))
    assert isinstance(held, WriterHeld) and stub.held and stub.unused == 3
    stub.notice(WriterResume(stub.number, 1))
    assert not stub.held and stub.rank == 1


def test_an_item_leaves_once_the_queue_knows_its_producer_and_not_while_it_moves() -> None:
    stub = QueueStub(HOME, number(2, 1), 0)
    assert not stub.claim(item())
    stub.opening(HOME, stub.number, -1, 1)
    stub.answered(WriterOpened(1, False, 0))
    assert stub.claim(item())
    stub.notice(WriterHold(stub.number))
    assert not stub.claim(item())
    stub.notice(WriterResume(stub.number, 1))
    assert stub.claim(item())


def test_who_loses_the_queue_keeps_no_places() -> None:
    stub = QueueStub(HOME, number(2, 1), 0)
    stub.unused, stub.keep = 3, True
    stub.bereft()
    assert not stub.unused and not stub.keep


# ---- queues that are watched ----


def test_who_polls_is_told_of_the_next_item_and_takes_nothing() -> None:
    talk = Talk(QueueHome(HOME, 0))
    assert talk.ask(1, QueuePoll, True) == talk.ask(2, QueuePoll, True) == []
    assert kinds(talk.say(3, QueuePut, item())) == [(1, QueuePolled), (2, QueuePolled)]
    assert kinds(talk.ask(2, QueueGet, False)) == [(2, QueueGot)]


def test_who_polls_without_waiting_is_answered() -> None:
    talk = Talk(QueueHome(HOME, 0))
    assert [message.ready for _, message in talk.ask(1, QueuePoll, False)] == [False]  # type: ignore[attr-defined]
    talk.say(3, QueuePut, item())
    for block in (False, True):
        assert [message.ready for _, message in talk.ask(1, QueuePoll, block)] == [True]  # type: ignore[attr-defined]


def test_an_item_for_somebody_who_waits_is_none_for_who_polls() -> None:
    talk = Talk(QueueHome(HOME, 0))
    talk.ask(1, QueueGet, True)
    talk.ask(2, QueuePoll, True)
    assert kinds(talk.say(3, QueuePut, item())) == [(1, QueueGot)]
    assert kinds(talk.say(1, QueueUnget, item(), 1)) == [(2, QueuePolled)]


def test_who_polls_may_give_up() -> None:
    talk = Talk(QueueHome(HOME, 0))
    talk.ask(1, QueuePoll, True)
    assert kinds(talk.say(1, Withdraw, talk.last_call(1))) == [(1, Withdrawn)]
    assert talk.say(3, QueuePut, item()) == []


# ---- joinable queues ----


def test_an_item_counts_until_it_is_done_taken_or_not() -> None:
    talk = Talk(JoinableQueueHome(HOME, 0))
    talk.say(1, QueuePutTask, item())
    assert talk.ask(2, QueueJoin) == []
    assert kinds(talk.ask(3, QueueGet, False)) == [(3, QueueGot)]
    assert kinds(talk.ask(3, QueueFinish)) == [(3, QueueFinished), (2, QueueJoined)]
    assert kinds(talk.ask(2, QueueJoin)) == [(2, QueueJoined)]


def test_done_more_often_than_put() -> None:
    talk = Talk(JoinableQueueHome(HOME, 0))
    ((_, refused),) = talk.ask(1, QueueFinish)
    assert isinstance(refused, QueueFinished) and not refused.ok
    talk.say(1, QueuePutTask, item())
    ((_, done),) = talk.ask(1, QueueFinish)
    assert isinstance(done, QueueFinished) and done.ok


def test_an_item_that_comes_back_is_not_counted_again() -> None:
    home = JoinableQueueHome(HOME, 0)
    talk = Talk(home)
    talk.say(1, QueuePutTask, item())
    talk.ask(2, QueueGet, True)
    talk.say(2, QueueUnget, item(), 1)
    assert home.unfinished == 1 and len(home.items) == 1


def test_who_joins_may_give_up() -> None:
    talk = Talk(JoinableQueueHome(HOME, 0))
    talk.say(1, QueuePutTask, item())
    talk.ask(2, QueueJoin)
    assert kinds(talk.say(2, Withdraw, talk.last_call(2))) == [(2, Withdrawn)]
    assert kinds(talk.ask(3, QueueFinish)) == [(3, QueueFinished)]


@pytest.mark.parametrize(("kind", "put"), [(QueueHome, QueuePut), (JoinableQueueHome, QueuePutTask)])
def test_a_queue_holds_its_producers_before_it_follows_its_consumer(
    kind: type[QueueHome], put: type[QueuePut]
) -> None:
    home = kind(HOME, 0)
    talk = Talk(home)
    talk.ask(2, WriterOpen)
    letters = []
    while not letters and home.wanted is None:
        talk.say(2, put, Payload(b"x"))
        letters = [letter for letter in talk.ask(1, QueueGet, True) if isinstance(letter[1], WriterHold)]
    assert kinds(letters) == [(2, WriterHold)] and home.wanted is None
    talk.say(2, WriterHeld)
    assert home.wanted == 1


def test_a_queue_of_many_producers_follows_its_consumer_later() -> None:
    home = QueueHome(HOME, 0)
    talk = Talk(home)
    for rank in range(2, 22):
        talk.ask(rank, WriterOpen)
        talk.say(rank, QueuePut, item())
        talk.say(rank, QueuePut, item())
    gets = 0
    while all(isinstance(letter[1], QueueGot) for letter in talk.ask(1, QueueGet, True)):
        gets += 1
    assert gets > 20  # the move takes three messages for each producer, and saves two for each get
