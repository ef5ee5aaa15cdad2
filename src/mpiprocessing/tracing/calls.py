"""Calls of the program, recorded: a method is put in the place of another one, which it calls.

Only what the program calls itself is shown. A call inside another one is the library's own business (a pool's processes, the
lock inside a value); so is one below which no line of the program stands (threads of ours).
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from mpiprocessing.core.trace import Recorder
from mpiprocessing.core.userline import caller, line_of_program

__all__ = ["Calls", "Object"]

Object = tuple[str, int] | str | None
"""What a call is about: its kind and a number no other of that kind has, or its name."""


class Calls:
    """Makes methods that record their calls.

    Args:
        recorder: where calls are entered.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._own = threading.local()

    def recorded(
        self,
        original: Callable[..., Any],
        verb: Callable[..., str],
        about: Callable[[Any], Object],
    ) -> Callable[..., Any]:
        """A method that does what another one does, and is recorded.

        Args:
            original: the other one.
            verb: what is shown for a call, asked with its arguments.
            about: what the call is about, asked with its first argument.
        """
        own, recorder = self._own, self._recorder

        @functools.wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            if getattr(own, "inside", False):
                return original(*args, **kwargs)
            where = line_of_program(caller(1))
            if where is None:
                return original(*args, **kwargs)
            own.inside = True
            try:
                subject = _quietly(about, *args[:1])
                kept = recorder.recording.add("call", verb(*args, **kwargs), subject, where, [])
                waits = recorder.waits()
                try:
                    return original(*args, **kwargs)
                finally:
                    if kept:
                        waited = recorder.waits() > waits
                        # What is about to be made has no number before it is.
                        late = _quietly(about, *args[:1]) if subject is None else None
                        recorder.recording.add("return", waited, late, [], follows=True)
            finally:
                own.inside = False

        return call


def _quietly(about: Callable[..., Object], *args: Any) -> Object:
    try:
        return about(*args)
    except Exception:  # a closed handle, an object half made: the call itself says what is wrong
        return None
