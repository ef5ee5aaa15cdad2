"""The functions that a worker knows: each was sent once, and is for every task what it was when it was sent.

The standard library sends it with each task. So nothing that a task does to the object of a method, to the arguments of a
partial or to an array in them is found by the next one. Here it is read anew for each task, from what was sent, unless no task
can change it. Its large blocks are copied for that, into the memory that the last task had, if nothing of that task is left
there: pages that are there already take far less time than new ones.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

from mpiprocessing.core import payload
from mpiprocessing.core.messages import Buffer, Payload

__all__ = ["Function", "Known"]

Function = Callable[..., Any]

_PLAIN = frozenset((int, float, complex, bool, str, bytes, type(None)))


class Known:
    """A function that a worker has been sent.

    Only shared objects can be taken out of their message no more than once: where some are in it, all tasks have one function.

    Args:
        content: its pickle.
    """

    def __init__(self, content: Payload) -> None:
        self._function: Any = _read(content)  # that it cannot be called is for its tasks to say
        # The large blocks of what was read are those of the message, which are to stay as they are.
        self._new = not content.buffers
        self._content = None if content.refs or _has_no_state(self._function) else content
        self._blocks: list[bytearray] = []  # of the last task

    def for_task(self) -> Function:
        """The function for the next task."""
        function: Function = self._function
        if self._content is None:
            return function
        if self._new:  # no task has had it
            self._new, self._function = False, None
            return function
        self._function = None
        return _read(self._copied(self._content))

    def _copied(self, content: Payload) -> Payload:
        pickled = 0 if content.body else 1  # of the blocks, which nobody changes
        sent = [block.view for block in content.buffers[pickled:]]
        blocks = self._blocks or [bytearray() for _ in sent]
        self._blocks = [_filled(block, view) for block, view in zip(blocks, sent, strict=True)]
        return Payload(content.body, (*content.buffers[:pickled], *map(Buffer, self._blocks)))


def _filled(block: bytearray, content: memoryview) -> bytearray:
    """A copy, in a block of the same size if nobody looks into that any more."""
    if not block or not _is_free(block):
        return bytearray(content)
    with memoryview(block) as view:
        view[:] = content
    return block


def _is_free(block: bytearray) -> bool:
    try:
        block.append(block.pop())  # its length cannot change as long as there is a view of it
    except BufferError:
        return False
    return True


def _has_no_state(function: Any) -> bool:
    """Whether no task can change what the next one finds, at least nothing that pickle would carry."""
    if type(function) is functools.partial:
        bound = *function.args, *function.keywords.values()
        return _has_no_state(function.func) and all(type(value) in _PLAIN for value in bound)
    if isinstance(function, types.BuiltinFunctionType | types.MethodType):
        return isinstance(function.__self__, type | types.ModuleType | types.NoneType)
    return isinstance(function, type | types.FunctionType)


def _read(content: Payload) -> Function:
    """The function; where it cannot be read, one that raises what reading it raised, in every task that names it."""
    try:
        function: Function = payload.loads(content)
    except Exception as error:
        problem = error

        def function(*args: Any, **kwds: Any) -> Any:
            raise problem

    return function
