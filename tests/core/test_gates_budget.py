"""How many messages semaphores, conditions and events take: exact numbers, counted on the simulated network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from mpiprocessing.synchronize import Condition, Event, Lock, RLock, Semaphore
from tests.core.simulator.notes import here, me, note, noted
from tests.core.test_message_budget import at_rest, count_in_child, counted, played

# ---- locks and semaphores -----------------------------------------------------------------------------------------------


def lock_deep(lock: RLock) -> None:
    def thrice() -> None:
        with lock, lock, lock:
            pass

    for _ in range(2):
        note("counts", counted(thrice))


def test_a_recursive_lock_takes_two_messages_however_deep_and_none_for_the_same_holder_again() -> None:
    assert count_in_child(lock_deep, RLock) == [{"PermitAcquire": 1, "PermitAcquired": 1}, {}]


def raise_and_take(units: Semaphore) -> None:
    note("counts", counted(units.release))
    note("counts", counted(units.release))
    note("counts", counted(units.acquire))
    note("counts", counted(units.acquire))
    note("counts", counted(lambda: units.acquire(False)))


def test_a_semaphore_is_raised_by_one_message_and_taken_by_two() -> None:
    taken = {"PermitAcquire": 1, "PermitAcquired": 1}
    refused = {"PermitAcquire": 1, "PermitRefused": 1}
    counts = count_in_child(raise_and_take, lambda: Semaphore(0))
    assert counts == [{"PermitPost": 1}, {"PermitPost": 1}, taken, taken, refused]


# ---- conditions ---------------------------------------------------------------------------------------------------------


def wait_in_vain(gate: Condition) -> None:
    gate.acquire()
    note("counts", counted(lambda: gate.wait(1.0)))
    note("counts", counted(gate.notify))


def test_a_wait_in_vain_takes_three_messages_and_a_notify_one() -> None:
    waited, notified = count_in_child(wait_in_vain, Condition)
    assert waited == {"ConditionWait": 1, "ConditionLate": 1, "ConditionWaited": 1}
    assert notified == {"ConditionNotify": 1}


def take_turns(gate: Condition, name: int, turns: int) -> None:
    notes = here().notes
    with gate:
        for turn in range(turns):
            gate.wait_for(lambda: notes["turn"] == name)
            if turn == turns // 2 and name == 0:
                notes["before"] = Counter(here().network.sent)
            if turn == turns - 1 and name == 0:
                notes["after"] = Counter(here().network.sent)
            notes["turn"] = 1 - name
            gate.notify()


def two_take_turns(turns: int) -> None:
    here().notes["turn"] = 0
    gate = Condition(Lock())
    here().join(*[here().start(take_turns, gate, name, turns) for name in range(2)])


def test_taking_turns_takes_three_messages_a_turn() -> None:
    turns = 20
    world = played(3, two_take_turns, turns)
    counts = dict(world.notes["after"] - world.notes["before"])
    between = 2 * (turns - 1 - turns // 2)
    assert counts == dict.fromkeys(("ConditionWait", "ConditionNotify", "ConditionWaited"), between)


def sleep(gate: Condition) -> None:
    with gate:
        note("asleep")
        assert gate.wait()


def wake_all(children: int) -> None:
    gate = Condition()
    started = [here().start(sleep, gate) for _ in range(children)]
    me().runtime.drive_until(lambda: len(noted("asleep")) == children and gate._sleeping() == children)

    before = Counter(here().network.sent)
    with gate:
        gate.notify_all()
    here().join(*started)
    at_rest()
    counts = here().network.sent - before
    note(
        "counts", {kind: count for kind, count in counts.items() if kind.startswith(("Condition", "Permit"))}
    )


@pytest.mark.parametrize("children", [1, 2, 4])
def test_each_of_n_who_are_woken_gets_one_message_and_sends_one(children: int) -> None:
    played(children + 1, wake_all, children)
    (counts,) = noted("counts")
    assert counts.pop("ConditionWaited") == children
    assert counts.pop("PermitReturn", 0) <= children
    assert not counts


# ---- events -------------------------------------------------------------------------------------------------------------


def use_event(flag: Event) -> None:
    steps: list[Callable[[], Any]] = [
        flag.is_set,
        lambda: flag.wait(0),
        lambda: flag.wait(1.0),
        flag.set,
        flag.wait,
    ]
    for step in [*steps, flag.clear]:
        note("counts", counted(step))


def test_an_event_takes_one_message_to_set_and_two_to_ask_or_wait() -> None:
    asked = {"EventWait": 1, "EventWaited": 1}
    in_vain = {"EventWait": 1, "Withdraw": 1, "Withdrawn": 1}
    assert count_in_child(use_event, Event) == [
        asked,
        asked,
        in_vain,
        {"EventSet": 1},
        asked,
        {"EventClear": 1},
    ]


def wait_for(flag: Event) -> None:
    note("waits")
    flag.wait()


def set_for_all(children: int) -> None:
    flag = Event()
    started = [here().start(wait_for, flag) for _ in range(children)]
    me().runtime.drive_until(lambda: len(noted("waits")) == children)
    flag.set()
    here().join(*started)
    at_rest()


@pytest.mark.parametrize("children", [1, 2, 4])
def test_n_who_wait_take_a_request_and_an_answer_each(children: int) -> None:
    sent = played(children + 1, set_for_all, children).network.sent
    assert sent["EventWait"] == sent["EventWaited"] == children
    assert sent["EventSet"] == 0  # it is at home where it was made
