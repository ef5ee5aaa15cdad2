"""Handles are counted exactly, however they are copied, passed on, closed or lost, and in whatever order that is learnt."""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpiprocessing.core import payload
from mpiprocessing.core.homes.home import Home
from mpiprocessing.core.homes.shares import Shares
from mpiprocessing.core.messages import Ref, ShareReturn, ShareTake, number

HOME = number(0, 1)


class Pair(Home):
    """A home with two roles that says when one has gone."""

    verbs = {}

    def __init__(self) -> None:
        super().__init__(HOME, roles=2)
        self.gone: list[int] = []
        self.closed: list[int] = []

    def role_gone(self, role: int) -> list[tuple[int, ShareReturn]]:  # type: ignore[override]
        self.gone.append(role)
        return []

    def stub_gone(self, stub: int) -> list[tuple[int, ShareReturn]]:  # type: ignore[override]
        self.closed.append(stub)
        return []


@settings(max_examples=300, deadline=None)
@given(order=st.randoms(use_true_random=False), steps=st.integers(0, 60))
def test_the_count_is_zero_when_the_last_handle_is_home_and_not_before(
    order: random.Random, steps: int
) -> None:
    shares = Shares()
    shares.give_whole()
    out, returning = [0], []
    for _ in range(steps):
        if out and order.random() < 0.6:
            mine = out.pop(order.randrange(len(out)))
            out += [mine + 1, mine + 1]
        elif out and order.random() < 0.5 and len(out) > 1:
            returning.append(out.pop(order.randrange(len(out))))
        elif returning:
            shares.take_back(returning.pop(order.randrange(len(returning))))
            assert shares
    last = out + returning
    order.shuffle(last)
    for share in last:
        assert shares
        shares.take_back(share)
    assert not shares


def test_a_handle_may_be_passed_on_a_thousand_times() -> None:
    shares = Shares()
    shares.give_whole()
    for depth in range(1, 1001):
        shares.take_back(depth)
        assert shares
    shares.take_back(1000)
    assert not shares


def returned(stub: int, seq: int, role: int, share: int, last: bool) -> ShareReturn:
    return ShareReturn(HOME, stub, seq, Ref(HOME, 0, role, share), last)


def test_messages_of_one_stub_are_taken_in_order_whatever_way_they_came() -> None:
    home, stub = Pair(), number(1, 1)
    home.shares[0].give_whole()
    home.shares[1].give_whole()
    home.receive(returned(stub, 1, 1, 0, last=True))
    assert home.gone == [] and home.closed == []
    home.receive(returned(stub, 0, 0, 0, last=False))
    assert home.gone == [0, 1] and home.closed == [stub]
    assert home.free


def test_each_role_is_counted_for_itself() -> None:
    home = Pair()
    home.shares[0].give_whole()
    home.shares[1].give_whole()
    home.receive(returned(number(1, 1), 0, 1, 0, last=True))
    assert home.gone == [1] and not home.free


def test_a_stub_may_come_back_under_a_new_number() -> None:
    home = Pair()
    home.shares[0].give_whole()
    home.receive(returned(number(1, 1), 0, 0, 1, last=True))
    home.receive(returned(number(1, 2), 0, 0, 1, last=True))
    assert home.closed == [number(1, 1), number(1, 2)] and home.free


def test_a_handle_from_elsewhere_counts_from_its_first_message_on() -> None:
    home = Pair()
    home.shares[0].give_whole()
    home.receive(ShareTake(HOME, number(1, 1), 0, 0))
    home.receive(returned(number(0, 2), 0, 0, 0, last=True))
    assert not home.free
    home.receive(returned(number(1, 1), 1, 0, 0, last=True))
    assert home.free


# ---- in payloads ----------------------------------------------------------------------------------------------------


class Held:
    """Something that counts its copies as a handle does."""

    def __reduce__(self) -> object:
        packing = payload.packing()
        assert packing is not None
        return take, (packing.add_ref(Ref(HOME, 0, 0, len(packing.refs))),)


def take(place: int) -> Ref:
    unpacking = payload.unpacking()
    assert unpacking is not None
    return unpacking.take(place)


class Unreadable:
    def __reduce__(self) -> object:
        return fail, ()


def fail() -> None:
    raise ValueError("cannot be read")


@pytest.fixture
def given_up() -> Iterator[list[Ref]]:
    refs: list[Ref] = []
    payload.given_up.append(refs.extend)
    yield refs
    payload.given_up.remove(refs.extend)


def test_each_copy_in_a_payload_takes_its_own_share() -> None:
    content = payload.dumps([Held(), Held()])
    assert [ref.share for ref in content.refs] == [0, 1]
    assert payload.loads(content) == list(content.refs)


def test_what_cannot_be_packed_gives_back_what_was_packed_before(given_up: list[Ref]) -> None:
    with pytest.raises((TypeError, pickle.PicklingError)):
        payload.dumps([Held(), (value for value in ())])
    assert given_up and all(ref.home == HOME for ref in given_up)


def test_what_cannot_be_read_gives_back_what_was_not_taken(given_up: list[Ref]) -> None:
    content = payload.dumps([Held(), Unreadable(), Held()])
    with pytest.raises(ValueError, match="cannot be read"):
        payload.loads(content)
    assert [ref.share for ref in given_up] == [1]


def test_a_payload_inside_a_payload_keeps_its_own_handles() -> None:
    inner = payload.dumps(Held())
    outer = payload.dumps((Held(), inner.body))
    assert len(inner.refs) == len(outer.refs) == 1
    assert payload.loads(outer)[0] == outer.refs[0]
    assert payload.loads(inner) == inner.refs[0]


@pytest.mark.parametrize(("kind", "limit"), [(bytes, payload.ALONE), (bytearray, payload.INLINE)])
@pytest.mark.parametrize(
    "size", [0, 1, payload.ALONE - 100, payload.ALONE, payload.INLINE - 100, payload.INLINE, 100_000]
)
def test_bytes_come_back_as_they_were(kind: type, limit: int, size: int) -> None:
    content = payload.dumps(kind(b"x" * size))
    back = payload.loads(content)
    assert back == kind(b"x" * size) and type(back) is kind
    assert bool(content.buffers) == (size >= limit)


def test_a_function_travels_by_its_name_where_its_module_has_it() -> None:
    def inner() -> None: ...

    assert payload.by_name(pickle._dumps)
    assert not any(map(payload.by_name, (inner, lambda: None, len, pickle.Pickler, "a text")))


def test_an_object_that_stays_here_gets_memory_of_its_own() -> None:
    data = bytearray(b"x" * 100_000)
    content = payload.dumps(pickle.PickleBuffer(data))
    kept = payload.owned(content)
    data[:] = b"y" * len(data)
    assert bytes(payload.loads(content)) == b"y" * len(data)
    assert bytes(payload.loads(kept)) == b"x" * len(data)
