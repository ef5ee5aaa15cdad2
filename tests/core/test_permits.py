"""Permits and their purses, message by message: what each step sends, and the crossings that once went wrong."""

from __future__ import annotations

import pytest

from mpiprocessing.core.homes.home import Letter
from mpiprocessing.core.homes.permits import Permits
from mpiprocessing.core.homes.purse import TURNS, Purse
from mpiprocessing.core.messages import (
    Message,
    PermitAcquire,
    PermitAcquired,
    PermitAsk,
    PermitForce,
    PermitForced,
    PermitForfeit,
    PermitGrant,
    PermitRecall,
    PermitRefused,
    PermitReturn,
    PermitTold,
    ToHome,
    number,
)

HOME = number(0, 1)
A, B, C = number(1, 1), number(2, 1), number(3, 1)


def acquire(
    stub: int, call: int = 1, block: bool = True, received: int = 0, soon: bool = False
) -> PermitAcquire:
    return PermitAcquire(HOME, stub, 0, number(stub >> 32, call), block, received, soon)


def force(stub: int, call: int = 9) -> PermitForce:
    return PermitForce(HOME, stub, 0, number(stub >> 32, call))


def ask(stub: int, call: int = 8) -> PermitAsk:
    return PermitAsk(HOME, stub, 0, number(stub >> 32, call))


def returns(
    stub: int, units: int, in_use: int = 0, recalled: bool = False, received: int = 1
) -> PermitReturn:
    return PermitReturn(HOME, stub, 0, units, in_use, received, recalled)


def kinds(letters: list[Letter]) -> list[tuple[int, type[Message]]]:
    return [(rank, type(message)) for rank, message in letters]


def only(letters: list[Letter]) -> Message:
    ((_, message),) = letters
    return message


def purse(stub: int) -> Purse:
    return Purse(HOME, stub, 0)


def given(purse: Purse, letters: list[Letter]) -> None:
    """The purse's rank gets a grant that answers a call."""
    message = only(letters)
    assert isinstance(message, PermitAcquired)
    purse.answered(message)


# ---- the usual course -----------------------------------------------------------------------------------------------


def test_the_only_user_may_keep_its_unit() -> None:
    permits, here = Permits(1, 1), purse(A)
    given(here, permits.acquire(acquire(A)))
    assert here.release() is None
    assert here.take()
    assert not here.take()


def test_who_comes_second_waits_for_the_recall() -> None:
    permits, here = Permits(1, 1), purse(A)
    given(here, permits.acquire(acquire(A)))
    assert kinds(permits.acquire(acquire(B))) == [(1, PermitRecall)]
    (answer,) = here.told(PermitRecall(A, here.received))
    assert answer == returns(A, 0, in_use=1, recalled=True)
    assert permits.returned(answer) == []  # type: ignore[arg-type]
    message = here.release()
    assert message is not None
    assert kinds(permits.returned(message)) == [(2, PermitAcquired)]


def test_nobody_is_recalled_twice_for_the_same_wait() -> None:
    permits = Permits(1, 1)
    permits.acquire(acquire(A))
    assert kinds(permits.acquire(acquire(B))) == [(1, PermitRecall)]
    assert permits.acquire(acquire(C)) == []


def test_who_will_not_wait_is_refused_only_after_the_purses_were_asked() -> None:
    permits, here = Permits(1, 1), purse(A)
    given(here, permits.acquire(acquire(A)))
    assert kinds(permits.acquire(acquire(B, block=False))) == [(1, PermitRecall)]
    assert kinds(permits.returned(returns(A, 0, in_use=1, recalled=True))) == [(2, PermitRefused)]


def test_who_will_not_wait_gets_a_unit_that_was_merely_kept() -> None:
    permits, here = Permits(1, 1), purse(A)
    given(here, permits.acquire(acquire(A)))
    here.release()
    permits.acquire(acquire(B, block=False))
    (answer,) = here.told(PermitRecall(A, here.received))
    assert kinds(permits.returned(answer)) == [(2, PermitAcquired)]  # type: ignore[arg-type]


def test_how_many_are_free_counts_what_is_kept() -> None:
    permits, here = Permits(2, 2), purse(A)
    given(here, permits.acquire(acquire(A)))
    here.release()
    permits.ask(ask(B))
    (answer,) = here.told(PermitRecall(A, here.received))
    assert only(permits.returned(answer)) == PermitTold(ask(B).call, 2)  # type: ignore[arg-type]


