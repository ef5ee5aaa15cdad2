"""What comes from outside waits until a lock that is being taken for a `with` block is that block's."""

from __future__ import annotations

import contextlib
import functools
import logging
import signal
import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from mpiprocessing.core import leftovers
from mpiprocessing.core.halfway import is_halfway
from mpiprocessing.core.signals import Signals


class Waiter:
    """A thread that waits for a lock, inside a call that takes it.

    Args:
        lock: is taken here first.
        call: what takes it.
        name: of the function in which it waits.
    """

    def __init__(self, lock: Any, call: Callable[[], Any], name: str = "") -> None:
        self._lock = lock
        lock.acquire()
        self.thread = threading.Thread(target=call)
        self.thread.start()
        while self.frame().f_code.co_name != (name or call.__name__):
            pass

    def frame(self) -> Any:
        assert self.thread.ident is not None
        return sys._current_frames()[self.thread.ident]

    def end(self) -> None:
        self._lock.release()
        self.thread.join()


def taking() -> list[tuple[Any, Callable[[], Any]]]:
    condition, handler = threading.Condition(threading.Lock()), logging.StreamHandler()
    handler.lock = threading.Lock()  # type: ignore[assignment]
    return [(condition, condition.__enter__), (handler.lock, handler.acquire)]


@pytest.mark.parametrize("index", range(2))
def test_the_taking_of_a_lock_is_seen(index: int) -> None:
    waiter = Waiter(*taking()[index])
    try:
        assert is_halfway(waiter.frame())
    finally:
        waiter.end()


def test_all_else_is_not() -> None:
    assert not is_halfway(sys._getframe())
    assert not is_halfway(None)


def test_a_handler_is_not_called_before_the_block_has_begun() -> None:
    signals, places = Signals(), []
    condition = threading.Condition()
    # Something of C that brings the signal: the innermost frame is the condition's.
    arrive = functools.partial(signal.raise_signal, signal.SIGUSR1)
    condition._lock = SimpleNamespace(__enter__=arrive)  # type: ignore[attr-defined]
    signals.begin()
    try:
        signal.signal(signal.SIGUSR1, lambda number, frame: places.append(frame))
        condition.__enter__()
        assert not places
        while not places:
            pass
    finally:
        signals.end()


def test_who_waits_for_a_lock_is_reached_all_the_same() -> None:
    signals, lock = Signals(), threading.Lock()

    def end() -> None:
        raise TimeoutError

    signals.begin()
    lock.acquire()
    try:
        with pytest.raises(TimeoutError):
            signals.call(end)
            threading.Condition(lock).__enter__()
    finally:
        signals.end()
        lock.release()


def test_a_thread_that_takes_a_lock_ends_within_its_block(monkeypatch: pytest.MonkeyPatch) -> None:
    condition = threading.Condition(threading.Lock())

    def work() -> None:
        with contextlib.suppress(SystemExit), condition:
            while True:
                pass

    waiter = Waiter(condition, work, "__enter__")

    def sleep(seconds: float) -> None:
        """The moment in which it gets the lock."""
        condition.release()
        while is_halfway(waiter.frame()):
            pass

    monkeypatch.setattr(leftovers, "sleep", sleep)
    leftovers._gone.add([waiter.thread])
    leftovers._gone.end(lambda thread: False)
    waiter.thread.join()
    assert condition.acquire(False)  # type: ignore[call-arg]
