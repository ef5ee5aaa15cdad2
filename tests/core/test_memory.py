"""Shared memory: the home byte by byte, the mirrors, how many messages an access takes, and what is refused, and how."""

from __future__ import annotations

import ctypes
import pickle
import sys
from collections.abc import Callable
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpiprocessing.core import mirror
from mpiprocessing.core.homes.home import Letter
from mpiprocessing.core.homes.memory import MemoryHome, Span, contents, gather, packed, scatter
from mpiprocessing.core.messages import MemoryRead, MemoryTold, MemoryWrite
from mpiprocessing.core.payload import INLINE
from mpiprocessing.queues import Queue
from mpiprocessing.sharedctypes import Array, RawArray, RawValue, Value, copy, synchronized
from tests.core.simulator import World
from tests.core.simulator.notes import here, note, noted
from tests.core.test_homes import HOME, Talk
from tests.core.test_message_budget import counted, in_child, played

# ---- the home -------------------------------------------------------------------------------------------------------


def told(letters: list[Letter]) -> bytes:
    """The bytes in the only answer."""
    ((_, message),) = letters
    assert isinstance(message, MemoryTold)
    return bytes(contents(message.payload))


def test_what_was_written_is_read() -> None:
    talk = Talk(MemoryHome(HOME, bytearray(b"abcdefgh")))
    assert told(talk.ask(1, MemoryRead, 2, 3, 1, 3)) == b"cde"
    assert not talk.say(1, MemoryWrite, 3, 2, 1, 2, packed(b"XY"))
    assert told(talk.ask(2, MemoryRead, 0, 8, 1, 8)) == b"abcXYfgh"


def test_the_answer_does_not_change_with_the_memory() -> None:
    talk = Talk(MemoryHome(HOME, bytearray(2 * INLINE)))
    ((_, answer),) = talk.ask(1, MemoryRead, 0, 2 * INLINE, 1, 2 * INLINE)
    talk.say(2, MemoryWrite, 0, 1, 1, 1, packed(b"x"))
    assert isinstance(answer, MemoryTold)
    assert bytes(contents(answer.payload)) == bytes(2 * INLINE)
    assert answer.payload.buffers, "many bytes travel beside the message"


def test_a_write_that_was_overtaken_by_a_read_of_the_same_process_comes_first() -> None:
    home = MemoryHome(HOME, bytearray(2))
    early = home.receive(MemoryRead(HOME, 7, 1, 1, 0, 2, 1, 2))
    assert not early
    assert told(home.receive(MemoryWrite(HOME, 7, 0, 0, 2, 1, 2, packed(b"ab")))) == b"ab"


def test_statistics() -> None:
    assert MemoryHome(HOME, bytearray(5)).statistics()["bytes"] == 5


spans = st.builds(
    lambda offset, size, pieces, gap: Span(offset, size, pieces, size + gap),
    st.integers(0, 4),
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(0, 5),
)


@given(spans, st.randoms())
def test_pieces_are_what_slices_are(span: Span, random: Any) -> None:
    memory = bytearray(random.randbytes(span.offset + span.step * span.pieces + 3))
    starts = range(span.offset, span.offset + span.step * span.pieces, span.step)
    assert gather(memory, span) == b"".join(memory[start : start + span.size] for start in starts)
    new, expected = random.randbytes(span.nbytes), bytearray(memory)
    for index, start in enumerate(starts):
        expected[start : start + span.size] = new[index * span.size : (index + 1) * span.size]
    scatter(memory, span, memoryview(new))
    assert memory == expected


# ---- mirrors --------------------------------------------------------------------------------------------------------


class Inner(ctypes.Structure):
    _fields_ = [("a", ctypes.c_char * 70_000), ("b", ctypes.c_int)]


class Outer(ctypes.Structure):
    _anonymous_ = ("inner",)
    _fields_ = [
        ("low", ctypes.c_int, 3),
        ("high", ctypes.c_int, 10),
        ("flag", ctypes.c_bool),
        ("inner", Inner),
    ]


