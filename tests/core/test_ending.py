"""A process that is ended is told so again until it has left, but not in the middle of what that raises in a library."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import pytest

from mpiprocessing.core.ending import _TRIES_IN_HANDLER, Ending
from mpiprocessing.core.errors import ProcessTerminated
from mpiprocessing.core.signals import Signals

_WAIT = """
def wait(end, again):
    try:
        end()
    finally:
        again()
"""


@pytest.fixture
def ending(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A process that is being ended; its strikes come by hand, and this test is not traced."""
    ending = Ending(Signals())
    monkeypatch.setattr(ending, "strike", lambda exitcode: setattr(ending, "exitcode", exitcode))
    monkeypatch.setattr(ending, "_trace", lambda frame: None)
    ending.begin()
    yield ending
    ending.end()


def _library() -> Callable[[Callable[[], Any], Callable[[], Any]], None]:
    names: dict[str, Any] = {}
    exec(compile(_WAIT, os.__file__, "exec"), names)
    wait: Callable[[Callable[[], Any], Callable[[], Any]], None] = names["wait"]
    return wait


@pytest.mark.parametrize("tries", [1, _TRIES_IN_HANDLER])
def test_a_library_that_handles_the_end_is_not_told_again_at_once(ending: Ending, tries: int) -> None:
    with pytest.raises(ProcessTerminated) as raised:
        _library()(lambda: ending.leave(7), lambda: ending._raise(tries))
    assert raised.value.exitcode == 7
    assert raised.value.__context__ is None


def test_a_library_that_does_not_come_to_an_end_is_told_again(ending: Ending) -> None:
    with pytest.raises(ProcessTerminated) as raised:
        _library()(lambda: ending.leave(7), lambda: ending._raise(_TRIES_IN_HANDLER + 1))
    assert isinstance(raised.value.__context__, ProcessTerminated)


def test_what_a_torn_library_raises_has_the_end_behind_it() -> None:
    end, torn, knot = ProcessTerminated(7), RuntimeError("release unlocked lock"), ValueError("tied")
    torn.__context__ = KeyError("between")
    torn.__context__.__context__ = end
    assert ProcessTerminated.behind(torn) is end
    knot.__context__ = LookupError("in a circle")
    knot.__context__.__context__ = knot
    assert ProcessTerminated.behind(knot) is None


def test_what_traces_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter calls it without a reference of its own: one that only the last call had made may be freed by then."""
    lines: list[Any] = []
    calls: list[Any] = []
    monkeypatch.setattr(sys, "settrace", lines.append)
    monkeypatch.setattr(sys, "setprofile", calls.append)
    ending = Ending(Signals())
    ending._trace(None)
    ending._trace(None)
    assert lines[0] is lines[1]
    assert calls[0] is calls[1]
