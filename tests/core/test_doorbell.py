"""The bell: whoever sleeps is rung for, nobody else; and without a bell nobody relies on one."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator

import pytest

from mpiprocessing.core import doorbell
from mpiprocessing.core.backoff import LONGEST
from mpiprocessing.core.doorbell import NAP, Doorbell
from tests.helpers import connected

JOB = os.getpid() << 20
FOR_EVER = 50.0  # seconds; a ring that is missed ends the test run by its time limit

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="this system has no bells")


@pytest.fixture
def bells() -> Iterator[list[Doorbell]]:
    bells = [Doorbell(JOB, rank, 3) for rank in range(3)]
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
    first = Doorbell(JOB, 0, 2)
    assert first.longest == LONGEST
    second = Doorbell(JOB, 1, 2)
    assert first.longest == second.longest == NAP
    second.close()
    assert first.longest == LONGEST
    first.close()


def test_ranks_of_another_host_are_not_rung_for() -> None:
    first, other = Doorbell(JOB, 0, 2), Doorbell(JOB + 1, 1, 2)  # there this job's names lead to nothing
    other.listen()
    first.ring_if_asleep(1)
    first.ring(1)
    assert other.longest == first.longest == LONGEST
    assert not other.wait(0)
    other.close()
    first.close()


def test_without_a_job_there_is_no_bell() -> None:
    bell = Doorbell(0, 0, 2)
    bell.listen()
    bell.ring_if_asleep(1)
    bell.rouse()
    assert not bell.wait(0)
    assert bell.longest == LONGEST
    bell.close()


def test_a_sleeper_hears_the_network_where_ranks_are_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorbell, "_TO_BEGIN", 0.0)
    here, there = connected()
    bell = Doorbell(JOB, 0, 2)
    with here, there:
        bell.listen()
        there.send(b"a frame of MPI's")
        assert bell.wait(FOR_EVER)
        bell.listen()  # whether somebody has read it or not
        assert not bell.wait(0)
    bell.close()


def test_the_network_is_left_alone_once_the_last_rank_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorbell, "_TO_BEGIN", 0.0)
    here, there = connected()
    bell = Doorbell(JOB, 0, 2)
    bell.listen()
    assert bell._wires is not None
    late = Doorbell(JOB, 1, 2)
    with here, there:
        bell.listen()
        there.send(b"for the program")
        assert not bell.wait(0)
        late.ring_if_asleep(0)
        assert bell.wait(FOR_EVER)
    late.close()
    bell.close()


def test_no_wire_is_heard_where_everybody_rings(
    bells: list[Doorbell], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bells[0], "_wires_from", 0.0)
    bells[0].listen()
    assert bells[0]._wires is None


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
