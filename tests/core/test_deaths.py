"""What homes, outboxes and counts do when a rank dies, one step at a time; whole jobs are in the simulator's `deaths.py`."""

from __future__ import annotations

import errno
import pickle
from typing import Any

import pytest

from mpiprocessing.core.border import Border
from mpiprocessing.core.errors import HolderDied as HolderDiedError
from mpiprocessing.core.errors import HomeLost, PeerLost, WorkerDied
from mpiprocessing.core.homes.barrier import BarrierHome
from mpiprocessing.core.homes.home import Home
from mpiprocessing.core.homes.joinable import JoinableQueueHome
from mpiprocessing.core.homes.queue import QueueHome
from mpiprocessing.core.homes.semaphore import SemaphoreHome, SemaphoreStub
from mpiprocessing.core.messages import (
    BarrierBroken,
    BarrierReset,
    BarrierWait,
    ConditionWait,
    Dead,
    EventSet,
    HolderDied,
    HostWait,
    Message,
    Out,
    Payload,
    PermitAcquire,
    PermitAcquired,
    PermitForce,
    PermitForced,
    PermitPost,
    PermitReturn,
    QueueFinish,
    QueueFinished,
    QueueGet,
    QueueGot,
    QueueJoin,
    QueueJoined,
    QueuePut,
    QueuePutTask,
    QueueUnget,
    Ref,
    number,
)
from mpiprocessing.core.obituary import home_lost
from mpiprocessing.core.outbox import Outbox
from tests.core.simulator import Failure, play
from tests.core.simulator.deaths import DEATHS

HOME = number(0, 1)


