"""Frames that no rank would send, for whoever reads them: `core/transport.py` with `core/refusals.py`, and a node behind it.

Messages are drawn from their declarations, so a new kind is attacked as soon as it is declared. Frames are cut, lengthened,
and changed, starting from drawn ones and from those that simulated programs really send. What may come of one: its messages, if
it still is a frame, or a `ProtocolError` that names the rank and the kind. What a node makes of strange messages: an answer, or
a `ProtocolError`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from mpiprocessing.core.border import Border
from mpiprocessing.core.errors import ProtocolError
from mpiprocessing.core.messages import MESSAGES, AnyMessage, Buffer, Dead, Message, Out, Ref
from mpiprocessing.core.node import Node
from mpiprocessing.core.refusals import UNREADABLE, block_size, refused

__all__ = ["Codec", "draw", "frames_of_programs", "mutate", "poke", "run"]

MOST = 1 << 16
"""Bytes of a block for which this codec makes room: what is beyond is only counted."""


class Codec:
    """Writes and reads frames as the transport does, without MPI.

    Attributes:
        room: bytes of blocks that the last frame asked for.
    """

    def __init__(self) -> None:
        self.room = 0
        self._border = Border()
        self._encode = msgspec.msgpack.Encoder(enc_hook=self._put_aside).encode
        self._decode = msgspec.msgpack.Decoder(list[AnyMessage], dec_hook=self._make_room).decode

    def write(self, messages: list[Message]) -> bytes:
        """A frame."""
        return self._encode(messages)

    def read(self, data: bytes, rank: int = 0, source: int = 1) -> list[Message]:
        """The messages of a frame.

        Raises:
            ProtocolError: it is none.
        """
        self.room = 0
        self._border = Border()  # what others have counted is nothing to this one
        try:
            return self._decode(data)
        except UNREADABLE as error:
            raise refused(error, data, rank, source) from error

    def _put_aside(self, obj: Any) -> Any:
        return len(obj) if isinstance(obj, Buffer) else self._border.leave(obj)

    def _make_room(self, kind: type, obj: Any) -> Any:
        if kind is not Buffer:
            return self._border.enter(kind, obj)
        size = block_size(obj)
        self.room += size
        return Buffer(bytearray(min(size, MOST)))


# ---- messages from their declarations -------------------------------------------------------------------------------


def _integer(r: random.Random) -> int:
    return r.choice(
        (0, 1, 2, 7, -1, 127, 128, 255, 1 << 31, 1 << 32 | 1, 2 << 32 | 5, (1 << 63) - 1, r.getrandbits(40))
    )


def _text(r: random.Random) -> str:
    return r.choice(("", "x", "put", "ä", "\0", "𝄞", "n" * 300))


def _floating(r: random.Random) -> float:
    return r.choice((0.0, 1.5, -1.0, 1e300, float("inf")))


_PLAIN: dict[Any, Callable[[random.Random], Any]] = {
    int: _integer,
    NoneType: lambda r: None,
    bool: lambda r: r.random() < 0.5,
    str: _text,
    bytes: lambda r: r.randbytes(r.choice((0, 1, 5, 40))),
    float: _floating,
    Buffer: lambda r: Buffer(bytes(r.choice((0, 1, 100)))),
}


_CROSSINGS: dict[Any, Callable[[random.Random], Any]] = {
    Ref: lambda r: Ref(_integer(r), _integer(r), r.randrange(2), r.choice((0, 1, 30))),
    Out: lambda r: Out(_integer(r), r.randrange(2), r.choice((0, 1, 30)), f"{r.getrandbits(70):x}"),
    Dead: lambda r: Dead(*(r.randrange(9) for _ in range(r.randrange(3)))),
}


def _drawn(r: random.Random, kind: Any) -> Any:
    if kind in _PLAIN:
        return _PLAIN[kind](r)
    origin, inside = get_origin(kind), get_args(kind)
    if origin is tuple and inside[-1] is not Ellipsis:
        return tuple(_drawn(r, each) for each in inside)
    if origin in (tuple, list):
        return origin(_drawn(r, inside[0]) for _ in range(r.choice((0, 0, 1, 3))))
    if origin in (Union, UnionType):
        return _drawn(r, r.choice(inside))
    if origin is dict:
        return {_drawn(r, inside[0]): _drawn(r, inside[1]) for _ in range(r.choice((0, 1, 3)))}
    if kind in _CROSSINGS:
        return _CROSSINGS[kind](r)
    assert issubclass(kind, msgspec.Struct), f"nothing is known of {kind}"
    hints = get_type_hints(kind)
    return kind(*(_drawn(r, hints[name]) for name in kind.__struct_fields__))


def draw(r: random.Random, kind: type[Message]) -> Message:
    """A message of that kind, with anything in its fields."""
    message: Message = _drawn(r, kind)
    return message


def frames_of_programs(seeds: range) -> list[bytes]:
    """Frames that simulated programs really send, each once."""
    from tests.core.simulator.playing import play
    from tests.core.simulator.scenarios import SCENARIOS

    codec, found = Codec(), dict[bytes, None]()
    for scenario in SCENARIOS.values():
        for seed in seeds:
            log = play(scenario, seed).network.log
            for start in range(0, len(log), 3):
                found[codec.write([message for _, _, message in log[start : start + 3]])] = None
    return list(found)


# ---- what may happen to a frame -------------------------------------------------------------------------------------

_WORDS = (b"\xc0", b"\xc1", b"\x90", b"\xdd\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff", b"\x80",
          b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", b"\xd3\x80\0\0\0\0\0\0\0", b"\xa1\xff",
          b"\xcb\x7f\xf8\0\0\0\0\0\0")  # fmt: skip


def mutate(r: random.Random, data: bytes, others: list[bytes]) -> bytes:
    """Cut, lengthen or change a frame, a few times."""
    changed = bytearray(data)
    for _ in range(r.choice((1, 1, 1, 2, 4))):
        at = r.randrange(len(changed) + 1)
        how = r.randrange(7)
        if how == 0:
            del changed[at:]
        elif how == 1:
            changed += r.randbytes(r.randint(1, 8))
        elif how == 2 and at < len(changed):
            changed[at] ^= 1 << r.randrange(8)
        elif how == 3 and at < len(changed):
            changed[at] = r.randrange(256)
        elif how == 4:
            changed[at:at] = r.choice(_WORDS)
        elif how == 5:
            del changed[at : at + r.randint(1, 6)]
        else:
            other = r.choice(others)
            cut = r.randrange(len(other) + 1)
            changed[at:] = other[cut:]
    return bytes(changed)


def judge(codec: Codec, data: bytes) -> list[Message]:
    """Read a frame that may be none; returns its messages, none where it was refused.

    Raises:
        AssertionError: what came of it is neither.
    """
    try:
        messages = codec.read(data, rank=3, source=5)
    except ProtocolError as error:
        text = str(error)
        assert text.startswith("rank 3 cannot read a frame") and "from rank 5 (" in text, text
        assert len(text) < 1000, text
        return []
    assert type(messages) is list and all(type(message) in MESSAGES for message in messages)
    assert codec.read(codec.write(messages)) == messages or _not_a_number(messages)
    return messages


def _not_a_number(messages: list[Message]) -> bool:
    return "nan" in repr(messages) or "Buffer" in repr(messages)


def poke(node: Node, messages: list[Message]) -> None:
    """Deliver messages to a node that may know nothing of what they are about.

    Raises:
        AssertionError: it took one for something else than it is.
    """
    for message in messages:
        try:
            node.deliver(message, 1)
        except ProtocolError as error:
            assert str(error).startswith(
                f"rank {node.rank} has no rule for {type(message).__name__} from rank 1"
            )


def run(seconds: float, seed: int) -> tuple[str, bool]:
    """Attack frames until the time is over.

    Args:
        seconds: how long to go on.
        seed: decides about everything.

    Returns:
        What was done, in a line, and whether all was as it must be.
    """
    codec, refusals, read = Codec(), 0, 0
    for number, data in enumerate(_attacks(seed, time.monotonic() + seconds)):
        try:
            messages = judge(codec, data)
        except Exception as error:
            print(f"frame {data.hex()} (seed {seed}, number {number}): {error!r}")
            return f"frames: {number} executions, then one went wrong", False
        read, refusals = read + bool(messages), refusals + (not messages)
        if number % 50 == 0:
            node = Node(0)
        poke(node, [message for message in messages if type(message).__name__ != "HomeMove"])
    return f"frames: {read + refusals} executions, {refusals} refused, {read} read and delivered", True


def _attacks(seed: int, until: float) -> Iterator[bytes]:
    r, codec = random.Random(seed), Codec()
    known = frames_of_programs(range(2))
    known += [
        codec.write([draw(r, kind) for _ in range(r.choice((1, 2)))]) for kind in MESSAGES for _ in range(5)
    ]
    while time.monotonic() < until:
        data = mutate(r, r.choice(known), known)
        yield data
        if r.random() < 0.001:  # what is odd already leads further
            known.append(data[:4000])
