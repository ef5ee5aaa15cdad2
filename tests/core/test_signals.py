"""Where signals are handled: in the program, between two of our steps, never in one, not even in a handler of ours itself."""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest

from mpiprocessing.core import outbox
from mpiprocessing.core.halfway import may_raise
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


def caller_in(path: str, name: str) -> Callable[[Callable[[], Any]], Any]:
    """A function that calls another one, as if it stood in that file of that module."""
    names: dict[str, Any] = {"__name__": name}
    exec(compile("def call(inner): return inner()", path, "exec"), names)
    call: Callable[[Callable[[], Any]], Any] = names["call"]
    return call


PROGRAM = caller_in("/home/me/prog.py", "__main__")
CODE = caller_in("<string>", "__main__")  # of a program without a file
OURS = caller_in(str(outbox.__file__), "mpiprocessing.core.outbox")
TUPLE = caller_in("<string>", "namedtuple_Letter")  # made by `collections`, for whoever uses it
DATACLASS = caller_in("<string>", "mpiprocessing.core.outbox")


@pytest.mark.parametrize(
    ("callers", "may"),
    [
        ([PROGRAM], True),
        ([CODE], True),
        ([PROGRAM, OURS], False),
        ([PROGRAM, TUPLE], True),
        ([PROGRAM, OURS, TUPLE], False),
        ([PROGRAM, OURS, DATACLASS], False),
        ([OURS, CODE], True),
        ([OURS, PROGRAM, TUPLE], True),
    ],
)
def test_code_that_is_made_while_a_step_runs_is_part_of_it(callers, may) -> None:
    found: list[bool] = []

    def look() -> None:
        found.append(may_raise(sys._getframe(1)))

    call: Callable[[], Any] = look
    for caller in reversed(callers):
        call = functools.partial(caller, call)
    call()
    assert found == [may]


@pytest.mark.parametrize(
    "say",
    [
        lambda: signal.alarm(0),
        lambda: signal.setitimer(signal.ITIMER_REAL, 0),
        lambda: signal.signal(signal.SIGALRM, signal.SIG_IGN),
        lambda: signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM]),
    ],
    ids=["alarm", "setitimer", "signal", "pthread_sigmask"],
)
def test_what_has_come_is_handled_before_the_program_says_what_is_to_come(monkeypatch, say) -> None:
    signals, heard = Signals(), []
    monkeypatch.setattr(signals, "_call", lambda step: None)  # else it comes again, a moment later
    signals.begin()
    try:
        signal.signal(signal.SIGALRM, lambda number, frame: heard.append(frame))
        OURS(functools.partial(os.kill, os.getpid(), signal.SIGALRM))
        assert not heard  # it was in a step of ours
        say()
        assert len(heard) == 1
        assert heard[0].f_code.co_filename == __file__
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
        signals.end()


def test_only_what_ends_the_process_comes_into_a_step_in_the_end(monkeypatch) -> None:
    signals, heard, ended = Signals(), [], []
    monkeypatch.setattr(signals, "_call", lambda step: None)
    signals.begin()
    try:
        handled = signals._step(signal.SIGALRM, lambda number, frame: heard.append(number))
        OURS(functools.partial(signals._strike, handled, 1000))  # it has come again and again
        OURS(functools.partial(signals.strike, lambda: ended.append("the process"), 1000))
    finally:
        signals.end()
    assert (heard, ended) == ([], ["the process"])


def test_a_signal_that_comes_again_before_it_was_handled_is_one(monkeypatch) -> None:
    signals, heard, called = Signals(), [], []
    monkeypatch.setattr(signals, "_call", called.append)
    signals.begin()
    try:
        signal.signal(signal.SIGALRM, lambda number, frame: heard.append(number))
        for _ in range(100):
            OURS(functools.partial(os.kill, os.getpid(), signal.SIGALRM))
        signal.alarm(0)
    finally:
        signals.end()
    assert (len(called), heard) == (1, [signal.SIGALRM])
