"""Referents at home, message by message; what is plain; the server's threads; what calls cost."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from mpiprocessing.core import payload, plain
from mpiprocessing.core.homes.home import Letter
from mpiprocessing.core.homes.referent import Listener, Referent, ReferentHome
from mpiprocessing.core.homes.telling import TRUST, can_be_told
from mpiprocessing.core.messages import (
    Payload,
    Ref,
    ReferentCall,
    ReferentEnded,
    ReferentLost,
    ReferentRaised,
    ReferentReturned,
    ReferentTell,
    ShareReturn,
    Withdraw,
    Withdrawn,
    number,
)
from mpiprocessing.core.serverthreads import ServerThreads
from mpiprocessing.managers import SyncManager
from tests.core.simulator.notes import noted
from tests.core.simulator.referents import Thing, make, server
from tests.core.test_homes import HOME, Talk, kinds
from tests.core.test_message_budget import count_in_child, counted, note, played

NUMBER = number(1, 1)
"""Of the thread that calls."""


class Told(Listener):
    """Keeps what the home says."""

    def __init__(self) -> None:
        self.calls: list[ReferentCall] = []
        self.tells: list[ReferentTell] = []
        self.users: list[tuple[int, int]] = []
        self.gone = 0

    def call(self, home: ReferentHome, message: ReferentCall) -> None:
        self.calls.append(message)

    def tell(self, home: ReferentHome, message: ReferentTell) -> None:
        self.tells.append(message)

    def user(self, rank: int, more: int) -> None:
        self.users.append((rank, more))

    def freed(self, home: ReferentHome) -> None:
        self.gone += 1


class Kept:
    """A referent at home, and a rank that calls it."""

    def __init__(self, obj: Any, weight: int | None = 8, typeids: dict[str, str] | None = None) -> None:
        self.told = Told()
        exposed = frozenset(name for name in dir(obj) if callable(getattr(obj, name)))
        self.home = ReferentHome(
            HOME, Referent(obj, exposed, typeids or {}, "kind", weight, "__setitem__"), self.told
        )
        self.home.shares[0].give_whole()
        self.talk = Talk(self.home)

    def call(self, method: str, *args: Any, rank: int = 1, **kwds: Any) -> list[Letter]:
        return self.talk.ask(rank, ReferentCall, NUMBER, method, payload.dumps((args, kwds)))

    def tell(self, method: str, *args: Any, rank: int = 1) -> list[Letter]:
        return self.talk.say(rank, ReferentTell, NUMBER, method, payload.dumps((args, {})))

    def value(self, method: str, *args: Any) -> Any:
        ((_, reply),) = self.call(method, *args)
        assert isinstance(reply, ReferentReturned | ReferentRaised), reply
        return payload.loads(reply.payload)


def test_plain_calls_are_answered_at_once() -> None:
    kept = Kept({})
    assert kept.value("__setitem__", "a", [1, (2, {3: b"4"})]) is None
    assert kept.value("__getitem__", "a") == [1, (2, {3: b"4"})]
    assert kept.value("items") == [("a", [1, (2, {3: b"4"})])]
    assert kept.value("#GETVALUE") == {"a": [1, (2, {3: b"4"})]}
    assert kept.value("__repr__") == "{'a': [1, (2, {3: b'4'})]}"
    assert not kept.told.calls and kept.told.users == [(1, 1)]


def test_what_is_raised_is_answered_at_once() -> None:
    error = Kept([]).value("pop")
    assert type(error) is IndexError and str(error) == "pop from empty list"


def test_content_that_is_not_plain_is_for_threads() -> None:
    kept = Kept({})
    assert kept.call("__setitem__", "a", Thing(1)) == []
    assert [message.method for message in kept.told.calls] == ["__setitem__"]
    assert kept.home.referent is not None and kept.home.referent.obj == {}


def test_unknown_methods_and_heavy_calls_are_for_threads() -> None:
    kept = Kept([0], typeids={"__iter__": "Iterator"})
    for method, *args in (
        ("nope",),
        ("__mul__", 10**9),
        ("__iter__",),
        ("append", b"x" * 2 * plain.LARGE),
        ("sort", len),
    ):
        assert kept.call(method, *args) == [], method
    assert len(kept.told.calls) == 5


def test_a_long_list_is_looked_through_by_threads() -> None:
    kept = Kept([], weight=plain.LARGE)
    assert kept.value("append", 1) is None and kept.value("__getitem__", 0) == 1
    assert kept.call("__getitem__", slice(0, 1)) == [] and kept.call("index", 1) == []


def test_a_thread_answers_once() -> None:
    kept = Kept(Thing(1), weight=None)
    assert kept.call("anything") == []
    reply = ReferentReturned(kept.talk.last_call(1), Payload(b""))
    assert kept.home.answered(reply) == [(1, reply)]
    assert kept.home.answered(reply) == []


def test_a_call_that_was_given_up_is_not_answered() -> None:
    kept = Kept(Thing(1), weight=None)
    kept.call("anything")
    call = kept.talk.last_call(1)
    assert kept.talk.say(1, Withdraw, call) == [(1, Withdrawn(call))]
    assert kept.home.answered(ReferentReturned(call, Payload(b""))) == []
    assert kept.talk.say(1, Withdraw, call) == []


def test_the_end_answers_calls_under_way_and_all_later_ones() -> None:
    kept = Kept(Thing(1), weight=None)
    kept.call("anything")
    first = kept.talk.last_call(1)
    assert kept.home.end("the manager has ended") == [
        (1, ReferentLost(first, "the manager has ended", during=True)),
        (1, ReferentEnded(number(1, 1))),
    ]
    content = Payload(b"", (), (Ref(number(2, 1), 2, 0, 0),))
    letters = kept.talk.ask(2, ReferentCall, NUMBER, "anything", content)
    assert letters == [(2, ReferentLost(kept.talk.last_call(2), "the manager has ended", during=False))]
    assert kept.home.discarded == [content]


# ---- calls that nobody waits for --------------------------------------------------------------------------------------


def test_an_answer_names_the_method_that_need_not_be_answered() -> None:
    ((_, reply),) = Kept({}).call("__len__")
    assert isinstance(reply, ReferentReturned) and reply.tell == "__setitem__"


@pytest.mark.parametrize(
    ("method", "args", "told"),
    [
        ("__setitem__", ("k", 1), True),
        ("__setitem__", (1, [2, {3: "x"}]), True),
        ("__setitem__", (("a", 1), 1), False),
        ("__setitem__", ([], 1), False),
        ("__setitem__", ("k", Thing(1)), False),
        ("__setitem__", ("k",), False),
        ("append", (1,), True),
        ("append", (1, 2), False),
        ("append", (Thing(1),), False),
        ("set", (1,), True),
        ("__setattr__", ("name", 1), True),
        ("__setattr__", ("__class__", 1), False),
        ("__setattr__", (1, 1), False),
        ("pop", (1,), False),
    ],
)
def test_only_what_cannot_fail_is_told(method: str, args: tuple[Any, ...], told: bool) -> None:
    assert can_be_told(method, args) == told


def test_a_told_call_is_made_at_once_and_not_answered() -> None:
    kept = Kept({})
    assert kept.tell("__setitem__", "a", 1) == []
    assert kept.home.referent is not None and kept.home.referent.obj == {"a": 1}


def test_what_comes_behind_a_told_call_in_the_hands_of_a_thread_waits_for_it() -> None:
    kept = Kept({}, weight=None)
    assert kept.tell("__setitem__", "a", 1) == []
    assert kept.tell("__setitem__", "a", 2) == []
    assert kept.call("__getitem__", "a") == [] and kept.call("__getitem__", "b") == []
    assert len(kept.told.tells) == 1 and not kept.told.calls
    assert kept.home.told() == [] and len(kept.told.tells) == 2 and not kept.told.calls
    assert kept.home.told() == [] and len(kept.told.calls) == 2


def test_a_call_that_was_given_up_behind_a_told_one_is_not_made() -> None:
    kept = Kept({}, weight=None)
    kept.tell("__setitem__", "a", 1)
    kept.call("__getitem__", "a")
    call = kept.talk.last_call(1)
    assert kept.talk.say(1, Withdraw, call) == [(1, Withdrawn(call))]
    assert kept.home.told() == [] and not kept.told.calls


def test_the_end_answers_what_is_behind_a_told_call() -> None:
    kept = Kept({}, weight=None)
    kept.tell("__setitem__", "a", 1)
    kept.tell("__setitem__", "b", 1)
    kept.call("__getitem__", "a")
    assert kinds(kept.home.end("the manager has ended")) == [(1, ReferentLost), (1, ReferentEnded)]
    assert kept.home.told() == [] and kept.tell("__setitem__", "c", 1) == []


def test_a_process_that_ends_waits_no_longer() -> None:
    kept = Kept(Thing(1), weight=None)
    kept.call("anything")
    letters = kept.talk.say(1, ShareReturn, Ref(0, 0, 0, 0), True)
    assert kinds(letters) == [(1, Withdrawn)]
    assert kept.home.free and kept.told.gone == 1 and kept.told.users == [(1, 1), (1, -1)]


# ---- what is plain --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", [1, "a", [1, {2: (3, {4})}], range(3), slice(1, 2), 1j, bytearray(b"x"), frozenset((1,)), None]
)
def test_plain_objects_are_read(value: object) -> None:
    assert plain.loads(payload.dumps((value,))) == (value,)
    assert plain.weight(value) is not None or isinstance(value, frozenset)


@pytest.mark.parametrize("value", [Thing(1), len, ValueError("x"), [Thing(1)], {1: Thing(1)}, print])
def test_other_objects_are_not_read(value: object) -> None:
    with pytest.raises(plain.NotPlain):
        plain.loads(payload.dumps((value,)))
    assert plain.weight([value]) is None


def test_what_is_heavy_or_contains_itself_is_not_weighed() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert plain.weight(endless) is None
    assert plain.weight("x" * (plain.LARGE + 1)) is None
    assert plain.weight(list(range(plain.LARGE))) is None
    assert plain.weight(["x" * 100]) == 108


# ---- threads --------------------------------------------------------------------------------------------------------


def test_a_caller_meets_the_same_thread_again() -> None:
    threads, seen, done = ServerThreads(), [], threading.Semaphore(0)

    def job(caller: int) -> None:
        seen.append((caller, threading.get_ident()))
        threads.idle(caller)
        done.release()

    for caller in (1, 2, 1, 2):
        threads.submit(caller, lambda caller=caller: job(caller))
        done.acquire()
    assert seen[0] == seen[2] and seen[1] == seen[3] and seen[0][1] != seen[1][1]
    threads.end()


def test_a_caller_that_gave_up_gets_a_fresh_thread() -> None:
    threads, go, done = ServerThreads(), threading.Event(), threading.Semaphore(0)
    seen: list[int] = []

    def blocked() -> None:
        seen.append(threading.get_ident())
        go.wait()
        done.release()

    def job() -> None:
        seen.append(threading.get_ident())
        done.release()

    threads.submit(1, blocked)
    threads.submit(1, job)
    done.acquire()  # the second one, while the first one waits
    go.set()
    done.acquire()
    assert len(set(seen)) == 2
    threads.end()


# ---- what calls cost ------------------------------------------------------------------------------------------------


def use_table(table: Any) -> None:
    table["first"] = 1
    note("counts", counted(lambda: table.__setitem__("a", 1)))
    note("counts", counted(lambda: table["a"]))
    note("counts", counted(lambda: "a" in table))
    note("counts", counted(lambda: table.__setitem__("b", Thing(1))))


def kept_table() -> Any:
    return make(server(), "dict")


def test_a_call_from_another_rank_takes_a_request_and_a_reply_and_to_set_a_plain_item_one_message() -> None:
    told, *called = count_in_child(use_table, kept_table)
    assert told == {"ReferentTell": 1}
    assert called == [{"ReferentCall": 1, "ReferentReturned": 1}] * 3


def set_often(table: Any) -> None:
    table["first"] = 1
    note("counts", counted(lambda: [table.__setitem__(key, key) for key in range(2 * TRUST + 2)]))


def test_one_in_so_many_calls_is_answered() -> None:
    (counts,) = count_in_child(set_often, kept_table)
    assert counts == {"ReferentTell": 2 * TRUST, "ReferentCall": 2, "ReferentReturned": 2}


def use_here() -> None:
    table = make(server(), "dict")
    use_table(table)


def test_a_call_on_the_servers_own_rank_takes_none() -> None:
    played(2, use_here)
    assert noted("counts") == [{}] * 4


def test_the_managers_types_are_those_of_the_standard_library() -> None:
    expected = {"dict", "list", "Namespace", "Value", "Array", "Queue", "JoinableQueue", "Lock", "RLock"}
    expected |= {"Semaphore", "BoundedSemaphore", "Condition", "Event", "Barrier", "Pool"}
    assert expected <= set(SyncManager._registry) and all(hasattr(SyncManager, name) for name in expected)
