"""The functions of a task farm: each travels once to each worker, and those long unused are forgotten.

A function may be bound to megabytes of data. It is told from others by its bytes, so calling `map` again and again sends it
once; and a program that makes a new one for every call does not fill the memory of its workers: in use are those that tasks
name, of the others the last few are kept.
"""

from __future__ import annotations

import hashlib

from mpiprocessing.core.messages import Payload, Ref

__all__ = ["KEEP", "KEEP_BYTES", "Functions", "halved"]

KEEP = 16
"""How many functions that no task names are kept at most."""

KEEP_BYTES = 64 << 20
"""Bytes that these may have together; the last one is kept in any case."""


class _Function:
    """A function's pickle, how many tasks hold it, and which workers have it."""

    def __init__(self, payload: Payload, key: bytes | None) -> None:
        self.payload = payload
        self.key = key
        self.holds = 0
        self.stubs: set[int] = set()
        self.size = len(payload.body) + sum(map(len, payload.buffers))


class Functions:
    """The functions that tasks name, and those that were named last."""

    def __init__(self) -> None:
        self._serial = 0
        self._functions: dict[int, _Function] = {}
        self._numbers: dict[bytes, int] = {}
        self._unused: dict[int, None] = {}  # in the order in which they were last used

    def define(self, payload: Payload) -> int:
        """Give a function a number, the same one while it is kept, and hold it.

        Args:
            payload: its pickle, with memory of its own.
        """
        key = _digest(payload)
        number = self._numbers.get(key) if key is not None else None
        if number is None:
            number = self._serial = self._serial + 1
            self._functions[number] = _Function(payload, key)
            if key is not None:
                self._numbers[key] = number
        self.hold(number)
        return number

    def knows(self, number: int) -> bool:
        """Whether a function is kept."""
        return number in self._functions

    def hold(self, number: int) -> None:
        """One more task names it."""
        self._functions[number].holds += 1
        self._unused.pop(number, None)

    def release(self, number: int) -> list[tuple[int, list[int], Payload]]:
        """One task less names it.

        Returns:
            The functions that are forgotten now: number, the workers' stubs that have them, and what is left of the pickle.
        """
        function = self._functions[number]
        function.holds -= 1
        if function.holds:
            return []
        self._unused[number] = None
        forgotten = []
        while len(self._unused) > 1 and (len(self._unused) > KEEP or self._unused_bytes() > KEEP_BYTES):
            oldest = next(iter(self._unused))
            del self._unused[oldest]
            function = self._functions.pop(oldest)
            if function.key is not None:
                del self._numbers[function.key]
            forgotten.append((oldest, sorted(function.stubs), function.payload))
        return forgotten

    def payload(self, number: int) -> Payload:
        """The pickle, for a look at it; the handles inside are not the caller's."""
        return self._functions[number].payload

    def copy_for(self, stub: int, number: int) -> Payload | None:
        """The pickle for a worker; None where it has it already."""
        function = self._functions[number]
        if stub in function.stubs:
            return None
        function.stubs.add(stub)
        function.payload = halved(function.payload)
        return function.payload

    def gone(self, stub: int) -> None:
        """A worker is no more."""
        for function in self._functions.values():
            function.stubs.discard(stub)

    def clear(self) -> list[Payload]:
        """Nobody will name a function any more. Returns what was left of the pickles."""
        payloads = [function.payload for function in self._functions.values()]
        self._functions.clear()
        self._numbers.clear()
        self._unused.clear()
        return payloads

    def _unused_bytes(self) -> int:
        return sum(self._functions[number].size for number in self._unused)


def halved(payload: Payload) -> Payload:
    """One of the two halves of a payload that is going to be in two places: each handle inside carries half of its share."""
    if not payload.refs:
        return payload
    refs = tuple(Ref(ref.home, ref.rank, ref.role, ref.share + 1) for ref in payload.refs)
    return Payload(payload.body, payload.buffers, refs)


def _digest(payload: Payload) -> bytes | None:
    """What tells a function from others; None where it holds handles, whose pickles are never the same twice."""
    if payload.refs:
        return None
    digest = hashlib.blake2b(payload.body, digest_size=20)
    for buffer in payload.buffers:
        digest.update(len(buffer).to_bytes(8, "big"))
        digest.update(buffer.view)
    return digest.digest()
