"""Wires: what comes over the network wakes once, whoever reads it; new connections are found."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Iterator

import pytest

from mpiprocessing.core import wires
from mpiprocessing.core.wires import Wires
from tests.helpers import connected

FOR_EVER = 50.0

pytestmark = pytest.mark.skipif(not hasattr(select, "epoll"), reason="this system tells nobody of wires")


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wires]:
    monkeypatch.setattr(wires, "_SOON", 0.0)
    monkeypatch.setattr(wires, "_SELDOM", 0.0)
    listening = Wires()
    yield listening
    listening.close()


def comes(listening: Wires, seconds: float = FOR_EVER) -> bool:
    return bool(select.select([listening], [], [], seconds)[0])


def test_what_has_come_wakes_once(listening: Wires) -> None:
    here, there = connected()
    with here, there:
        listening.forget()
        assert not comes(listening, 0)
        there.send(b"one")
        assert comes(listening)
        listening.forget()
        assert not comes(listening, 0)  # though nobody has read it
        there.send(b"two")
        assert comes(listening)


def test_what_came_before_the_first_look_is_told(listening: Wires) -> None:
    here, there = connected()
    with here, there:
        there.send(b"early")
        listening.forget()
        assert comes(listening)


def test_nothing_is_read(listening: Wires) -> None:
    here, there = connected()
    with here, there:
        listening.forget()
        there.send(b"all of it")
        assert comes(listening)
        assert here.recv(100) == b"all of it"


def test_a_new_connection_is_found_when_somebody_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wires, "_SOON", 3600.0)
    listening = Wires()
    with socket.create_server(("127.0.0.1", 0)) as server:
        listening.forget()
        with socket.create_connection(server.getsockname()) as there:
            assert comes(listening)
            listening.hear()
            here, _ = server.accept()
            listening.forget()
            with here:
                there.send(b"over the new one")
                assert comes(listening)
    listening.close()


def test_a_descriptor_that_is_another_connection_by_now(listening: Wires) -> None:
    here, there = connected()
    number = here.fileno()
    with here, there:
        listening.forget()
    here, there = connected()
    with here, there:
        assert number in (here.fileno(), there.fileno())
        listening.forget()
        there.send(b"to the new one")
        assert comes(listening)
        listening.forget()
        here.send(b"and back")
        assert comes(listening)


def test_connections_within_the_host_are_left_alone(listening: Wires) -> None:
    one, other = socket.socketpair()
    with one, other:
        listening.forget()
        other.send(b"for the program")
        assert not comes(listening, 0)


def test_the_programs_default_timeout_makes_no_connection_non_blocking(listening: Wires) -> None:
    here, there = connected()
    one, other = socket.socketpair()  # so MPICH's ranks speak with their launcher, when they finalize
    with here, there, one, other:
        before = socket.getdefaulttimeout()
        socket.setdefaulttimeout(0.1)
        try:
            listening.forget()
        finally:
            socket.setdefaulttimeout(before)
        assert all(os.get_blocking(wire.fileno()) for wire in (here, there, one, other))


def test_a_process_with_very_many_descriptors_is_left_alone(
    listening: Wires, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wires, "_MANY", 2)
    here, there = connected()
    with here, there:
        listening.forget()
        there.send(b"unheard")
        assert not comes(listening, 0)