class Talk:
    """Stubs of some ranks that talk to a home."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.seqs: dict[int, int] = {}
        self.calls = 0
        home.shares[0].give_whole()

    def say(self, rank: int, kind: Any, *fields: Any) -> list[Message]:
        """A message without a call. Returns what the home sends."""
        stub = number(rank, 1)
        seq = self.seqs[rank] = self.seqs.get(rank, -1) + 1
        return [message for _, message in self.home.receive(kind(HOME, stub, seq, *fields))]

    def ask(self, rank: int, kind: Any, *fields: Any) -> list[Message]:
        """A message with a call."""
        self.calls += 1
        return self.say(rank, kind, number(rank, self.calls), *fields)

    def acquire(self, rank: int, block: bool = True) -> list[Message]:
        return self.ask(rank, PermitAcquire, block, 0, False)

    def die(self, rank: int) -> list[Message]:
        return [message for dest, message in self.home.rank_died(rank) if dest != rank]


def semaphore(units: int = 1, limit: int = 1) -> Talk:
    home = SemaphoreHome(HOME, units, limit)
    home.expect_deaths()
    return Talk(home)


def kinds(messages: list[Message]) -> list[type[Message]]:
    return [type(message) for message in messages]


# ---- locks and semaphores ----------------------------------------------------------------------------------------------


def test_who_waits_for_a_lock_that_the_dead_held_is_told_and_so_is_whoever_comes_later() -> None:
    talk = semaphore()
    talk.acquire(1)
    assert talk.acquire(2) == []
    (told,) = talk.die(1)
    assert isinstance(told, HolderDied) and told.rank == 1
    for block in (True, False):
        assert kinds(talk.acquire(3, block)) == [HolderDied]


def test_a_release_in_the_place_of_the_dead_makes_the_lock_good_again() -> None:
    talk = semaphore()
    talk.acquire(1)
    talk.die(1)
    assert talk.ask(2, PermitForce) == [PermitForced(number(2, 2), True)]
    assert kinds(talk.acquire(2)) == [PermitAcquired]


def test_where_ranks_may_die_an_unused_unit_stays_for_a_moment_only() -> None:
    talk = semaphore()
    (granted,) = talk.acquire(1)
    assert isinstance(granted, PermitAcquired) and granted.keep and granted.run
    talk.say(1, PermitReturn, 1, 0, 1, False)  # the moment is over
    assert talk.die(1) == []
    assert kinds(talk.acquire(2)) == [PermitAcquired]


def test_as_long_as_one_that_lives_has_a_unit_it_may_come_back() -> None:
    talk = semaphore(2, 2)
    talk.acquire(1)
    talk.acquire(2)
    talk.acquire(3)
    assert talk.die(1) == []
    assert kinds(talk.say(2, PermitReturn, 1, 0, 1, False)) == [PermitAcquired]
    assert kinds(talk.die(3)) == []
    assert kinds(talk.acquire(4)) == [HolderDied]


def test_units_that_were_signals_may_come_from_anybody() -> None:
    talk = semaphore(0, 2**31 - 1)
    talk.say(2, PermitPost)
    talk.acquire(1)
    assert talk.acquire(3) == []
    assert talk.die(1) == []
    assert kinds(talk.say(2, PermitPost)) == [PermitAcquired]


def test_sleepers_are_told_as_well_since_nobody_can_take_the_lock_to_notify_them() -> None:
    talk = semaphore()
    talk.acquire(2)
    talk.ask(2, ConditionWait, 7, 1, 0, 1)
    talk.acquire(1)
    assert kinds(talk.die(1)) == [HolderDied]


def test_one_that_has_died_is_not_waited_for() -> None:
    talk = semaphore()
    talk.acquire(1)
    talk.acquire(2)
    talk.acquire(3)
    talk.die(2)
    (granted,) = talk.say(1, PermitReturn, 1, 0, 1, False)
    assert isinstance(granted, PermitAcquired) and granted.call == number(3, 3)


# ---- barriers and queues -----------------------------------------------------------------------------------------------


def test_a_barrier_at_which_the_dead_had_been_is_broken_until_it_is_made_new() -> None:
    talk = Talk(BarrierHome(HOME, 3, False))
    talk.ask(1, BarrierWait)
    talk.ask(2, BarrierWait)
    assert talk.die(1) == [BarrierBroken(number(2, 2), 1)]
    assert talk.ask(2, BarrierWait) == [BarrierBroken(number(2, 3), 1)]
    talk.say(2, BarrierReset)
    assert talk.ask(2, BarrierWait) == []


def test_places_of_the_dead_come_back_and_its_gets_take_nothing() -> None:
    talk = Talk(QueueHome(HOME, 1))
    talk.acquire(1)
    talk.ask(3, QueueGet, True)
    talk.acquire(2)
    assert kinds(talk.die(1)) == [PermitAcquired]
    talk.die(3)
    assert talk.say(2, QueuePut, Payload(b"item")) == []
    assert kinds(talk.ask(4, QueueGet, True))[0] is QueueGot


def test_a_queue_does_not_follow_its_consumer_where_ranks_may_die() -> None:
    home = QueueHome(HOME, 0)
    home.expect_deaths()
    talk = Talk(home)
    for _ in range(20):
        talk.ask(2, QueueGet, False)
        assert home.wanted is None


def test_who_joins_is_told_of_items_that_the_dead_had_in_hands() -> None:
    home = JoinableQueueHome(HOME, 0)
    home.expect_deaths()
    talk = Talk(home)
    talk.say(2, QueuePutTask, Payload(b"item"))
    talk.ask(1, QueueGet, True)
    talk.ask(3, QueueJoin)
    assert kinds(talk.die(1)) == [HolderDied]
    assert kinds(talk.ask(3, QueueJoin)) == [HolderDied]


def test_an_item_that_was_given_back_is_not_in_the_hands_of_the_dead() -> None:
    home = JoinableQueueHome(HOME, 0)
    home.expect_deaths()
    talk = Talk(home)
    talk.say(2, QueuePutTask, Payload(b"item"))
    got: Any = talk.ask(1, QueueGet, True)[0]
    talk.say(1, QueueUnget, got.payload, got.place)
    talk.ask(3, QueueJoin)
    assert kinds(talk.die(1)) == []
    talk.ask(2, QueueGet, True)
    assert kinds(talk.ask(2, QueueFinish)) == [QueueFinished, QueueJoined]


# ---- the outbox ----------------------------------------------------------------------------------------------------------


def test_what_waits_for_the_dead_is_handed_back_and_what_comes_later_swallowed() -> None:
    outbox, swallowed = Outbox(), list[Message]()
    for process in (1, 2, 3):
        outbox.push(1, HostWait(process))
        outbox.ready and outbox.frame()
    assert outbox.bury(1, swallowed.append) == [HostWait(2), HostWait(3)]
    outbox.received(1)
    outbox.push(1, HostWait(4))
    assert swallowed == [HostWait(4)]
    assert not outbox and not outbox.ready


def test_effects_do_not_wait_for_the_dead() -> None:
    outbox = Outbox()
    outbox.push(1, EventSet(HOME, 5, 0))
    outbox.frame()
    outbox.push(2, EventSet(HOME, 6, 0))
    assert not outbox.ready, "it waits until the first has been received"
    outbox.bury(1, lambda message: None)
    assert list(outbox.released(0)) == []
    assert outbox.ready == [2]
    outbox.push(1, EventSet(HOME, 5, 1))
    outbox.frame()
    outbox.received(2)
    assert list(outbox.released(0)) == []
    assert not outbox.must_wait(3)


# ---- the count -----------------------------------------------------------------------------------------------------------


def crossed(border: Border) -> dict[tuple[int, int], float]:
    return {key: shares.out / (1 << shares.exponent) for key, shares in border.balances.items()}


def test_what_crosses_a_border_is_counted_on_both_sides_and_adds_up_to_nothing() -> None:
    giver, taker = Border(), Border()
    taker.source = 0
    for share in (1, 2, 2):
        taker.enter(Ref, list(giver.leave(Ref(HOME, 0, 0, share))))
    assert crossed(giver) == {(HOME, 0): -1.0}
    assert crossed(taker) == {(HOME, 0): 1.0}


def test_a_home_takes_what_is_out_of_it_along() -> None:
    border = Border()
    border.leave(Ref(HOME, 0, 1, 1))
    border.leave(Out(HOME, 1, 1, "1"))
    assert crossed(border) == {}


def test_what_is_behind_a_marker_is_not_noted() -> None:
    border = Border()
    border.source = 2
    border.note([2])
    border.enter(Ref, [HOME, 0, 0, 0])
    assert border.marked(2)
    border.enter(Ref, [HOME, 0, 0, 0])
    assert {key: shares.out for key, shares in border.noted.items()} == {(HOME, 0): 1}


def test_a_marker_is_met_before_what_is_behind_it_in_its_frame_is_counted() -> None:
    border, met = Border(), list[Any]()
    border.source = 3
    border.learn = lambda source, ranks: met.append((source, ranks, crossed(border)))
    border.enter(Dead, [5])
    border.enter(Ref, [HOME, 0, 0, 0])
    assert met == [(3, (5,), {})]


@pytest.mark.parametrize(
    "fields", [[1, 2, 3], [1, 2, 3, "x"], [1, 2, 3, True], {"home": 1}, None, [1, 2, 3, 4, 5]]
)
def test_what_is_no_handle_is_refused(fields: Any) -> None:
    border = Border()
    with pytest.raises(TypeError):
        border.enter(Ref, fields)
    assert not border.balances


# ---- what the user sees --------------------------------------------------------------------------------------------------


def test_errors_name_the_rank_and_what_is_known_of_it() -> None:
    stub = SemaphoreStub(HOME, 5, 2)
    stub.lost = 2
    error = home_lost(stub, lambda rank: {"host": "n7", "signal": 9, "process": "Process-2"})
    assert isinstance(error, HomeLost) and (error.rank, error.host, error.signal) == (2, "n7", 9)
    assert "Process-2" in str(error) and "rank 2 on n7" in str(error) and "lock" in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is HomeLost and str(again) == str(error) and again.process == "Process-2"


def test_a_lost_pipe_is_the_end_for_readers_and_broken_for_writers() -> None:
    error = PeerLost("rank 2 is dead", 2, host="n7")
    assert (
        isinstance(error, EOFError) and isinstance(error, BrokenPipeError) and isinstance(error, WorkerDied)
    )
    assert error.errno == errno.EPIPE and str(pickle.loads(pickle.dumps(error))) == "rank 2 is dead"
    assert issubclass(HolderDiedError, WorkerDied)


# ---- the simulator finds what goes wrong -----------------------------------------------------------------------------------


def fails(scenario: str, schedules: int = 120) -> bool:
    for seed in range(schedules):
        try:
            play(DEATHS[scenario], seed)
        except Failure:
            return True
    return False


def test_it_sees_shares_that_are_never_written_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Home, "written_off", lambda self, role, missing: [])
    assert fails("deaths_pipe")


def test_it_sees_a_count_without_markers(monkeypatch: pytest.MonkeyPatch) -> None:
    note = Border.note
    monkeypatch.setattr(Border, "note", lambda self, awaited: (note(self, awaited), self._awaited.clear())[0])
    monkeypatch.setattr(Border, "marked", lambda self, source: True)
    assert fails("deaths_undelivered", 400)


def test_it_sees_a_lock_that_comes_back_although_the_dead_held_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SemaphoreHome, "stub_died", give_back_all)
    assert fails("deaths_lock")


def give_back_all(self: SemaphoreHome, stub: int) -> list[Any]:
    self.permits.free += self.permits._out.pop(stub, 0)
    return self.permits.stub_gone(stub)
