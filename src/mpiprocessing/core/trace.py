"""Observers of a run: they see every message that leaves or arrives, and every wait, and change nothing.

The runtime calls four hooks; `Counter` turns them into the figures of the comparison, `EventLog` into a file of one JSON
line per event, as they happen, `Recorder` into a recording of this rank, from which timelines are made at the end. No observer
is paid for unless it is attached.
"""

from __future__ import annotations

import io
import json
import threading
from collections import Counter as Tally
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol

from mpiprocessing.core.messages import WATCH, JobEnd, JobEnded, Message
from mpiprocessing.core.recording import Recording

__all__ = ["Counter", "EventLog", "Observer", "Observers", "Recorder", "Tracing"]


class Observer(Protocol):
    """What an observer may look at. `size` is in bytes, and counts the large buffers beside a message."""

    def sent(self, dest: int, message: Message, size: int) -> None: ...
    def received(self, source: int, message: Message) -> None: ...
    def blocked(self, what: str) -> None: ...
    def woken(self, what: str) -> None: ...


class Counter:
    """Counts messages and bytes by kind.

    Attributes:
        messages: kind (the name of the message's class) to how many were sent.
        bytes: kind to their bytes.
    """

    def __init__(self) -> None:
        self.messages: Tally[str] = Tally()
        self.bytes: Tally[str] = Tally()

    def sent(self, dest: int, message: Message, size: int) -> None:
        kind = type(message).__name__
        self.messages[kind] += 1
        self.bytes[kind] += size

    def received(self, source: int, message: Message) -> None: ...
    def blocked(self, what: str) -> None: ...
    def woken(self, what: str) -> None: ...

    def snapshot(self) -> dict[str, tuple[int, int]]:
        """Kind to (messages, bytes), as it stands now."""
        return {kind: (count, self.bytes[kind]) for kind, count in self.messages.items()}


class EventLog:
    """Writes one JSON line per event: time in seconds (monotonic), rank, event, kind, the other rank, bytes.

    Args:
        path: the file; every rank writes its own, with its rank as suffix.
        rank: this rank.
    """

    def __init__(self, path: str, rank: int) -> None:
        self._rank = rank
        self._file: io.TextIOBase = open(f"{path}.{rank}", "w", buffering=1, encoding="utf-8")  # noqa: SIM115

    def _write(self, event: str, **fields: Any) -> None:
        line = {"time": monotonic(), "rank": self._rank, "event": event, **fields}
        self._file.write(json.dumps(line) + "\n")

    def sent(self, dest: int, message: Message, size: int) -> None:
        self._write(
            "sent", kind=type(message).__name__, peer=dest, bytes=size, call=getattr(message, "call", None)
        )

    def received(self, source: int, message: Message) -> None:
        self._write("received", kind=type(message).__name__, peer=source, call=getattr(message, "call", None))

    def blocked(self, what: str) -> None:
        self._write("blocked", what=what)

    def woken(self, what: str) -> None:
        self._write("woken", what=what)


class Recorder:
    """Records what happens on this rank, from the first message to the end of its part in the job.

    Args:
        recording: where it is entered.

    Attributes:
        recording: the same.
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._hosting = False  # whether a process of the program runs here: what an idle rank waits for is nobody's concern
        self._closed = False
        self._own = threading.local()

    # ---- the runtime's hooks ----

    def sent(self, dest: int, message: Message, size: int) -> None:
        if isinstance(message, JobEnd | JobEnded):
            # The figures of this rank were taken just before: what it still sends is not in them.
            self._closed = self._closed or isinstance(message, JobEnded)
        elif not self._closed and not isinstance(message, WATCH):
            kind, detail = type(message).__name__, _detail(message)
            carries = hasattr(message, "payload") or kind == "ProcessExited"
            self.recording.add("sent", kind, dest, size, "", detail, carries)

    def received(self, source: int, message: Message) -> None:
        if not isinstance(message, (JobEnd, JobEnded, *WATCH)):
            self.recording.add("received", type(message).__name__, source, "", None, None)

    def blocked(self, what: str) -> None:
        self._own.waits = self.waits() + 1
        self._own.kept = self._hosting and self.recording.add("blocked", what) is not None

    def woken(self, what: str) -> None:
        if getattr(self._own, "kept", False):
            self.recording.add("woken", follows=True)

    # ---- the program ----

    def began(self, name: str) -> None:
        """A process of the program begins on this rank."""
        self._hosting = self.recording.add("began", name) is not None

    def ended(self) -> None:
        """It has ended."""
        if self._hosting:
            self._hosting = False
            self.recording.add("ended", follows=True)

    def close(self) -> None:
        """The figures of this rank are taken: what it still sends is not in them, and not recorded."""
        self._closed = True

    def waits(self) -> int:
        """How often this thread has waited so far."""
        waits: int = getattr(self._own, "waits", 0)
        return waits


@dataclass(frozen=True)
class Tracing:
    """What is done about a trace, for a job that is to have one.

    Attributes:
        watch: called on every rank before any code of the program, to have its calls recorded as well.
        check: called on rank 0 before the program; raises `LaunchError` where nothing could be told in the end.
        tell: called on rank 0 at the end, with the recordings of all ranks as far as they are known.
    """

    watch: Callable[[Recorder], None]
    check: Callable[[], None]
    tell: Callable[[list[dict[str, Any]]], None]


def _detail(message: Message) -> list[list[str]]:
    """What else is worth knowing of a message: the shared object and the call it belongs to."""
    names = ("home", "call", "process")
    detail = [[name, f"{value:x}"] for name in names if (value := getattr(message, name, None)) is not None]
    more: list[Any] | None = getattr(message, "more", None)
    return [*detail, ["objects", str(1 + len(more))]] if more else detail


class Observers:
    """Several observers as one."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def sent(self, dest: int, message: Message, size: int) -> None:
        for observer in self._observers:
            observer.sent(dest, message, size)

    def received(self, source: int, message: Message) -> None:
        for observer in self._observers:
            observer.received(source, message)

    def blocked(self, what: str) -> None:
        for observer in self._observers:
            observer.blocked(what)

    def woken(self, what: str) -> None:
        for observer in self._observers:
            observer.woken(what)
