"""The sleepers of a lock and the event, message by message: who is woken, with what, and what crosses what."""

from __future__ import annotations

from mpiprocessing.core.homes.condition import Monitor
from mpiprocessing.core.homes.event import EventHome
from mpiprocessing.core.homes.home import Letter
from mpiprocessing.core.homes.semaphore import SemaphoreHome, SemaphoreStub
from mpiprocessing.core.messages import (
    ConditionAsk,
    ConditionLate,
    ConditionNotify,
    ConditionTold,
    ConditionWaited,
    EventClear,
    EventSet,
    EventWait,
    EventWaited,
    Message,
    PermitAcquired,
    PermitForce,
    PermitPost,
    PermitRecall,
    PermitReturn,
    Ref,
    ShareReturn,
    Withdraw,
    Withdrawn,
    number,
)

HOME, GATE, OTHER = number(0, 1), number(0, 2), number(0, 3)


class Rank:
    """A rank's stub that talks to the home in memory."""

    def __init__(self, home: SemaphoreHome, rank: int) -> None:
        self.home, self.rank = home, rank
        self.stub = SemaphoreStub(HOME, number(rank, 1), 0)
        self.home.shares[0].give_whole()
        self._calls = 0

    def _call(self) -> int:
        self._calls += 1
        return number(self.rank, self._calls)

    def _head(self) -> tuple[int, int, int]:
        return HOME, self.stub.number, self.stub.next_seq()

    def acquire(self) -> list[Letter]:
        return self.home.receive(self.stub.asking(*self._head(), self._call(), True, False))

    def release(self) -> list[Letter]:
        message = self.stub.release()
        return [] if message is None else self.home.receive(message)

    def wait(self, condition: int = GATE) -> list[Letter]:
        return self.home.receive(self.stub.sleeping(*self._head(), self._call(), condition))

    def late(self, call: int, condition: int = GATE) -> list[Letter]:
        return self.home.receive(ConditionLate(*self._head(), condition, call))

    def notify(self, count: int = 1, condition: int = GATE) -> list[Letter]:
        return self.home.receive(ConditionNotify(*self._head(), condition, count))

    def withdraw(self, call: int) -> list[Letter]:
        return self.home.receive(Withdraw(*self._head(), call))

    def leave(self) -> list[Letter]:
        return self.home.receive(ShareReturn(*self._head(), Ref(0, 0, 0, 0), True))

    def asleep(self, condition: int = GATE) -> int:
        ((_, told),) = self.home.receive(ConditionAsk(*self._head(), self._call(), condition))
        assert isinstance(told, ConditionTold)
        return told.sleeping

    def last_call(self) -> int:
        return number(self.rank, self._calls)

    def answered(self, letters: list[Letter]) -> Message:
        """This rank gets the only letter, which answers a call of its own."""
        ((rank, message),) = letters
        assert rank == self.rank
        assert isinstance(message, PermitAcquired)
        self.stub.answered(message)
        return message


def ranks(count: int) -> list[Rank]:
    home = SemaphoreHome(HOME, 1, 1)
    return [Rank(home, rank) for rank in range(1, count + 1)]


def sleepers(*these: Rank) -> None:
    """Each takes the lock and goes to sleep."""
    for rank in these:
        rank.answered(rank.acquire())
        assert rank.wait() == []


def busy_notifier(notifier: Rank, count: int) -> None:
    """It holds the lock, notifies, and has answered the recall that follows."""
    notifier.answered(notifier.acquire())
    ((_, recall),) = notifier.notify(count)
    assert isinstance(recall, PermitRecall)
    (answer,) = notifier.stub.told(recall)
    assert notifier.home.receive(answer) == []


def kinds(letters: list[Letter]) -> list[tuple[int, type[Message]]]:
    return [(rank, type(message)) for rank, message in letters]


def permits(rank: Rank) -> Monitor:
    return rank.home.permits


# ---- the usual course -------------------------------------------------------------------------------------------------


def test_who_sleeps_gives_the_lock_back_in_the_same_message() -> None:
    first, second = ranks(2)
    sleepers(first)
    assert first.stub.in_use == 0
    assert kinds(second.acquire()) == [(2, PermitAcquired)]