def test_a_recall_that_overtook_its_grant_is_answered_after_it() -> None:
    permits, here = Permits(1, 1), purse(A)
    grant = permits.acquire(acquire(A))
    recall = only(permits.acquire(acquire(B)))
    assert isinstance(recall, PermitRecall)
    # A has not got its unit yet, and so has nothing to say.
    assert here.told(recall) == []
    message = only(grant)
    assert isinstance(message, PermitAcquired)
    (answer,) = here.answered(message)
    assert answer == PermitReturn(HOME, A, 0, 0, 1, 1, True)
    assert permits.returned(answer) == []  # type: ignore[arg-type]
    back = here.release()
    assert back is not None
    assert kinds(permits.returned(back)) == [(2, PermitAcquired)]


def test_a_grant_that_crosses_a_request_answers_it() -> None:
    permits = Permits(4, 4, generous=True)
    permits.acquire(acquire(A))
    reply = only(permits.acquire(acquire(A, call=2)))
    assert reply == PermitAcquired(number(1, 2), 0, True, False)


# ---- runs: who comes straight back keeps its unit for a moment --------------------------------------------------------


def contended() -> tuple[Permits, Purse]:
    """A and B take turns, A asks again soon after its turn, and B comes while A is at it."""
    permits, here = Permits(1, 1), purse(A)
    permits.acquire(acquire(B))
    permits.acquire(acquire(A, soon=True))
    given(here, permits.returned(returns(B, 1, recalled=True)))
    permits.acquire(acquire(B, call=2, received=1, soon=True))
    return permits, here


def test_who_asks_again_soon_keeps_its_unit_although_another_one_waits() -> None:
    _, here = contended()
    assert here.keep and here.restless
    assert here.release() is None
    assert here.take()


def test_a_run_ends_in_a_moment_with_what_is_not_in_use() -> None:
    permits, here = contended()
    here.release()
    (message,) = here.hurry(0.0)
    assert message == returns(A, 1) and not here.restless
    answer = only(permits.returned(message))  # type: ignore[arg-type]
    assert isinstance(answer, PermitAcquired) and answer.run


def test_a_unit_in_use_when_its_run_ends_goes_home_at_its_release() -> None:
    _, here = contended()
    assert here.hurry(0.0) == []
    assert here.release() == returns(A, 1)


def test_a_run_ends_after_so_many_turns() -> None:
    _, here = contended()
    for _ in range(TURNS):
        assert here.release() is None
        assert here.take()
    assert here.release() == returns(A, 1)


def test_who_does_not_come_back_soon_gets_no_run() -> None:
    permits, here = contended()
    here.release()
    permits.acquire(acquire(C))
    answer = only(permits.returned(here.hurry(0.0)[0]))  # type: ignore[arg-type]
    assert isinstance(answer, PermitAcquired) and answer.run
    answer = only(permits.returned(returns(B, 1, received=2)))
    assert answer == PermitAcquired(acquire(C).call, 1, False, False)


def test_a_run_is_not_recalled_for_who_can_wait_but_for_who_will_not() -> None:
    permits, here = contended()
    assert permits.acquire(acquire(C)) == []
    assert kinds(permits.acquire(acquire(C, call=2, block=False))) == [(1, PermitRecall)]
    (answer,) = here.told(PermitRecall(A, here.received))
    assert kinds(permits.returned(answer)) == [(3, PermitRefused)]  # type: ignore[arg-type]
    assert here.hurry(0.0) == []
    message = here.release()
    assert message is not None
    assert kinds(permits.returned(message)) == [(2, PermitAcquired)]


def test_a_thread_that_waits_on_the_same_rank_ends_the_run() -> None:
    _, here = contended()
    here.asking(HOME, A, 0, number(1, 7), True, False)
    assert here.release() == returns(A, 1)


# ---- units at hand: taken and laid down without the runtime's lock -----------------------------------------------------


def lay_down(here: Purse) -> None:
    here.at_hand.append(None)


def test_a_unit_at_hand_is_given_back_when_it_is_recalled() -> None:
    permits, here = Permits(1, 1), purse(A)
    given(here, permits.acquire(acquire(A)))
    lay_down(here)
    assert only([(0, message) for message in here.told(PermitRecall(A, 1))]) == returns(A, 1, recalled=True)
    assert not here.at_hand and not here.in_use


def test_a_unit_laid_down_after_its_recall_goes_home() -> None:
    permits, here = Permits(1, 1), purse(A)
    given(here, permits.acquire(acquire(A)))
    here.told(PermitRecall(A, 1))
    lay_down(here)
    (message,) = here.go_home()
    assert isinstance(message, PermitReturn) and message.units == 1 and not here.in_use


