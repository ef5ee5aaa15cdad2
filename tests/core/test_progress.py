"""Turns at looking, and sleep: whoever waits is woken, whichever thread sees what came.

All sleeps last for ever here, so a wake-up that is missed hangs, and the time limit of the test run shows where.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

import pytest

from mpiprocessing.core import doorbell, progress
from mpiprocessing.core.doorbell import Doorbell
from mpiprocessing.core.messages import Withdrawn
from mpiprocessing.core.node import Call
from mpiprocessing.core.progress import Progress

FOR_EVER = 50.0
_jobs = itertools.count(os.getpid() << 20)

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="this system has no bells")


class Rank:
    """A rank whose network is a deque: a bell, a progress, and who saw what."""

    def __init__(self) -> None:
        job = next(_jobs)
        self.bell = Doorbell(job, 0, 2)
        self.other = Doorbell(job, 1, 2)
        self.network: deque[int] = deque()
        self.seen: dict[int, str] = {}
        self.busy = False
        self.broken: list[bool] = []
        self.on_look: Callable[[], None] = lambda: None
        self.progress = Progress(
            threading.RLock(), self.bell, self.look, lambda: self.busy, lambda: self.broken.append(True)
        )

    def look(self) -> bool:
        self.on_look()
        if not self.network:
            return False
        self.seen[self.network.popleft()] = threading.current_thread().name
        return True

    def send(self, item: int) -> None:
        self.network.append(item)
        self.other.ring_if_asleep(0)


@pytest.fixture
def rank(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rank]:
    monkeypatch.setattr(doorbell, "NAP", FOR_EVER)
    monkeypatch.setattr(progress, "_SLICE", FOR_EVER)
    rank, interval = Rank(), sys.getswitchinterval()
    rank.progress.begin()
    yield rank
    rank.progress.end()
    sys.setswitchinterval(interval)  # the tests behind these have Python's own
    assert not rank.broken
    rank.bell.close()
    rank.other.close()


def test_the_service_thread_answers_while_the_program_computes(rank: Rank) -> None:
    for item in range(200):
        rank.send(item)
        while item not in rank.seen:
            pass
    assert set(rank.seen.values()) == {"mpiprocessing-service"}


def test_the_service_thread_takes_over_when_a_driver_leaves_that_slept(rank: Rank) -> None:
    for item in range(0, 60, 2):
        feeder = threading.Thread(target=_send_when, args=(rank, item))
        feeder.start()
        assert rank.progress.until(lambda item=item: item in rank.seen)  # type: ignore[misc]
        feeder.join()
        rank.send(item + 1)
        while item + 1 not in rank.seen:
            pass


def _send_when(rank: Rank, item: int) -> None:
    while not rank.progress._service_rests:  # it sleeps on the bell, too, until it sees that the driver does
        rank.bell.rouse()
        time.sleep(0)
    rank.send(item)


def test_many_threads_wait_at_once(rank: Rank) -> None:
    threads, rounds = 8, 150
    echo = threading.Semaphore(0)

    def wait(number: int) -> None:
        for item in range(number, threads * rounds, threads):
            assert rank.progress.until(lambda item=item: item in rank.seen)  # type: ignore[misc]
            echo.release()

    waiting = [threading.Thread(target=wait, args=(number,)) for number in range(threads)]
    for thread in waiting:
        thread.start()
    for item in range(threads * rounds):
        rank.send(item)
        if item % 5 == 0:
            echo.acquire()
        if item % 7 == 0:
            rank.progress.peek()
    for thread in waiting:
        thread.join()


def test_a_wait_with_a_time_limit_ends_in_time(rank: Rank) -> None:
    assert not rank.progress.until(lambda: False, 0.01)


def test_what_nobody_rings_for_is_found_as_well(rank: Rank) -> None:
    outside = threading.Timer(0.01, rank.network.append, (1,))
    outside.start()
    assert rank.progress.until(lambda: 1 in rank.seen, outside=True)
    rank.busy = True
    rank.network.append(2)
    assert rank.progress.until(lambda: 2 in rank.seen)


def test_the_service_thread_sees_to_what_the_program_has_sent(rank: Rank) -> None:
    while not rank.progress.service_naps:
        pass
    rank.busy = True
    rank.progress.stir()
    rank.network.append(1)
    while 1 not in rank.seen:
        pass


def test_a_signal_ends_the_sleep_of_the_main_thread(rank: Rank) -> None:
    def step() -> None:
        raise KeyError("from a signal")

    def interrupt() -> None:
        while not rank.progress._driver_sleeps:
            time.sleep(0)
        rank.progress.leave_pending(step)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyError, match="from a signal"):
        rank.progress.until(lambda: False)


def test_a_call_that_cannot_be_undone_is_seen_through_unless_it_is_urgent(rank: Rank) -> None:
    raised: list[str] = []

    def interrupt() -> None:
        while not rank.progress._driver_sleeps:
            time.sleep(0)
        rank.progress.leave_pending(lambda: raised.append("a handler"), urgent=False)
        rank.network.append(1)

    threading.Thread(target=interrupt).start()
    with rank.progress.patient():
        assert rank.progress.until(lambda: 1 in rank.seen)
    rank.progress.raise_urgent()
    assert not raised
    with rank.progress.patient():
        rank.progress.leave_pending(lambda: raised.append("the end"))
        assert rank.progress.until(lambda: bool(raised))
    assert raised == ["the end"]


def test_a_thread_that_is_evicted_gives_its_turn_back(rank: Rank) -> None:
    """Whoever looks for messages may not be torn out: nobody else could look any more."""
    done = threading.Event()

    def wait() -> None:
        with contextlib.suppress(SystemExit):
            rank.progress.until(lambda: False)
        done.set()

    thread = threading.Thread(target=wait)
    thread.start()
    while not rank.progress._driver_sleeps:
        time.sleep(0)
    assert thread.ident is not None
    assert rank.progress.evict(thread.ident)
    rank.progress.rouse()
    assert done.wait(20)
    assert not rank.progress.evict(thread.ident)
    rank.network.append(1)
    assert rank.progress.until(lambda: 1 in rank.seen, 20)


def test_a_look_for_messages_is_not_torn_by_a_signal(rank: Rank) -> None:
    me, inside = threading.get_ident(), []

    def look() -> None:
        if threading.get_ident() == me:
            inside.append(rank.progress.is_inside(me))

    rank.on_look = look
    while not inside:
        rank.progress.peek()  # unless the service thread is just looking
    assert all(inside)
    assert not rank.progress.is_inside(me)


def test_chores_are_done_whoever_is_up(rank: Rank) -> None:
    done = 0

    def chore() -> None:
        nonlocal done
        done += 1

    rank.progress.chores.append(chore)
    assert rank.progress.until(lambda: done > 0, outside=True)
    before = done
    while done == before:
        rank.bell.rouse()


def test_an_answer_from_another_thread_of_the_process_wakes_who_sleeps(rank: Rank) -> None:
    call = Call(1, None)  # type: ignore[arg-type]

    def answer() -> None:
        while not rank.progress._driver_sleeps:
            time.sleep(0)
        call.reply = Withdrawn(1)
        if call.wake is not None:
            call.wake()

    threading.Thread(target=answer).start()
    assert rank.progress.until(lambda: call.reply is not None, call=call)


def test_what_another_thread_of_the_process_does_is_seen(rank: Rank) -> None:
    done = threading.Event()

    def act() -> None:
        while not rank.progress._driver_sleeps:
            time.sleep(0)
        done.set()

    threading.Thread(target=act).start()
    assert rank.progress.until(done.is_set)
