"""The bell: whoever sleeps is rung for, nobody else; and without a bell nobody relies on one."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator

import pytest

from mpiprocessing.core.backoff import LONGEST
from mpiprocessing.core.doorbell import NAP, Doorbell
from mpiprocessing.core.flags import NOWHERE, make_flags

JOB = os.getpid() << 20
FOR_EVER = 50.0  # seconds; a ring that is missed ends the test run by its time limit

pytestmark = pytest.mark.skipif(make_flags(1, 1) == NOWHERE, reason="this system has no bells")


@pytest.fixture
def bells() -> Iterator[list[Doorbell]]:
    offered = make_flags(JOB, 3)
    bells = [Doorbell(JOB, rank, 3, offered) for rank in range(3)]
    yield bells
    for bell in bells:
        bell.close()


def test_who_sleeps_is_woken(bells: list[Doorbell]) -> None:
    bells[1].listen()
    bells[0].ring_if_asleep(1)
    assert bells[1].wait(FOR_EVER)


def test_nobody_rings_for_who_is_awake(bells: list[Doorbell]) -> None:
    bells[1].listen()
    bells[1].awake()
    bells[0].ring_if_asleep(1)
    assert not bells[1].wait(0)


def test_nobody_rings_at_the_next_door(bells: list[Doorbell]) -> None:
    bells[1].listen()
    bells[2].listen()
    bells[0].ring_if_asleep(1)
    assert not bells[2].wait(0)


def test_listening_forgets_what_was_rung_before(bells: list[Doorbell]) -> None:
    for _ in range(2000):  # more than a bell holds
        bells[0].ring(1)
    bells[1].listen()
    assert not bells[1].wait(0)


def test_a_rank_can_wake_itself(bells: list[Doorbell]) -> None:
    bells[1].listen()
    bells[1].rouse()
    assert bells[1].wait(FOR_EVER)


def test_sleeps_are_long_only_where_everybody_rings() -> None:
    offered = make_flags(JOB, 2)
    first = Doorbell(JOB, 0, 2, offered)
    assert first.longest == LONGEST
    second = Doorbell(JOB, 1, 2, offered)
    assert first.longest == second.longest == NAP
    second.close()
    assert first.longest == LONGEST
    first.close()


def test_a_rank_of_another_place_has_no_bell() -> None:
    offered = make_flags(JOB, 2)
    other = Doorbell(JOB + 1, 1, 2, offered)  # there, these numbers lead to something else
    other.listen()
    assert other.longest == LONGEST
    assert not other.wait(0)
    first = Doorbell(JOB, 0, 2, offered)
    first.ring_if_asleep(1)
    first.close()


def test_without_any_offer_there_is_no_bell() -> None:
    bell = Doorbell(JOB, 0, 2)
    bell.listen()
    bell.ring_if_asleep(1)
    bell.rouse()
    assert not bell.wait(0)
    assert bell.longest == LONGEST
    bell.close()


@pytest.mark.parametrize("reused", [False, True])
def test_a_descriptor_that_the_program_closed_is_let_alone(bells: list[Doorbell], reused: bool) -> None:
    bell = bells[1]
    assert bell._socket is not None
    number = bell._socket.fileno()
    os.close(number)
    if reused:
        file = os.open("/dev/zero", os.O_RDONLY)
        if file != number:
            os.dup2(file, number)
            os.close(file)
    bell.listen()
    assert bell.longest == bells[0].longest == LONGEST
    assert not bell.wait(0)
    bells[0].ring_if_asleep(1)
    bell.close()
    if reused:
        assert os.read(number, 1) == b"\0"
        os.close(number)


def test_no_ring_is_missed(bells: list[Doorbell]) -> None:
    network: deque[int] = deque()
    items = 3000

    def send(rank: int) -> None:
        for item in range(items):
            network.append(item)
            bells[rank].ring_if_asleep(0)
            if item % 16 == 0:
                answered.acquire()

    answered = threading.Semaphore(0)
    threads = [threading.Thread(target=send, args=(rank,)) for rank in (1, 2)]
    for thread in threads:
        thread.start()
    came, listens = 0, False
    while came < 2 * items:
        if network:
            if network.popleft() % 16 == 0:
                answered.release()
            came += 1
            bells[0].awake()
            listens = False
        elif not listens:
            bells[0].listen()
            listens = True
        else:
            assert bells[0].wait(FOR_EVER)
            listens = False
    for thread in threads:
        thread.join()