def test_a_lock_that_was_kept_goes_home_as_well_and_is_not_recalled() -> None:
    first, second = ranks(2)
    message = first.answered(first.acquire())
    assert isinstance(message, PermitAcquired)
    assert message.keep
    first.wait()
    second.answered(second.acquire())
    assert first.acquire() == [(2, PermitRecall(second.stub.number, 1))]  # from the second alone


def test_who_is_notified_has_the_lock_when_the_notifier_releases_it() -> None:
    first, second = ranks(2)
    sleepers(first)
    second.answered(second.acquire())
    (recall,) = second.notify()
    assert recall == (2, PermitRecall(second.stub.number, 1))
    (answer,) = second.stub.told(recall[1])  # type: ignore[arg-type]
    assert second.home.receive(answer) == []
    woken = first.answered(second.release())
    assert isinstance(woken, ConditionWaited)
    assert woken.notified
    assert first.stub.in_use == 1


def test_notified_are_those_who_came_first() -> None:
    first, second, third, notifier = ranks(4)
    sleepers(first, second, third)
    busy_notifier(notifier, 2)
    assert notifier.asleep() == 1
    first.answered(notifier.release())
    second.answered(first.release())
    assert second.release() == []


def test_nobody_asleep_nobody_notified_nothing_remembered() -> None:
    (only,) = ranks(1)
    assert only.notify(5) == []
    sleepers(only)
    assert only.asleep() == 1


def test_conditions_of_one_lock_are_kept_apart() -> None:
    first, second, third = ranks(3)
    first.answered(first.acquire())
    first.wait(GATE)
    second.answered(second.acquire())
    second.wait(OTHER)
    assert kinds(third.notify(1, OTHER)) == [(2, ConditionWaited)]
    assert third.asleep(GATE) == 1
    assert third.asleep(OTHER) == 0


# ---- too late ---------------------------------------------------------------------------------------------------------


def test_who_is_late_gets_the_lock_and_was_not_notified() -> None:
    (only,) = ranks(1)
    sleepers(only)
    woken = only.answered(only.late(only.last_call()))
    assert isinstance(woken, ConditionWaited)
    assert not woken.notified


def test_who_is_late_waits_for_the_lock_like_anybody_else_and_takes_no_notification() -> None:
    first, second = ranks(2)
    sleepers(first)
    call = first.last_call()
    second.answered(second.acquire())
    ((_, recall),) = first.late(call)
    assert isinstance(recall, PermitRecall)
    (answer,) = second.stub.told(recall)
    second.home.receive(answer)
    assert second.notify() == []
    woken = first.answered(second.release())
    assert isinstance(woken, ConditionWaited)
    assert not woken.notified


def test_a_notification_before_it_was_late_stands() -> None:
    first, second = ranks(2)
    sleepers(first)
    call = first.last_call()
    woken = first.answered(second.notify())
    assert first.late(call) == []
    assert isinstance(woken, ConditionWaited)
    assert woken.notified


# ---- given up ---------------------------------------------------------------------------------------------------------


def test_who_gives_up_asleep_takes_no_notification() -> None:
    first, second, notifier = ranks(3)
    sleepers(first, second)
    assert kinds(first.withdraw(first.last_call())) == [(1, Withdrawn)]
    assert kinds(notifier.notify()) == [(2, ConditionWaited)]


def test_who_gives_up_notified_leaves_it_to_the_next() -> None:
    first, second, notifier = ranks(3)
    sleepers(first, second)
    busy_notifier(notifier, 1)
    assert kinds(first.withdraw(first.last_call())) == [(1, Withdrawn)]
    assert notifier.asleep() == 0
    assert kinds(notifier.release()) == [(2, ConditionWaited)]


def test_who_gives_up_late_leaves_nothing_to_the_next() -> None:
    first, second, notifier = ranks(3)
    sleepers(first, second)
    notifier.answered(notifier.acquire())
    first.late(first.last_call())
    assert kinds(first.withdraw(first.last_call())) == [(1, Withdrawn)]
    assert notifier.asleep() == 1
    assert permits(first)._late == set()


