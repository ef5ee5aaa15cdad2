"""A handler of ours may itself be interrupted by the next signal, between any two of its lines."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from typing import Any

import pytest

from mpiprocessing.core.signals import STRIKE, Signals


class _Interrupted(deque[Any]):
    """Steps that are waiting, and a second strike just when the first one is about to take one of them."""

    def __init__(self, signals: Signals) -> None:
        super().__init__()
        self._signals = signals

    def popleft(self) -> Any:
        signals, self._signals = self._signals, None  # type: ignore[assignment]
        if signals is not None:
            signals._struck(STRIKE, None)
        return super().popleft()


def test_a_strike_amid_another_takes_its_steps_and_tears_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    signals = Signals()
    done: list[str] = []
    monkeypatch.setattr(signals, "_steps", _Interrupted(signals))
    before = signal.getsignal(STRIKE)
    signals.begin()
    try:
        signals.strike(lambda: done.append("a"), tries=100)
    finally:
        signals.end()
    assert done == ["a"]
    assert signal.getsignal(STRIKE) is before


def test_nothing_is_called_outside_of_what_runs_the_program() -> None:
    signals = Signals()
    done: list[str] = []

    def program() -> None:
        signals.strike(lambda: done.append("within"), tries=100)

    signals.begin(lambda number: None, program.__code__)
    try:
        signals.strike(lambda: done.append("before"), tries=100)
        program()
        signals.strike(lambda: done.append("after"), tries=100)
    finally:
        signals.end()
    assert done == ["within"]


def test_what_arrives_before_the_program_is_called_in_it() -> None:
    signals = Signals()
    arrived = threading.Event()

    def program() -> None:
        assert arrived.wait(10)

    signals.begin(lambda number: arrived.set(), program.__code__)
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        assert not arrived.is_set()
        program()
    finally:
        signals.end()
