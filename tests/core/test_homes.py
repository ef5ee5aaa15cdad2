"""Queues, pipes, barriers, hosts and waiting rooms at home, message by message."""

from __future__ import annotations

from mpiprocessing.core.homes.barrier import BarrierHome
from mpiprocessing.core.homes.home import Home, Letter
from mpiprocessing.core.homes.hosts import Hosts
from mpiprocessing.core.homes.pipe import READER, WRITER, PipeHome
from mpiprocessing.core.homes.queue import QueueHome
from mpiprocessing.core.homes.waitroom import WaitRoom
from mpiprocessing.core.messages import (
    BarrierAbort,
    BarrierAct,
    BarrierActed,
    BarrierBroken,
    BarrierLate,
    BarrierPassed,
    BarrierReset,
    BarrierWait,
    HostCancel,
    HostFree,
    HostTake,
    HostTaken,
    HostWait,
    Message,
    Payload,
    PipeBroken,
    PipeEnded,
    PipePoll,
    PipePolled,
    PipeReceive,
    PipeReceived,
    PipeSend,
    PipeUnreceive,
    QueueGet,
    QueueGot,
    QueuePut,
    QueueRefused,
    QueueUnget,
    Ref,
    Request,
    ShareReturn,
    ToHome,
    Withdraw,
    Withdrawn,
    WriterOpen,
    WriterOpened,
    number,
)

HOME = number(0, 1)