def test_a_unit_that_two_threads_lay_down_is_one() -> None:
    permits, here = Permits(1, 1), purse(A)
    given(here, permits.acquire(acquire(A)))
    lay_down(here)
    lay_down(here)
    assert here.gather()
    assert here.unused == 1 and not here.at_hand
    assert not here.gather()


# ---- releases by force ----------------------------------------------------------------------------------------------


def test_without_a_limit_a_release_by_anybody_makes_a_unit() -> None:
    permits = Permits(0, None)
    assert only(permits.force(force(A))) == PermitForced(force(A).call, True)
    assert permits.free == 1


def test_nothing_can_be_released_where_all_is_free() -> None:
    permits = Permits(1, 1)
    assert only(permits.force(force(A))) == PermitForced(force(A).call, False)


def test_the_holder_gives_its_unit_up_before_anybody_else_has_it() -> None:
    permits, here = Permits(1, 1), purse(A)
    given(here, permits.acquire(acquire(A)))
    assert kinds(permits.force(force(B))) == [(1, PermitRecall)]
    assert kinds(permits.returned(here.told(PermitRecall(A, here.received))[0])) == [(1, PermitForfeit)]  # type: ignore[arg-type]
    assert permits.acquire(acquire(C)) == []
    (answer,) = here.told(PermitForfeit(A))
    assert here.in_use == 0
    letters = permits.returned(answer)  # type: ignore[arg-type]
    assert kinds(letters) == [(2, PermitForced), (3, PermitAcquired)]
    assert permits.free == 0


def test_a_holder_that_releases_at_the_same_moment_makes_no_second_unit() -> None:
    permits, here = Permits(1, 1), purse(A)
    given(here, permits.acquire(acquire(A)))
    permits.force(force(B))
    permits.returned(here.told(PermitRecall(A, here.received))[0])  # type: ignore[arg-type]
    released = here.release()  # the forfeit is on its way
    assert released is not None
    (answer,) = here.told(PermitForfeit(A))
    permits.returned(released)
    last = permits.returned(answer)  # type: ignore[arg-type]
    assert only(last) == PermitForced(force(B).call, False)
    assert permits.free == 1


def test_a_unit_whose_holder_has_gone_can_be_released_by_force_and_only_so() -> None:
    permits = Permits(1, 1)
    permits.acquire(acquire(A))
    permits.stub_gone(A)
    assert permits.acquire(acquire(B)) == []
    assert kinds(permits.force(force(C))) == [(3, PermitForced), (2, PermitAcquired)]


def test_a_holder_that_goes_while_it_is_asked_does_not_leave_the_caller_waiting() -> None:
    permits, here = Permits(1, 1), purse(A)
    given(here, permits.acquire(acquire(A)))
    permits.force(force(B))
    assert kinds(permits.returned(here.told(PermitRecall(A, here.received))[0])) == [(1, PermitForfeit)]  # type: ignore[arg-type]
    assert only(permits.stub_gone(A)) == PermitForced(force(B).call, True)


# ---- the places of a bounded queue ----------------------------------------------------------------------------------


def places(limit: int = 4) -> Permits:
    return Permits(limit, limit, generous=True)


def test_a_single_producer_gets_all_places_and_new_ones_in_good_time() -> None:
    permits, here = places(), purse(A)
    given(here, permits.acquire(acquire(A)))
    assert here.in_use == 1 and here.unused == 3
    for _ in range(4):
        permits.spent(A)
    assert permits.refill() == []
    assert permits.refill() == [(1, PermitGrant(A, 2))]


def test_places_on_their_way_to_a_producer_that_has_closed_come_back() -> None:
    permits = places(1)
    permits.acquire(acquire(A))
    permits.spent(A)
    assert permits.refill() == [(1, PermitGrant(A, 1))]
    permits.stub_gone(A)  # its last handle was closed before the grant arrived
    assert permits.free == 1
    assert kinds(permits.acquire(acquire(B))) == [(2, PermitAcquired)]


def test_an_item_that_came_back_to_a_full_queue_lets_nobody_in() -> None:
    permits = places(1)
    permits.free = -1
    assert permits.acquire(acquire(A)) == []
    assert permits.refill() == []
    assert kinds(permits.refill()) == [(1, PermitAcquired)]


@pytest.mark.parametrize("unused", [0, 3])
def test_a_purse_that_closes_sends_what_is_not_in_use(unused: int) -> None:
    here = purse(A)
    here.answered(PermitAcquired(1, unused + 1, True, False))
    messages: list[ToHome] = here.close()
    assert messages == ([returns(A, unused, in_use=1, received=unused + 1)] if unused else [])