def test_fields() -> None:
    fields = mirror.fields_of(Outer)
    assert set(fields) == {"low", "high", "flag", "inner", "a", "b"}
    assert fields["low"].shared
    assert fields["high"].shared
    assert not fields["flag"].shared
    assert fields["inner"].ctype is Inner
    assert fields["a"] == (fields["inner"].offset, 70_000, None, False)
    assert fields["b"].size == 4


class Row(ctypes.c_int * 3):  # type: ignore[misc]
    pass


@pytest.mark.parametrize("ctype", [ctypes.c_int, Outer, ctypes.c_int * 3, (Inner * 2) * 4, Row, Row * 2])
def test_types_can_be_sent(ctype: Any) -> None:
    assert mirror.rebuilt(pickle.loads(pickle.dumps(mirror.described(ctype)))) is ctype


@pytest.mark.parametrize(
    ("values", "ctype", "same"),
    [
        (numpy.arange(3, dtype="i4"), ctypes.c_int, True),
        (numpy.arange(3, dtype="u4"), ctypes.c_int, False),
        (numpy.arange(3, dtype="i8"), ctypes.c_int, False),
        (numpy.arange(3, dtype="f4"), ctypes.c_int, False),
        (numpy.arange(3, dtype=">i4"), ctypes.c_int, sys.byteorder == "big"),
        (numpy.arange(6, dtype="i4")[::2], ctypes.c_int, False),
        (numpy.arange(4, dtype="i4"), ctypes.c_int, False),
        (numpy.zeros((3, 1), dtype="i4"), ctypes.c_int, False),
        (numpy.zeros(3, dtype=bool), ctypes.c_bool, True),
        (b"abc", ctypes.c_ubyte, True),
        (b"abc", ctypes.c_char, False),
        ([1, 2, 3], ctypes.c_int, False),
    ],
)
def test_which_values_need_no_conversion(values: Any, ctype: Any, same: bool) -> None:
    assert (mirror.same_layout(values, ctype, 3) is not None) == same


# ---- how many messages ----------------------------------------------------------------------------------------------


def note_cost(step: Callable[[], object]) -> None:
    note("counts", counted(step))


def access(items: Any, point: Any) -> None:
    note_cost(lambda: items[3])
    note_cost(lambda: items[:])
    note_cost(lambda: items[::-3])
    note_cost(lambda: items.__setitem__(3, 1))
    note_cost(lambda: items.__setitem__(slice(None), range(5000)))
    note_cost(lambda: items.__setitem__(slice(None, None, 7), numpy.arange(715)))
    note_cost(lambda: numpy.asarray(items))
    note_cost(lambda: point.b)
    note_cost(lambda: setattr(point, "b", 2))
    note_cost(lambda: setattr(point, "high", 2))


def test_an_access_of_any_size_is_one_read_or_one_write() -> None:
    played(2, lambda: in_child(access, RawArray("q", 5000), RawValue(Outer)))
    read, write = {"MemoryRead": 1, "MemoryTold": 1}, {"MemoryWrite": 1}
    bits = {**read, **write}  # its neighbours are in the same bytes
    assert noted("counts") == [read, read, read, write, write, write, read, read, write, bits]


def iterate(items: Any) -> None:
    list(items)
    note("costs", here().network.sent["MemoryRead"])
    for index in range(100):
        items[index] += 1
    for _ in range(100):
        items[7]
    note("costs", here().network.sent["MemoryRead"])


def test_items_one_after_the_other_come_many_at_a_time() -> None:
    items: list[Any] = []

    def main() -> None:
        items.append(RawArray("i", range(5000)))
        in_child(iterate, items[0])
        assert items.pop()[:100] == list(range(1, 101))

    played(2, main)
    together, apart = noted("costs")
    assert together < 30
    assert apart - together >= 200 - 2, "what was written, or is looked at again, is read again"