def test_a_process_that_ends_notified_leaves_it_to_the_next() -> None:
    first, second, notifier = ranks(3)
    sleepers(first, second)
    busy_notifier(notifier, 1)
    assert kinds(first.leave()) == [(1, Withdrawn)]
    assert notifier.asleep() == 0
    assert kinds(notifier.release()) == [(2, ConditionWaited)]


def test_nothing_is_remembered_when_nobody_sleeps() -> None:
    first, second, third = ranks(3)
    sleepers(first, second, third)
    first.answered(first.late(first.last_call()))
    first.release()
    second.withdraw(second.last_call())
    third.leave()
    assert permits(first)._sleepers == {}
    assert permits(first)._late == set()


# ---- releases of a lock that was not taken back -----------------------------------------------------------------------


def test_as_many_releases_are_excused_as_the_lock_was_deep() -> None:
    (only,) = ranks(1)
    only.stub.excuse(7, 2)
    assert [only.stub.excused(7) for _ in range(3)] == [True, True, False]
    assert not only.stub.excused(8)


# ---- semaphores -------------------------------------------------------------------------------------------------------


def test_a_post_is_a_unit_for_whoever_waits() -> None:
    home = SemaphoreHome(HOME, 0, 2**31 - 1)
    first, second = Rank(home, 1), Rank(home, 2)
    assert first.acquire() == []
    assert kinds(home.receive(PermitPost(*second._head()))) == [(1, PermitAcquired)]


def test_a_release_with_room_for_it_needs_no_doubt() -> None:
    home = SemaphoreHome(HOME, 0, 2)
    rank = Rank(home, 1)
    found = [home.receive(PermitForce(*rank._head(), rank._call())) for _ in range(3)]
    assert [letter[1].ok for (letter,) in found] == [True, True, False]  # type: ignore[attr-defined]


def test_who_asks_again_is_not_recalled_from() -> None:
    home = SemaphoreHome(HOME, 1, 2**31 - 1)
    rank = Rank(home, 1)
    rank.answered(rank.acquire())
    assert rank.acquire() == []
    assert rank.stub.release() == PermitReturn(HOME, rank.stub.number, 2, 1, 0, 1, False)


def test_who_asks_while_another_thread_releases_is_sent_back_to_its_purse() -> None:
    home = SemaphoreHome(HOME, 1, 1)
    rank = Rank(home, 1)
    rank.answered(rank.acquire())
    assert rank.stub.release() is None
    ((_, answer),) = rank.acquire()
    assert answer == PermitAcquired(rank.last_call(), 0, True, False)
    assert rank.stub.take()


# ---- events -----------------------------------------------------------------------------------------------------------


def event_wait(stub: int, seq: int, call: int, block: bool = True) -> EventWait:
    return EventWait(HOME, stub, seq, number(stub >> 32, call), block)


def test_all_who_wait_are_told_when_it_is_set() -> None:
    home, stubs = EventHome(HOME), [number(rank, 1) for rank in range(1, 4)]
    for stub in stubs:
        assert home.receive(event_wait(stub, 0, 1)) == []
    letters = home.receive(EventSet(HOME, stubs[0], 1))
    assert letters == [(rank, EventWaited(number(rank, 1), True)) for rank in range(1, 4)]
    assert home.receive(EventSet(HOME, stubs[0], 2)) == []


def test_who_will_not_wait_is_told_how_it_is() -> None:
    home, stub = EventHome(HOME), number(1, 1)
    answers = []
    for seq, message in enumerate((None, EventSet, EventClear)):
        if message is not None:
            home.receive(message(HOME, stub, 2 * seq - 1))
        ((_, answer),) = home.receive(event_wait(stub, 2 * seq, seq + 1, block=False))
        answers.append(answer.is_set)  # type: ignore[attr-defined]
    assert answers == [False, True, False]


def test_who_gave_up_is_not_told() -> None:
    home, stub = EventHome(HOME), number(1, 1)
    home.receive(event_wait(stub, 0, 1))
    assert kinds(home.receive(Withdraw(HOME, stub, 1, number(1, 1)))) == [(1, Withdrawn)]
    assert home.receive(EventSet(HOME, stub, 2)) == []
