"""Waiting for several things at once: `multiprocessing.connection.wait`.

    wait([connection, queue._reader, process.sentinel, socket])
          │           │              └── descriptors ──▶ a selector, asked without waiting after each look for messages
          └───────────┴── homes ──▶ a `Watch` each: a question that is answered when there is something to receive

Derived from CPython's `Lib/multiprocessing/connection.py`. Where nothing of ours is among the objects and no rank has started,
its own `wait` does the work.
"""

from __future__ import annotations

import selectors
import threading
from collections.abc import Iterable
from multiprocessing.connection import wait as wait_for_descriptors
from time import monotonic
from typing import Any

from mpiprocessing.core import thisrank
from mpiprocessing.core.descriptor import SENTINELS, Watch, Watched
from mpiprocessing.core.messages import READS
from mpiprocessing.core.runtime import Runtime

__all__ = ["wait"]

# No descriptor of its own, as in the stdlib.
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


def wait(object_list: Iterable[Any], timeout: float | None = None) -> list[Any]:
    """Wait until something can be received, or is at its end.

    Args:
        object_list: connections, readers of queues, sentinels, and whatever else has a descriptor.
        timeout: seconds to wait at most; None for ever.

    Returns:
        Those that are ready, in the order they were given in; none when the time is over.

    Raises:
        KeyError: an object is there twice.
        OSError: one is closed.
        ValueError: one has no descriptor.
    """
    objects = list(object_list)
    if thisrank.started() is None and not any(isinstance(obj, Watched) for obj in objects):
        return wait_for_descriptors(objects, timeout)
    deadline = None if timeout is None else monotonic() + timeout
    with _Group(thisrank.running(), objects) as group:
        if not group.look_now() and (deadline is None or deadline > monotonic()):
            group.wait(None if deadline is None else deadline - monotonic())
        return group.ready()


class _Group:
    """The objects of one call.

    Args:
        runtime: this rank's runtime.
        objects: what is waited for.
    """

    def __init__(self, runtime: Runtime, objects: list[Any]) -> None:
        self._runtime = runtime
        self._objects = objects
        self._watched: dict[int, Watched] = {}
        self._questions: dict[int, Watch] = {}  # by the object's id, as in `_watched`
        self._selector = _Selector()
        self._selecting = (
            threading.Lock()
        )  # `poll` refuses two threads: who looks for a deadlock asks as well

    def __enter__(self) -> _Group:
        try:
            for obj in self._objects:
                self._add(obj)
        except BaseException:
            self._selector.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._selector.close()
        self._forget()

    def _add(self, obj: Any) -> None:
        if not isinstance(obj, Watched):
            self._selector.register(obj, selectors.EVENT_READ)
            return
        obj._watching()  # raises where it is closed
        if id(obj) in self._watched:
            raise KeyError(f"{obj!r} (FD {obj.fileno()}) is already registered")
        self._watched[id(obj)] = obj

    def look_now(self) -> bool:
        """Whether anything is ready now; every home concerned is asked."""
        self._runtime.peek()
        self._ask(False)
        questions = self._questions.values()
        self._runtime.drive_until(lambda: all(question.answered for question in questions))
        return self._any_ready()

    def wait(self, timeout: float | None) -> None:
        """Wait until anything is ready, or the time is over."""
        self._ask(True)
        outside = any(key not in SENTINELS for key in self._selector.get_map())
        self._runtime.drive_until(self._any_ready, timeout, outside=outside)

    def _awaits(self) -> tuple[int, int, int | None]:
        """What `wait` waits for, see `core/testimony.py`: of several things the first."""
        for question in self._questions.values():
            return question.awaits()
        for key in self._selector.get_map().values():
            return SENTINELS[key.fd]()
        return 0, READS, None  # nothing at all is waited for

    def ready(self) -> list[Any]:
        """What is ready."""
        found = {id(key.fileobj) for key in self._selected()}
        found |= {number for number, question in self._questions.items() if question.ready}
        return [obj for obj in self._objects if id(obj) in found]

    def _any_ready(self) -> bool:
        if any(question.ready for question in list(self._questions.values())):
            return True
        return bool(self._selector.get_map()) and bool(self._selected())

    def _selected(self) -> list[selectors.SelectorKey]:
        with self._selecting:
            return [key for key, _ in self._selector.select(0)]

    def _ask(self, block: bool) -> None:
        self._forget()
        for number, obj in self._watched.items():
            self._questions[number] = obj._watch(block)

    def _forget(self) -> None:
        while self._questions:
            self._questions.popitem()[1].close()