def test_an_item_that_was_written_while_reading_on_is_found() -> None:
    def main() -> None:
        items = RawArray("i", [1] * 50)
        for index, item in enumerate(items):
            if index < 49:
                items[index + 1] += item
        assert items[:] == list(range(1, 51))

    run(main)


# ---- in a process, without another one --------------------------------------------------------------------------------


def run(main: Callable[[], None]) -> World:
    return played(2, main)


def test_memory_is_freed_with_the_last_place_inside_it() -> None:
    def main() -> None:
        table = RawArray(Inner, 2)
        inner = table[1]
        del table
        inner.b = 5
        assert inner.b == 5

    run(main)  # which fails where a home is left


def test_places_travel_through_a_queue() -> None:
    def main() -> None:
        items: Queue[Any] = Queue()
        table, number = RawArray(Inner, 2), Value("i")
        child = here().start(change_what_comes, items)
        items.put((table[1], number))
        here().join(child)
        assert (table[0].b, table[1].b, number.value) == (0, 7, 8)

    run(main)


def change_what_comes(items: Queue[Any]) -> None:
    inner, number = items.get()
    inner.b = 7
    with number:
        number.value += 8


def test_what_stands_for_an_address_is_refused() -> None:
    class Node(ctypes.Structure):
        pass

    Node._fields_ = [("value", ctypes.c_int), ("next", ctypes.POINTER(Node))]

    def main() -> None:
        for ctype in (
            ctypes.c_char_p,
            ctypes.c_wchar_p,
            ctypes.py_object,
            ctypes.POINTER(ctypes.c_int),
            ctypes.CFUNCTYPE(None),
            Node,
        ):
            with pytest.raises(TypeError, match=r"cannot be shared: \w+ stands for what is at an address"):
                RawValue(ctype)
            with pytest.raises(TypeError, match="cannot be shared"):
                Array(ctype, 3)

    run(main)


def test_a_buffer_is_refused_with_the_way_out() -> None:
    def main() -> None:
        for items in (RawArray("d", 3), RawArray("c", 3)):
            for take in (memoryview, numpy.frombuffer):
                with pytest.raises(TypeError, match=r"read.*numpy\.asarray\(x\).*write.*x\[:\] = "):
                    take(items)

    run(main)


def test_an_ndarray_is_a_copy_that_nobody_writes_to_by_mistake() -> None:
    def main() -> None:
        items = RawArray("d", [1, 2, 3])
        found = numpy.asarray(items)
        with pytest.raises(ValueError, match="read-only"):
            found[0] = 5
        writable = numpy.array(items)
        writable[0] = 5
        assert items[:] == [1.0, 2.0, 3.0]
        with pytest.raises(ValueError):
            items.__array__(copy=False)
        with pytest.raises(ValueError):
            Array("d", items).__array__(copy=False)

    run(main)


def test_what_is_assigned_in_vain_changes_nothing() -> None:
    def main() -> None:
        items = RawArray("i", [1, 2, 3])
        with pytest.raises(TypeError):
            items[:] = [7, "8", 9]
        assert items[:] == [1, 2, 3]

    run(main)


def test_methods_may_call_those_of_the_base_by_name() -> None:
    class Base(ctypes.Structure):
        _fields_ = [("x", ctypes.c_int)]

        def doubled(self) -> int:
            return 2 * self.x  # type: ignore[no-any-return]

    class Derived(Base):
        def doubled(self) -> int:
            return Base.doubled(self) + 1

    def main() -> None:
        assert RawValue(Derived, 4).doubled() == 9

    run(main)


def test_empty_things() -> None:
    class Nothing(ctypes.Structure):
        _fields_: list[Any] = []

    def main() -> None:
        empty = RawArray("i", 0)
        empty[:] = []
        assert empty[:] == []
        assert bytes(empty) == b""
        assert numpy.asarray(empty).shape == (0,)
        assert len(copy(empty)) == 0
        assert bytes(synchronized(RawValue(Nothing)).get_obj()) == b""
        assert len(RawArray(Nothing, 3)[:]) == 3

    run(main)