class Talk:
    """Messages from some ranks to one home, numbered as their stubs would."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._seq: dict[int, int] = {}
        self._calls = 0

    def say(self, rank: int, kind: type[ToHome], *fields: object) -> list[Letter]:
        seq = self._seq.get(rank, 0)
        self._seq[rank] = seq + 1
        return self.home.receive(kind(HOME, number(rank, 1), seq, *fields))

    def ask(self, rank: int, kind: type[Request], *fields: object) -> list[Letter]:
        self._calls += 1
        return self.say(rank, kind, number(rank, self._calls), *fields)

    def last_call(self, rank: int) -> int:
        return number(rank, self._calls)


def kinds(letters: list[Letter]) -> list[tuple[int, type[Message]]]:
    return [(rank, type(message)) for rank, message in letters]


def item(tag: bytes = b"x") -> Payload:
    return Payload(tag)


# ---- waiting rooms --------------------------------------------------------------------------------------------------


def test_first_come_first_served_and_anybody_may_leave() -> None:
    room: WaitRoom[QueueGet] = WaitRoom()
    requests = [QueueGet(HOME, number(1, 1), seq, number(1, seq), True) for seq in range(4)]
    for request in requests:
        room.enter(request)
    assert room.leave(requests[1].call) is requests[1]
    assert room.leave(requests[1].call) is None
    assert room.next() is requests[0]
    assert requests[2].call in room and len(room) == 2
    assert room.everybody() == requests[2:] and len(room) == 0


# ---- queues ---------------------------------------------------------------------------------------------------------


def test_items_go_to_those_who_wait_in_their_order() -> None:
    talk = Talk(QueueHome(HOME, 0))
    talk.ask(1, QueueGet, True)
    talk.ask(2, QueueGet, True)
    assert kinds(talk.say(3, QueuePut, item())) == [(1, QueueGot)]
    assert kinds(talk.say(3, QueuePut, item())) == [(2, QueueGot)]


def test_items_that_came_together_go_to_as_many_as_wait_and_the_others_stay() -> None:
    talk = Talk(QueueHome(HOME, 0))
    talk.ask(1, QueueGet, True)
    talk.ask(2, QueueGet, True)
    letters = talk.say(3, QueuePut, item(b"0"), [item(b"1"), item(b"2")])
    assert [(rank, letter.payload.body) for rank, letter in letters] == [(1, b"0"), (2, b"1")]  # type: ignore[attr-defined]
    ((_, got),) = talk.ask(1, QueueGet, True)
    assert isinstance(got, QueueGot) and got.payload.body == b"2"


def test_who_will_not_wait_is_refused_by_an_empty_queue() -> None:
    assert kinds(Talk(QueueHome(HOME, 0)).ask(1, QueueGet, False)) == [(1, QueueRefused)]


def test_who_gave_up_in_time_gets_nothing() -> None:
    talk = Talk(QueueHome(HOME, 0))
    talk.ask(1, QueueGet, True)
    assert kinds(talk.say(1, Withdraw, talk.last_call(1))) == [(1, Withdrawn)]
    assert talk.say(2, QueuePut, item()) == []


def test_who_gave_up_too_late_gets_no_second_answer() -> None:
    talk = Talk(QueueHome(HOME, 0))
    talk.ask(1, QueueGet, True)
    call = talk.last_call(1)
    talk.say(2, QueuePut, item())
    assert talk.say(1, Withdraw, call) == []


def test_an_item_that_comes_back_is_the_next_one() -> None:
    talk = Talk(QueueHome(HOME, 0))
    talk.say(2, QueuePut, item(b"second"))
    talk.say(1, QueueUnget, item(b"first"), 1)
    ((_, got),) = talk.ask(1, QueueGet, True)
    assert isinstance(got, QueueGot) and got.payload.body == b"first"


# ---- pipes ----------------------------------------------------------------------------------------------------------


def pipe() -> tuple[PipeHome, Talk]:
    home = PipeHome(HOME)
    home.shares[READER].give_whole()
    home.shares[WRITER].give_whole()
    return home, Talk(home)


def close(talk: Talk, rank: int, role: int, share: int = 0, last: bool = True) -> list[Letter]:
    return talk.say(rank, ShareReturn, Ref(0, 0, role, share), last)


def test_objects_that_came_together_are_received_one_by_one() -> None:
    _, talk = pipe()
    talk.ask(1, PipeReceive)
    (first,) = talk.say(2, PipeSend, item(b"0"), [item(b"1"), item(b"2")])
    (second,) = talk.ask(1, PipeReceive)
    assert [got.payload.body for _, got in (first, second)] == [b"0", b"1"]  # type: ignore[attr-defined]


def test_the_end_comes_when_the_last_writer_has_gone() -> None:
    _, talk = pipe()
    talk.ask(1, PipeReceive)
    assert close(talk, 2, WRITER, share=1) == []
    assert kinds(close(talk, 3, WRITER, share=1)) == [(1, PipeEnded)]


def test_the_end_comes_after_everything_that_was_sent() -> None:
    _, talk = pipe()
    talk.say(2, PipeSend, item())
    close(talk, 2, WRITER)
    assert kinds(talk.ask(1, PipeReceive)) == [(1, PipeReceived)]
    assert kinds(talk.ask(1, PipeReceive)) == [(1, PipeEnded)]


def test_everybody_who_waits_is_told_of_the_end() -> None:
    _, talk = pipe()
    talk.ask(1, PipeReceive)
    talk.ask(3, PipeReceive)
    talk.ask(4, PipePoll, True)
    assert kinds(close(talk, 2, WRITER)) == [(1, PipeEnded), (3, PipeEnded), (4, PipePolled)]


def test_writers_are_told_that_nobody_reads_any_more() -> None:
    home, talk = pipe()
    talk.ask(2, WriterOpen)
    talk.say(2, PipeSend, Payload(b"", (), (Ref(7, 0, 0, 0),)))
    assert kinds(close(talk, 1, READER)) == [(2, PipeBroken)]
    assert [content.refs for content in home.discarded] == [(Ref(7, 0, 0, 0),)]
    ((_, opened),) = talk.ask(3, WriterOpen)
    assert isinstance(opened, WriterOpened) and opened.broken


def test_an_object_that_comes_back_goes_to_the_next_who_waits() -> None:
    _, talk = pipe()
    talk.ask(3, PipeReceive)
    assert kinds(talk.say(1, PipeUnreceive, item(), 1)) == [(3, PipeReceived)]


def test_a_pipe_wants_to_go_to_its_reader() -> None:
    home, talk = pipe()
    talk.ask(1, PipeReceive)
    assert home.wanted == 1


# ---- barriers -------------------------------------------------------------------------------------------------------


def arrive(talk: Talk, *ranks: int) -> list[Letter]:
    letters: list[Letter] = []
    for rank in ranks:
        letters += talk.ask(rank, BarrierWait)
    return letters


def test_all_pass_when_the_last_has_come_in_the_order_of_arrival() -> None:
    letters = arrive(Talk(BarrierHome(HOME, 3, action=False)), 2, 1, 3)
    assert kinds(letters) == [(2, BarrierPassed), (1, BarrierPassed), (3, BarrierPassed)]
    assert [message.index for _, message in letters if isinstance(message, BarrierPassed)] == [0, 1, 2]


def test_the_last_runs_the_action_before_anybody_passes() -> None:
    talk = Talk(BarrierHome(HOME, 2, action=True))
    assert kinds(arrive(talk, 1, 2)) == [(2, BarrierAct)]
    assert kinds(talk.say(2, BarrierActed, True)) == [(1, BarrierPassed)]


def test_an_action_that_fails_breaks_the_barrier() -> None:
    talk = Talk(BarrierHome(HOME, 2, action=True))
    arrive(talk, 1, 2)
    assert kinds(talk.say(2, BarrierActed, False)) == [(1, BarrierBroken)]
    assert kinds(arrive(talk, 3)) == [(3, BarrierBroken)]


def test_a_process_that_ends_instead_of_running_the_action_breaks_the_barrier() -> None:
    home = BarrierHome(HOME, 2, action=True)
    home.shares[0].give_whole()
    home.shares[0].give_whole()
    talk = Talk(home)
    arrive(talk, 1, 2)
    assert kinds(talk.say(2, ShareReturn, Ref(0, 0, 0, 0), True)) == [(1, BarrierBroken)]


def test_who_runs_out_of_time_breaks_it_for_all() -> None:
    talk = Talk(BarrierHome(HOME, 3, action=False))
    arrive(talk, 1, 2)
    assert kinds(talk.say(2, BarrierLate, talk.last_call(2))) == [(1, BarrierBroken), (2, BarrierBroken)]


def test_who_runs_out_of_time_when_all_have_come_breaks_nothing() -> None:
    talk = Talk(BarrierHome(HOME, 2, action=False))
    arrive(talk, 1, 2)
    assert talk.say(1, BarrierLate, talk.last_call(1)) == []
    assert kinds(arrive(talk, 2, 1)) == [(2, BarrierPassed), (1, BarrierPassed)]


def test_who_is_called_away_has_not_come() -> None:
    talk = Talk(BarrierHome(HOME, 2, action=False))
    arrive(talk, 1)
    assert kinds(talk.say(1, Withdraw, talk.last_call(1))) == [(1, Withdrawn)]
    assert arrive(talk, 2) == []
    assert kinds(arrive(talk, 1)) == [(2, BarrierPassed), (1, BarrierPassed)]


def test_a_reset_frees_those_who_wait_and_makes_it_new() -> None:
    talk = Talk(BarrierHome(HOME, 2, action=False))
    arrive(talk, 1)
    assert kinds(talk.say(2, BarrierReset)) == [(1, BarrierBroken)]
    assert kinds(arrive(talk, 1, 2)) == [(1, BarrierPassed), (2, BarrierPassed)]


def test_who_comes_to_a_broken_barrier_need_not_wait() -> None:
    talk = Talk(BarrierHome(HOME, 2, action=False))
    talk.say(1, BarrierAbort)
    assert kinds(arrive(talk, 2)) == [(2, BarrierBroken)]


# ---- hosts ----------------------------------------------------------------------------------------------------------


def test_children_get_free_ranks_and_wait_where_there_is_none() -> None:
    hosts = Hosts({1: 101, 2: 102})
    assert hosts.take(HostTake(0, 5)) == [(0, HostTaken(5, 1, 101))]
    assert hosts.take(HostTake(1, 6)) == [(1, HostTaken(6, 2, 102))]
    assert hosts.take(HostTake(1, 7)) == [(1, HostWait(7))]
    assert hosts.freed(HostFree(2)) == [(1, HostTaken(7, 2, 102))]


def test_a_child_that_was_ended_while_it_waited_takes_no_rank() -> None:
    hosts = Hosts({1: 101})
    hosts.take(HostTake(0, 5))
    hosts.take(HostTake(0, 6))
    hosts.cancel(HostCancel(6))
    assert hosts.freed(HostFree(1)) == []
    assert hosts.free == 1
