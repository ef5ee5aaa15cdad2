"""A handler of ours may itself be interrupted by the next signal, between any two of its lines."""

from __future__ import annotations

import signal
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
