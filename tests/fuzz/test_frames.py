"""Every kind of message comes back as it was sent; what is no frame is refused, with the rank and the kind in the text."""

from __future__ import annotations

import random
import re

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mpiprocessing.core.errors import ProtocolError
from mpiprocessing.core.messages import (
    MESSAGES,
    Buffer,
    HostWait,
    Message,
    Payload,
    QueueAsk,
    QueueGot,
    QueuePut,
    QueueTold,
    Ref,
    ShareReturn,
)
from mpiprocessing.core.node import Node
from mpiprocessing.core.refusals import LARGEST
from tests.fuzz.frames import Codec, draw, frames_of_programs, judge, mutate, poke


def plain(messages: list[Message]) -> str:
    """What messages hold, blocks by their sizes."""
    return re.sub(r"<[^>]*Buffer object at 0x[0-9a-f]+>", "block", repr(messages))


few = settings(max_examples=5, deadline=None, phases=(Phase.explicit, Phase.generate))


@few
@given(seed=st.integers(0, 2**32))
def test_it_comes_back_as_it_was_sent(seed: int) -> None:
    codec, r = Codec(), random.Random(seed)
    for kind in MESSAGES:
        messages = [draw(r, kind), draw(r, r.choice(MESSAGES)), draw(r, kind)]
        again = codec.read(codec.write(messages))
        assert plain(again) == plain(messages)
        assert [type(message) for message in again] == [type(message) for message in messages]


@few
@given(seed=st.integers(0, 2**32))
def test_cut_off_anywhere_it_is_refused_by_its_name(seed: int) -> None:
    codec, r = Codec(), random.Random(seed)
    for kind in MESSAGES:
        data = codec.write([draw(r, kind)])
        named = f"from rank 1 (it begins with {kind.__name__}): "
        for changed in [*(data[:end] for end in {4, len(data) - 1, r.randrange(len(data))}), data + b"\0"]:
            if 3 < len(changed) != len(data):
                with pytest.raises(ProtocolError) as refusal:
                    codec.read(changed)
                assert named in str(refusal.value)


def test_with_a_field_of_another_type_it_is_refused_by_its_name() -> None:
    codec, r = Codec(), random.Random(7)
    before = msgspec.msgpack.decode(codec.write([HostWait(1)]))[0]
    for kind in MESSAGES:
        fields = msgspec.msgpack.decode(codec.write([draw(r, kind)]))[0]
        for place in range(1, len(fields)):
            wrong = [*fields]
            wrong[place] = 5 if type(fields[place]) is dict else {1: None}
            with pytest.raises(ProtocolError, match=rf"\({kind.__name__}\)"):
                codec.read(msgspec.msgpack.encode([before, wrong]))


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=200))
def test_noise_is_refused(data: bytes) -> None:
    judge(Codec(), data)


@pytest.fixture(scope="module")
def real() -> list[bytes]:
    """Frames that programs send."""
    return frames_of_programs(range(1))


def test_changed_frames_of_real_programs(real: list[bytes]) -> None:
    r, codec = random.Random(1), Codec()
    for _ in range(4000):
        messages = judge(codec, mutate(r, r.choice(real), real))
        poke(Node(3), [message for message in messages if type(message).__name__ != "HomeMove"])


@pytest.mark.parametrize("size", [-1, LARGEST + 1, 2**63 - 1, "12", None, 1.5, [1], True])
def test_what_is_no_size_takes_no_memory(size: object) -> None:
    codec = Codec()
    data = msgspec.msgpack.encode([[QueuePut.__struct_config__.tag, 1, 2, 3, [b"", [size], []]]])
    with pytest.raises(ProtocolError, match="QueuePut"):
        codec.read(data)
    assert codec.room == 0


def test_a_long_list_that_is_not_there_takes_no_memory() -> None:
    with pytest.raises(ProtocolError):
        Codec().read(b"\xdd\xff\xff\xff\xff" + b"\x92\x52\x01" * 3)
    with pytest.raises(ProtocolError):
        Codec().read(b"\x91\x94\xcc\x5a\x01\xc6\xff\xff\xff\xff")


def test_text_that_is_no_text_is_refused() -> None:
    data = Codec().write(
        [draw(random.Random(0), kind) for kind in MESSAGES if kind.__name__ == "ReferentCall"]
    )
    at = data.index(b"\xa0") if b"\xa0" in data else 0
    changed = (
        data[:at] + b"\xa1\xff" + data[at + 1 :] if at else b"\x91\x98\xcc\x82\1\2\3\4\5\xa1\xff\x91\xc4\0"
    )
    with pytest.raises(ProtocolError, match="ReferentCall"):
        Codec().read(changed)


# ---- what can be read, and does not fit ---------------------------------------------------------------------------


def test_a_reply_to_a_call_that_nobody_made() -> None:
    with pytest.raises(ProtocolError, match=r"rank 2 has no rule for QueueTold from rank 1: KeyError"):
        Node(2).deliver(QueueTold(5, 1), 1)


def test_a_message_for_which_this_rank_has_no_service() -> None:
    with pytest.raises(ProtocolError, match="rank 2 has no rule for HostWait from rank 1"):
        Node(2).deliver(HostWait(5), 1)


def test_a_message_for_a_home_of_another_kind() -> None:
    from mpiprocessing.core.homes.event import EventHome

    node = Node(2)
    home = EventHome(node.new_number())
    node.settle_home(home)
    with pytest.raises(ProtocolError, match="rank 2 has no rule for QueueAsk from rank 1"):
        node.deliver(QueueAsk(home.number, 1 << 32 | 1, 0, 1 << 32 | 1), 1)


def test_what_comes_twice_is_refused() -> None:
    from mpiprocessing.core.homes.queue import QueueHome

    node = Node(2)
    home = QueueHome(node.new_number(), 0)
    for shares in home.shares:
        shares.give_whole()
    node.settle_home(home)
    put = QueuePut(home.number, 1 << 32 | 1, 0, Payload(b"N."))
    node.deliver(put, 1)
    with pytest.raises(
        ProtocolError, match="has no rule for QueuePut from rank 1: ValueError: its running number is 0"
    ):
        node.deliver(put, 1)
    assert home.statistics()["items"] == 1


def test_a_count_that_was_never_given_cannot_be_returned() -> None:
    node = Node(2)
    poke(node, [ShareReturn(9, 1, 0, Ref(9, 1, 5, 3), True), QueueGot(1, Payload(b"", (Buffer(b"x"),)), 1)])
