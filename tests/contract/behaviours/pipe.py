"""Pipe: two ends, both ways or one; what travels through it."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection

from .support import finish, raises, start

WRITE_ONLY = "connection is write-only"
READ_ONLY = "connection is read-only"
CLOSED = "handle is closed"


def _echo(connection: Connection) -> None:
    """Send everything back until the other end is closed."""
    while True:
        try:
            item = connection.recv()
        except EOFError:
            return
        connection.send(item)


def _send_all(connection: Connection, items: list[object]) -> None:
    for item in items:
        connection.send(item)


def check_duplex_within_a_process() -> None:
    left, right = multiprocessing.Pipe()
    left.send([1, "two"])
    right.send({"three": 3})
    assert right.recv() == [1, "two"]
    assert left.recv() == {"three": 3}


def check_simplex_within_a_process() -> None:
    reader, writer = multiprocessing.Pipe(False)
    _send_all(writer, [1, 2, 3])
    assert [reader.recv() for _ in range(3)] == [1, 2, 3]


def check_readable_writable_closed() -> None:
    left, right = multiprocessing.Pipe(duplex=True)
    assert left.readable and left.writable and right.readable and right.writable
    reader, writer = multiprocessing.Pipe(duplex=False)
    assert reader.readable and not reader.writable
    assert writer.writable and not writer.readable
    assert not reader.closed
    reader.close()
    assert reader.closed and not writer.closed


def check_wrong_direction() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    with raises(OSError, READ_ONLY):
        reader.send("up the stream")
    with raises(OSError, WRITE_ONLY):
        writer.recv()
    with raises(OSError, WRITE_ONLY):
        writer.poll()


def check_use_after_close() -> None:
    left, _right = multiprocessing.Pipe()
    left.close()
    left.close()
    for act in (left.recv, left.poll, lambda: left.send(1), left.fileno):
        with raises(OSError, CLOSED):
            act()


def check_connection_is_a_context_manager() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    with writer as same:
        assert same is writer
        writer.send("inside")
    assert writer.closed
    assert reader.recv() == "inside"
    with raises(EOFError), reader:
        reader.recv()
    assert reader.closed


def check_conversation_with_a_child() -> None:
    mine, other = multiprocessing.Pipe()
    child = start(_echo, other)
    other.close()
    for item in (None, 1, "text", [1, [2, {"x": (3,)}]], b"bytes"):
        mine.send(item)
        assert mine.recv() == item
    mine.close()
    finish(child)


def check_messages_keep_their_order() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    child = start(_send_all, writer, list(range(1000)))
    assert [reader.recv() for _ in range(1000)] == list(range(1000))
    finish(child)


def check_bytes() -> None:
    left, right = multiprocessing.Pipe()
    left.send_bytes(b"some bytes")
    left.send_bytes(bytearray(b"some bytes"), 5)
    left.send_bytes(memoryview(b"some bytes"), 5, 2)
    left.send_bytes(b"")
    assert [right.recv_bytes() for _ in range(4)] == [b"some bytes", b"bytes", b"by", b""]


def check_bytes_into_a_buffer() -> None:
    left, right = multiprocessing.Pipe()
    left.send_bytes(b"abc")
    buffer = bytearray(5)
    assert right.recv_bytes_into(buffer, 1) == 3
    assert buffer == b"\0abc\0"
    left.send_bytes(b"too long for it")
    with raises(multiprocessing.BufferTooShort):
        right.recv_bytes_into(buffer)


def check_bytes_with_wrong_bounds() -> None:
    left, right = multiprocessing.Pipe()
    for offset, size, text in ((-1, None, "offset is negative"), (4, None, "buffer length < offset")):
        with raises(ValueError, text):
            left.send_bytes(b"abc", offset, size)
    with raises(ValueError, "size is negative"):
        left.send_bytes(b"abc", 0, -1)
    with raises(ValueError, "buffer length < offset + size"):
        left.send_bytes(b"abc", 2, 2)
    with raises(ValueError, "negative maxlength"):
        right.recv_bytes(-1)


def check_poll_when_nothing_came() -> None:
    left, _right = multiprocessing.Pipe()
    assert left.poll() is False
    assert left.poll(0) is False
    assert left.poll(0.02) is False
    assert left.poll(timeout=-1) is False


def check_poll_when_something_came() -> None:
    left, right = multiprocessing.Pipe()
    right.send("word")
    assert left.poll() is True and left.poll(60) is True and left.poll(None) is True
    assert left.recv() == "word"
    assert left.poll() is False


def check_poll_waits_for_a_child() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    child = start(_send_all, writer, ["a"])
    assert reader.poll(60) is True
    assert reader.recv() == "a"
    finish(child)


def check_connection_through_a_connection() -> None:
    mine, other = multiprocessing.Pipe()
    child = start(_use_what_comes, other)
    other.close()
    reader, writer = multiprocessing.Pipe(duplex=False)
    mine.send(writer)
    assert reader.recv() == "through what came"
    mine.send("done")
    finish(child)


def _use_what_comes(connection: Connection) -> None:
    writer = connection.recv()
    writer.send("through what came")
    assert connection.recv() == "done"


def check_large_arrays_both_ways() -> None:
    import numpy as np

    mine, other = multiprocessing.Pipe()
    child = start(_echo, other)
    other.close()
    array = np.arange(1_000_000.0)
    mine.send(array)
    found = mine.recv()
    assert np.array_equal(found, array) and found.dtype == array.dtype
    found[0] = 5.0
    mine.close()
    finish(child)


def check_large_bytes_both_ways() -> None:
    mine, other = multiprocessing.Pipe()
    child = start(_echo_bytes, other)
    other.close()
    data = bytes(range(256)) * 32_000
    mine.send_bytes(data)
    assert mine.recv_bytes() == data
    finish(child)


def _echo_bytes(connection: Connection) -> None:
    connection.send_bytes(connection.recv_bytes())


def check_both_sides_send_before_they_receive() -> None:
    mine, other = multiprocessing.Pipe()
    child = start(_send_first, other)
    mine.send(bytes(50_000))
    assert len(mine.recv()) == 50_000
    finish(child)


def _send_first(connection: Connection) -> None:
    connection.send(bytes(50_000))
    assert len(connection.recv()) == 50_000


def check_one_end_read_by_several_processes() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    answers, report = multiprocessing.Pipe(duplex=False)
    for number in range(3):
        writer.send(number)
        finish(start(_receive_and_report, reader, report))
    assert [answers.recv() for _ in range(3)] == [0, 1, 2]


def _receive_and_report(reader: Connection, report: Connection) -> None:
    report.send(reader.recv())


def check_repr_names_the_class() -> None:
    left, _ = multiprocessing.Pipe()
    assert type(left).__name__ == "Connection" and "Connection object" in repr(left), left
