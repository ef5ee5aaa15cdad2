"""One message from one rank to another and back, with a time limit: both ranks' parts."""

from __future__ import annotations

import time
from typing import Any

from mpiprocessing.doctor.facts import SMALL

__all__ = ["send_and_receive"]

_MARK = 0x5A
_EVERY = 1 << 30
_kept: list[Any] = []  # what MPI may still be writing to: messages that were given up


def send_and_receive(MPI: Any, comm: Any, order: dict[str, Any]) -> dict[str, Any]:
    """Play one part.

    Args:
        MPI: the module.
        comm: where.
        order: `part` is "source" or "target"; `peer`, the other rank; `size`; `times`; `tag`, that no other message has;
            `limit`, seconds for each message.

    Returns:
        `seconds` for one way and in how many `parts`, as the source sees it; or `error`.
    """
    size, times, peer, tag = order["size"], order["times"], order["peer"], order["tag"]
    limit = order["limit"]
    # The way back is of the same size where it matters, so that half of the time is one way; else it is short.
    back = size if size <= SMALL else 1
    try:
        data, answer = bytearray(size), bytearray(back)
        parts = _parts(data, MPI.Get_version() >= (4, 0))
        if order["part"] == "source":
            _mark(data)
            seconds = float("inf")  # of the quickest: the others say what else the cores had to do
            for _ in range(times):
                began = time.perf_counter()
                _wait([comm.Isend([part, MPI.BYTE], peer, tag) for part in parts], limit, data)
                _wait([comm.Irecv([answer, MPI.BYTE], peer, tag)], limit, answer)
                seconds = min(seconds, time.perf_counter() - began)
            return {"seconds": seconds / 2 if back == size else seconds, "parts": len(parts)}
        whole = True
        for _ in range(times):
            _wait([comm.Irecv([part, MPI.BYTE], peer, tag) for part in parts], limit, data)
            whole = whole and _marked(data)
            _wait([comm.Isend([answer, MPI.BYTE], peer, tag)], limit, answer)
        return {} if whole else {"error": "it did not arrive whole"}
    except (MPI.Exception, TimeoutError, MemoryError, OverflowError) as error:
        return {"error": f"{type(error).__name__}: {error}".partition("\n")[0].removeprefix("TimeoutError: ")}


def _parts(data: bytearray, whole: bool) -> list[Any]:
    """What is sent in a call: all, or where MPI counts with 32 bits (before MPI 4) pieces of 1 GiB."""
    if whole or len(data) < 2 * _EVERY:
        return [data]
    return [memoryview(data)[at : at + _EVERY] for at in range(0, len(data), _EVERY)]


def _wait(requests: list[Any], limit: float, buffer: bytearray) -> None:
    """Wait for a message, and give it up at the time limit."""
    until = time.monotonic() + limit
    turns = 0
    while not type(requests[0]).Testall(requests):
        turns += 1
        if turns % 64 == 0:
            if time.monotonic() > until:
                _kept.append((requests, buffer))
                raise TimeoutError(f"not within {limit:g} s")
            time.sleep(0)  # ranks may share a core


def _places(size: int) -> list[int]:
    return sorted({0, size - 1, *range(_EVERY, size, _EVERY)}) if size else []


def _mark(data: bytearray) -> None:
    for place in _places(len(data)):
        data[place] = _MARK


def _marked(data: bytearray) -> bool:
    """Whether the marks have come, and take them away for the next message."""
    found = all(data[place] == _MARK for place in _places(len(data)))
    for place in _places(len(data)):
        data[place] = 0
    return found
