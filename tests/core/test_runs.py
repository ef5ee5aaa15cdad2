"""Runs are fair: whoever waits gets the unit after one run of each of the others at most, in every order of events."""

from __future__ import annotations

from collections import Counter, deque
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpiprocessing.core.homes import purse
from mpiprocessing.core.homes.home import Letter
from mpiprocessing.core.homes.semaphore import SemaphoreHome, SemaphoreStub
from mpiprocessing.core.messages import (
    Message,
    PermitAcquire,
    PermitAcquired,
    PermitRefused,
    Reply,
    ToHome,
    ToStub,
    number,
)

TURNS = 3
HOME = number(0, 1)


class User:
    """A process that takes the lock again and again, on a rank of its own."""

    def __init__(self, rank: int) -> None:
        self.stub = SemaphoreStub(HOME, number(rank, 1), 0)
        self.waits = False
        self.holds = False
        self.calls = 0
        self.overtaken: Counter[int] | None = None  # while it waits at the home: user → uses in a run


class Network:
    """A lock, its users, and a queue of messages in each direction between its home and each of them."""

    def __init__(self, random: Random, users: int) -> None:
        self.random = random
        self.home = SemaphoreHome(HOME, 1, 1)
        self.users = {rank: User(rank) for rank in range(1, users + 1)}
        self.to_home: dict[int, deque[ToHome]] = {rank: deque() for rank in self.users}
        self.to_user: dict[int, deque[Message]] = {rank: deque() for rank in self.users}
        self.uses = 0

    def step(self, active: bool) -> bool:
        """Let one thing happen; returns False where nothing can. Users that are not `active` only give back."""
        events = [(self.arrive, rank) for rank, queue in self.to_home.items() if queue]
        events += [(self.receive, rank) for rank, queue in self.to_user.items() if queue]
        events += [(self.hurry, rank) for rank, user in self.users.items() if user.stub.restless]
        events += [
            (self.act, rank) for rank, user in self.users.items() if not user.waits and (active or user.holds)
        ]
        if not events:
            return False
        event, rank = self.random.choice(events)
        event(rank)
        assert sum(user.holds for user in self.users.values()) <= 1
        return True

    def send(self, rank: int, messages: list[ToHome]) -> None:
        self.to_home[rank] += messages

    def arrive(self, rank: int) -> None:
        message = self.to_home[rank].popleft()
        if isinstance(message, PermitAcquire):
            self.users[rank].overtaken = Counter()
        letters: list[Letter] = self.home.receive(message)
        for dest, letter in letters:
            self.to_user[dest].append(letter)

    def receive(self, rank: int) -> None:
        user, message = self.users[rank], self.to_user[rank].popleft()
        if isinstance(message, ToStub):
            self.send(rank, user.stub.told(message))
            return
        assert isinstance(message, Reply)
        self.send(rank, user.stub.answered(message))
        user.waits, user.overtaken = False, None
        if isinstance(message, PermitAcquired) and message.units:
            self.use(user, rank)
        else:
            assert isinstance(message, PermitRefused)

    def hurry(self, rank: int) -> None:
        self.send(rank, self.users[rank].stub.hurry(0.0))

    def act(self, rank: int) -> None:
        user = self.users[rank]
        if user.holds:
            user.holds = False
            message = user.stub.release()
            self.send(rank, [] if message is None else [message])
        elif user.stub.take():
            self.use(user, rank)
        else:
            user.waits = True
            user.calls += 1
            block, soon = self.random.random() < 0.9, self.random.random() < 0.8
            head = HOME, user.stub.number, user.stub.next_seq()
            self.send(rank, [user.stub.asking(*head, number(rank, user.calls), block, soon)])

    def use(self, user: User, rank: int) -> None:
        self.uses += 1
        user.holds = True
        if user.stub.restless:
            for other in self.users.values():
                if other.overtaken is not None:
                    other.overtaken[rank] += 1
                    assert other.overtaken[rank] <= TURNS + 1


@pytest.fixture(autouse=True)
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purse, "TURNS", TURNS)


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), users=st.integers(2, 5))
def test_nobody_waits_for_more_than_one_run_of_each_other(seed: int, users: int) -> None:
    network = Network(Random(seed), users)
    for _ in range(400):
        network.step(active=True)
    while network.step(active=False):
        pass
    assert not any(user.waits for user in network.users.values())
    assert network.uses > users
