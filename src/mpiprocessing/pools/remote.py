"""The exception of a task on its way from the worker to the caller, and what is told of it there: where, at what, how.

    worker                                             caller
    pack_error(error) ── the exception, a Placed ────▶ placed(error, first) ── raise error ──▶
                         (or a description of it)      its cause: a RemoteTraceback

    mpiprocessing.pool.RemoteTraceback:
    \"\"\"
    PoolWorker-3, rank 3 on node17, item 37: {'mass': -1.0}
    Traceback (most recent call last):
      ...
    ValueError: negative mass
    \"\"\"

The caller knows the number of the task, the worker the place within the task and the argument. While all goes well nobody notes
them: the worker finds them afterwards in the frames that the traceback holds. Derived from CPython's
`Lib/multiprocessing/pool.py`.
"""

from __future__ import annotations

import contextlib
import reprlib
from collections.abc import Callable
from multiprocessing.pool import MaybeEncodingError  # type: ignore[attr-defined]
from multiprocessing.pool import RemoteTraceback as StdlibRemoteTraceback  # type: ignore[attr-defined]
from multiprocessing.process import current_process
from types import CodeType, TracebackType
from typing import Any, NamedTuple, TypeVar

from mpiprocessing.core import payload
from mpiprocessing.core.lastwords import hint, line, traceback_of
from mpiprocessing.core.messages import Payload
from mpiprocessing.core.thisrank import running

__all__ = [
    "Argument",
    "RemoteTraceback",
    "describe",
    "pack_error",
    "pack_refusal",
    "placed",
    "shown",
    "tells",
    "travelling",
]

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 80

_LONGEST = 1 << 16
"""Bytes of which a repr is still made: it is cut short afterwards."""


class RemoteTraceback(StdlibRemoteTraceback):  # type: ignore[misc]  # the stdlib's is not typed
    """The cause of an exception that was raised on another rank.

    Args:
        tb: the traceback as text.

    Attributes:
        tb: the same, headed by what follows.
        process: the name of the process that ran the task.
        rank: the rank it runs on.
        host: that rank's host.
        argument: what the function was called with, as a shortened repr; None where it cannot be told.
        index: the place of the argument in the caller's iterable; None where there was none.
    """

    def __init__(self, tb: str) -> None:
        self._frames = tb
        self.process, self.rank, self.host = "", -1, ""
        self.argument: str | None = None
        self.index: int | None = None

    @property
    def tb(self) -> str:
        """The text that is shown in the place of a traceback."""
        what = "" if self.index is None else f", item {self.index}"
        if self.argument is not None:
            what += f": {self.argument}" if what else f", {self.argument}"
        return f'\n"""\n{self.process}, rank {self.rank} on {self.host}{what}\n{self._frames}"""'


RemoteTraceback.__module__ = "mpiprocessing.pool"


class Argument(NamedTuple):
    """What a function was called with when it raised.

    Args:
        text: a short text for it.
        offset: how many items of the same task came before it; None where it is not one of several.
    """

    text: str
    offset: int | None = None


_tells: dict[CodeType, Callable[[dict[str, Any]], Argument]] = {}

_Function = TypeVar("_Function", bound=Callable[..., Any])


def tells(find: Callable[[dict[str, Any]], Argument]) -> Callable[[_Function], _Function]:
    """For a function that calls the user's: its local variables, or those of a comprehension in it, tell what with.

    Args:
        find: given them by name, finds it; only called when something was raised. It may raise.
    """

    def decorate(function: _Function) -> _Function:
        code: CodeType = function.__code__
        for each in (code, *(constant for constant in code.co_consts if isinstance(constant, CodeType))):
            _tells[each] = find
        return function

    return decorate


def shown(value: Any) -> str:
    """A short text for any object."""
    try:
        if isinstance(value, (bytes, bytearray, memoryview)) and len(value) > _LONGEST:
            return f"<{type(value).__name__} of {len(value)} bytes>"
        return _SHORT.repr(value)
    except Exception as problem:
        return f"<{type(value).__name__} whose repr raises {type(problem).__name__}>"


def describe(args: Any, kwds: dict[str, Any]) -> str:
    """A short text for the arguments of a call."""
    return ", ".join([*map(shown, args), *(f"{name}={shown(value)}" for name, value in kwds.items())])


def _argument(frames: TracebackType | None) -> Argument | None:
    """What was called with what, as the innermost of those frames tells that can."""
    found = None
    while frames is not None:
        find = _tells.get(frames.tb_frame.f_code)
        if find is not None:
            with contextlib.suppress(
                Exception
            ):  # nothing to tell, or the program has changed what it was called with
                found = find(frames.tb_frame.f_locals)
        frames = frames.tb_next
    return found


# --- in the worker --------------------------------------------------------------------------------------------


class Travelling:
    """An exception that is pickled together with what is to be told of it.

    Args:
        error: the exception.
        cause: what it is told by: a `RemoteTraceback`, the index being the place within the task.
    """

    def __init__(self, error: BaseException, cause: RemoteTraceback) -> None:
        self.error = error
        self.cause = cause

    def __reduce__(self) -> Any:
        return _arrive, (self.error, self.cause)


def _arrive(error: BaseException, cause: RemoteTraceback) -> BaseException:
    error.__cause__ = cause
    return error


def travelling(error: BaseException, kind: type[RemoteTraceback] = RemoteTraceback) -> Travelling:
    """Make an exception ready to travel; what cannot make the journey is described instead.

    Args:
        error: the exception.
        kind: of its cause.
    """
    frames = error.__traceback__
    argument, runtime = _argument(frames), running()
    where = current_process().name, runtime.rank, runtime.transport.host
    cause = kind(_text(error))
    cause.process, cause.rank, cause.host = where
    if argument is not None:
        cause.argument, cause.index = argument
    error.__traceback__ = None  # the frames hold the task's objects
    try:
        content = payload.dumps(Travelling(error, cause))
        payload.loads(content)
    except Exception as problem:
        text = f"{line(error)} (raised in {where[0]}, rank {where[1]} on {where[2]})"
        error = _described(problem, text)
    return Travelling(error, cause)


def pack_error(error: BaseException) -> Payload:
    """Pickle an exception, with where and at what it was raised."""
    return payload.dumps(travelling(error))


def pack_refusal(error: Exception, value: Any) -> Payload:
    """A result that cannot be pickled, described as the standard library does."""
    return payload.dumps(_described(error, value))


def _described(error: Exception, value: Any) -> Exception:
    described: Exception
    try:
        described = MaybeEncodingError(error, value)
    except Exception:  # nor can it be shown
        described = MaybeEncodingError(None, None)
        described.exc, described.value = line(error), value if isinstance(value, str) else shown(value)  # type: ignore[attr-defined]
    return described


def _text(error: BaseException) -> str:
    return traceback_of(error) + hint(error)


# --- at the caller --------------------------------------------------------------------------------------------


def placed(error: BaseException, first: int) -> BaseException:
    """An exception that has come, with its place among all items of its call.

    Args:
        error: it.
        first: the place of its task's first item.
    """
    cause = error.__cause__
    if isinstance(cause, RemoteTraceback) and cause.index is not None:
        cause.index += first
    return error
