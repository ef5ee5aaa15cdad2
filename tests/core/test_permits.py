"""Permits and their purses, message by message: what each step sends, and the crossings that once went wrong."""

from __future__ import annotations

import pytest

from mpiprocessing.core.homes.home import Letter
from mpiprocessing.core.homes.permits import Permits, Purse
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


def acquire(stub: int, call: int = 1, block: bool = True, received: int = 0) -> PermitAcquire:
    return PermitAcquire(HOME, stub, 0, number(stub >> 32, call), block, received)


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
    assert reply == PermitAcquired(number(1, 2), 0, True)


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
    here.answered(PermitAcquired(1, unused + 1, True))
    messages: list[ToHome] = here.close()
    assert messages == ([returns(A, unused, in_use=1, received=unused + 1)] if unused else [])
