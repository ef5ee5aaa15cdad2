"""How long a wait yields, and how long it sleeps: with a clock that the test turns."""

from __future__ import annotations

import pytest

from mpiprocessing.core import backoff
from mpiprocessing.core.backoff import DEAR, LONGEST, PATIENCE, Backoff
from mpiprocessing.core.doorbell import NAP


class Clock:
    """Time passes where somebody yields."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.a_yield = 1e-6
        self.yields = 0

    def monotonic(self) -> float:
        return self.now

    def give_way(self) -> None:
        self.yields += 1
        self.now += self.a_yield


class Bell:
    """What is asked of it, in order."""

    def __init__(self, longest: float = NAP, rings: bool = False) -> None:
        self.longest = longest
        self.rings = rings
        self.asked: list[object] = []

    def listen(self) -> None:
        self.asked.append("listen")

    def wait(self, seconds: float) -> bool:
        self.asked.append(seconds)
        return self.rings


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(backoff, "monotonic", clock.monotonic)
    monkeypatch.setattr(backoff, "_yield", clock.give_way)
    monkeypatch.setattr(backoff, "_avoid_until", 0.0)
    return clock


def yields_of_a_wait(clock: Clock) -> int:
    before = clock.yields
    wait = Backoff(Bell())  # type: ignore[arg-type]
    while wait.is_patient():
        pass
    return clock.yields - before


def test_a_wait_yields_for_a_time_and_then_sleeps(clock: Clock) -> None:
    assert yields_of_a_wait(clock) == pytest.approx(PATIENCE / clock.a_yield, abs=2)


def test_where_yields_go_to_other_ranks_there_are_fewer(clock: Clock) -> None:
    clock.a_yield = PATIENCE / 10
    assert yields_of_a_wait(clock) <= 11


def test_after_a_dear_yield_waits_sleep_at_once(clock: Clock) -> None:
    clock.a_yield = 2 * DEAR
    assert yields_of_a_wait(clock) == 1
    assert yields_of_a_wait(clock) == 0


def test_tries_become_rare_while_each_is_dear_and_are_forgotten_when_one_is_not(clock: Clock) -> None:
    clock.a_yield = 2 * DEAR

    def next_try() -> float:
        begun = clock.now
        while not yields_of_a_wait(clock):
            clock.now += 1e-3
        return clock.now - begun

    yields_of_a_wait(clock)
    pauses = [next_try() for _ in range(8)]
    assert pauses == sorted(pauses)
    assert pauses[-1] > 10 * pauses[0]
    clock.a_yield = 1e-6
    next_try()
    clock.now += 1.0
    clock.a_yield = 2 * DEAR
    yields_of_a_wait(clock)
    assert next_try() == pytest.approx(pauses[0], abs=5e-3)


def test_a_look_stands_between_listening_and_sleeping(clock: Clock) -> None:
    bell = Bell()
    wait = Backoff(bell)  # type: ignore[arg-type]
    wait.rest(None, False)
    assert bell.asked == ["listen"]
    wait.rest(None, False)
    wait.rest(1e-5, False)
    first, second = bell.asked[1:]
    assert first == Backoff(Bell()).step(False)  # type: ignore[arg-type]
    assert second == 1e-5


def test_after_a_ring_the_wait_begins_anew(clock: Clock) -> None:
    bell = Bell(rings=True)
    wait = Backoff(bell)  # type: ignore[arg-type]
    for _ in range(4):
        wait.rest(None, False)
    assert bell.asked[:2] == bell.asked[2:]
    assert bell.asked[0] == "listen"


@pytest.mark.parametrize(
    ("longest", "unannounced", "last"), [(NAP, False, NAP), (NAP, True, LONGEST), (LONGEST, False, LONGEST)]
)
def test_sleeps_grow(clock: Clock, longest: float, unannounced: bool, last: float) -> None:
    wait = Backoff(Bell(longest))  # type: ignore[arg-type]
    steps = [wait.step(unannounced) for _ in range(40)]
    assert steps == sorted(steps)
    assert steps[0] < LONGEST / 10
    assert steps[-1] == last


def test_sleeps_are_short_again_when_something_comes_that_nobody_rings_for(clock: Clock) -> None:
    wait = Backoff(Bell())  # type: ignore[arg-type]
    for _ in range(40):
        wait.step(False)
    assert wait.step(True) == LONGEST
