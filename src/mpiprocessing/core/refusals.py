"""What came in and is no frame: refused before any of it is obeyed, with a text that says whose it was and what it began with.

A frame is a msgpack list of messages; reading it checks every field (`messages.py`). MPI delivers what was sent, so what is
refused here comes from a defect, from memory that was overwritten, or from a rank that runs another version of this library.
What such a frame would have said is lost, and somebody may wait for it: so whoever reads it ends the job.
"""

from __future__ import annotations

import contextlib
import re
from typing import Any

import msgspec

from mpiprocessing.core.errors import ProtocolError
from mpiprocessing.core.messages import MESSAGES

__all__ = ["LARGEST", "UNREADABLE", "block_size", "no_rule", "refused"]

LARGEST = 1 << 44
"""Bytes of one block at most (16 TiB): a size beyond that is no size."""

UNREADABLE = (msgspec.MsgspecError, ValueError, LookupError, MemoryError, OSError)
"""What reading something raises that is no frame: text that is no UTF-8 is a ValueError, a frame of no message a LookupError;
for some sizes there is no memory."""

_KINDS = {kind.__struct_config__.tag: kind.__name__ for kind in MESSAGES}


def block_size(obj: Any) -> int:
    """The size of a block that travels beside its frame, as it was read.

    Args:
        obj: what stands for the block in the frame.

    Raises:
        ValueError: it is no size.
    """
    if type(obj) is not int or not 0 <= obj <= LARGEST:
        raise ValueError(f"{obj!r:.40} is not the size of a block")
    return obj


def refused(error: BaseException, data: Any, rank: int, source: int) -> ProtocolError:
    """The error that tells of a frame that cannot be read.

    Args:
        error: what reading it raised.
        data: its bytes.
        rank: this rank.
        source: the rank that sent it.
    """
    size = memoryview(data).nbytes
    return ProtocolError(
        f"rank {rank} cannot read a frame of {size} bytes from rank {source} ({_kind(error, data)}): "
        f"{str(error) or type(error).__name__:.300}\nall ranks must run the same version of mpiprocessing and msgspec"
    )


def no_rule(error: Exception, message: object, rank: int, source: int) -> ProtocolError:
    """The error that tells of a message that can be read, and does not fit what this rank knows.

    Args:
        error: what handling it raised.
        message: the message.
        rank: this rank.
        source: the rank that sent it.
    """
    return ProtocolError(
        f"rank {rank} has no rule for {type(message).__name__} from rank {source}: {type(error).__name__}: {error!s:.300}"
    )


def _kind(error: BaseException, data: Any) -> str:
    """Which kind of message it is about, as far as the bytes tell."""
    place = re.search(r"\$\[(\d+)\]", str(error))
    with contextlib.suppress(msgspec.DecodeError, IndexError):
        raw = msgspec.msgpack.decode(data, type=list[msgspec.Raw])[int(place[1]) if place else 0]
        return _named(memoryview(raw))
    # It is cut off: its first message can be told by its first bytes all the same.
    view = memoryview(data)[:16]
    for head, long in ((b"\x90\x9f", 1), (b"\xdc\xdc", 3), (b"\xdd\xdd", 5)):
        if view and head[0] <= view[0] <= head[1]:
            return "it begins with " + _named(view[long:])
    return "it begins with no message"


def _named(message: memoryview) -> str:
    """The kind of a message by its first bytes: an array, its tag in front."""
    tag = bytes(message[1:3])
    number = tag[1] if tag[:1] == b"\xcc" and len(tag) > 1 else tag[0] if tag and tag[0] < 0x80 else None
    return _KINDS.get(number, "no kind of message")
