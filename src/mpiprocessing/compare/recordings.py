"""Recordings of a run in a file, and what becomes of them: the way from the ranks to a timeline.

Theory of operation: rank 0 has the recordings of all ranks when the job ends. For the comparison it writes them as they are to
the file that MPIPROCESSING_TIMELINE names, and the comparison makes a timeline of them; for a trace it does that itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec

from mpiprocessing.compare.chrome import write as write_chrome
from mpiprocessing.compare.figures import STRANGE
from mpiprocessing.compare.merging import merge
from mpiprocessing.compare.timeline import Timeline
from mpiprocessing.core.lastwords import tell as say

__all__ = ["keep", "read", "tell", "write_trace"]


def keep(path: str, recordings: Sequence[Mapping[str, Any]]) -> None:
    """Write recordings as they are.

    Args:
        path: the file.
        recordings: of all ranks that could tell.
    """
    Path(path).write_text(json.dumps(recordings), encoding="utf-8")


def read(path: Path) -> Timeline | None:
    """Read what a run left, as a timeline.

    Args:
        path: the file that MPIPROCESSING_TIMELINE named.

    Returns:
        The timeline, or None for a run that ended before it could write, and for a file that holds something else: the program
        could have written anything there.
    """
    try:
        data = path.read_bytes()
        _check(data)
        return merge(json.loads(data))
    except (OSError, msgspec.MsgspecError, *STRANGE):
        return None


# ---- what stands in the file (`core/recording.py`) ------------------------------------------------------------------

_Rank = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
_Size = Annotated[int, msgspec.Meta(ge=0, lt=2**62)]
_Time = Annotated[float, msgspec.Meta(gt=-1e15, lt=1e15)]
_About = str | tuple[str, int] | None
_Pairs = list[tuple[str, str]]


class _Event(msgspec.Struct, array_like=True):
    seconds: _Time
    thread: str


class _Began(_Event, tag="began"):
    name: str


class _Ended(_Event, tag="ended"): ...


class _Call(_Event, tag="call"):
    verb: str
    about: _About
    where: str | None
    detail: _Pairs


class _Return(_Event, tag="return"):
    blocked: bool | None
    about: _About
    detail: _Pairs
    delivered: list[_Size] = []


class _Blocked(_Event, tag="blocked"):
    what: str


class _Woken(_Event, tag="woken"): ...


class _Sent(_Event, tag="sent"):
    kind: str
    dest: _Rank
    size: _Size
    channel: str
    detail: _Pairs
    carries: bool


class _Unsent(_Sent, tag="unsent"): ...


class _Received(_Event, tag="received"):
    kind: str
    source: _Rank
    channel: str
    posted: int | None
    since: _Time | None


class _Collective(_Event, tag="collective"):
    kind: str
    channel: str
    messages: list[tuple[_Rank, _Rank, _Size, int]]
    begun: bool


class _Completed(_Event, tag="completed"):
    channel: str


class _Recording(msgspec.Struct):
    rank: _Rank
    host: str
    wall: _Time
    clock: _Time
    dropped: _Size
    events: list[
        _Began
        | _Ended
        | _Call
        | _Return
        | _Blocked
        | _Woken
        | _Sent
        | _Unsent
        | _Received
        | _Collective
        | _Completed
    ]


_check = msgspec.json.Decoder(list[_Recording]).decode


def write_trace(path: str, recordings: Sequence[Mapping[str, Any]]) -> None:
    """Write recordings as a Chrome trace.

    Args:
        path: the file.
        recordings: of all ranks that could tell.
    """
    timeline = merge(recordings)
    with open(path, "w", encoding="utf-8") as file:
        write_chrome({} if timeline is None else {"": timeline}, file)


def tell(recordings: Sequence[Mapping[str, Any]], trace: str, raw: str | None) -> bool:
    """Write what a job leaves behind; what cannot be written is said, and harms the job no more.

    Args:
        recordings: of all ranks that could tell.
        trace: the file for a Chrome trace, "" for none.
        raw: the file for the recordings as they are, None for none.

    Returns:
        Whether a trace was written.
    """
    try:
        if raw:
            keep(raw, recordings)
        if trace:
            write_trace(trace, recordings)
    except OSError as error:
        say(f"mpiprocessing: cannot write the trace: {error}\n")
        return False
    return bool(trace)
