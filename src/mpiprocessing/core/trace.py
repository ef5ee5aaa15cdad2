"""Observers of a run: they see every message that leaves or arrives, and every wait, and change nothing.

The runtime calls four hooks; `Counter` turns them into the figures of the comparison, `EventLog` into a file of one JSON
line per event, for timelines. No observer is paid for unless it is attached.
"""

from __future__ import annotations

import io
import json
import time
from collections import Counter as Tally
from typing import Any, Protocol

from mpiprocessing.core.messages import Message

__all__ = ["Counter", "EventLog", "Observer", "Observers"]


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
        line = {"time": time.monotonic(), "rank": self._rank, "event": event, **fields}
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
