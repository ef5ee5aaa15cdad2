"""Pipe: bytes with offsets, limits and buffers; what is read as bytes was sent as an object, and the other way round."""

from __future__ import annotations

import array
import gc
import multiprocessing
import pickle
from multiprocessing import BufferTooShort
from multiprocessing.connection import Connection

from .support import finish, raises, start


def check_message_longer_than_allowed() -> None:
    left, right = multiprocessing.Pipe()
    left.send_bytes(b"12345")
    assert right.recv_bytes(5) == b"12345"
    left.send_bytes(b"12345")
    with raises(OSError, "bad message length"):
        right.recv_bytes(4)
    assert not right.readable and right.writable and not right.closed
    with raises(OSError, "connection is write-only"):
        right.recv_bytes()
    with raises(OSError, "connection is write-only"):
        right.poll()
    right.send("still there")
    assert left.recv() == "still there"


def check_message_longer_than_allowed_closes_an_end_that_only_reads() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    writer.send_bytes(b"12345")
    with raises(OSError, "bad message length"):
        reader.recv_bytes(4)
    assert reader.closed
    with raises(OSError, "handle is closed"):
        reader.recv_bytes()


def check_buffer_too_short_carries_the_message() -> None:
    left, right = multiprocessing.Pipe()
    left.send_bytes(b"too long for it")
    left.send_bytes(b"next")
    buffer = bytearray(4)
    try:
        right.recv_bytes_into(buffer)
    except BufferTooShort as error:
        assert error.args == (b"too long for it",)
    else:
        raise AssertionError("no BufferTooShort")
    assert buffer == bytearray(4)
    assert right.recv_bytes_into(buffer) == 4 and buffer == b"next"


def check_a_buffer_that_is_too_short_can_be_made_longer_at_once() -> None:
    left, right = multiprocessing.Pipe()
    left.send_bytes(b"too long for it")
    buffer = bytearray(4)
    try:
        right.recv_bytes_into(buffer)
    except BufferTooShort as error:
        buffer.extend(error.args[0])
    assert buffer == bytes(4) + b"too long for it"


def check_into_typed_arrays() -> None:
    left, right = multiprocessing.Pipe()
    numbers = array.array("i", range(4))
    left.send_bytes(numbers)
    target = array.array("i", [0] * 10)
    assert right.recv_bytes_into(target, 2 * target.itemsize) == 4 * numbers.itemsize
    assert list(target) == [0, 0, 0, 1, 2, 3, 0, 0, 0, 0]


def check_wrong_offsets_of_a_buffer() -> None:
    left, right = multiprocessing.Pipe()
    left.send_bytes(b"abc")
    with raises(ValueError, "negative offset"):
        right.recv_bytes_into(bytearray(5), -1)
    with raises(ValueError, "offset too large"):
        right.recv_bytes_into(bytearray(5), 6)
    assert right.recv_bytes() == b"abc"


def check_read_only_buffer() -> None:
    left, right = multiprocessing.Pipe()
    left.send_bytes(b"abc")
    with raises(TypeError):
        right.recv_bytes_into(b"12345")


def check_what_is_no_buffer() -> None:
    left, _right = multiprocessing.Pipe()
    for wrong in ("text", 5, None):
        with raises(TypeError, begins="memoryview: a bytes-like object is required"):
            left.send_bytes(wrong)


def check_errors_of_closed_ends_come_first() -> None:
    left, right = multiprocessing.Pipe()
    left.close()
    with raises(OSError, "handle is closed"):
        left.recv_bytes(-1)
    with raises(OSError, "handle is closed"):
        left.send_bytes("text")
    with raises(OSError, "handle is closed"):
        left.recv_bytes_into(bytearray(1), -1)
    right.close()
    with raises(OSError, "handle is closed"):
        pickle.dumps(right) if not hasattr(right, "_handle") else right.fileno()


def check_objects_read_as_bytes() -> None:
    left, right = multiprocessing.Pipe()
    for item in ([1, "two"], b"x" * 100_000, "y" * 100_000, None):
        left.send(item)
        assert pickle.loads(right.recv_bytes()) == item


def check_a_connection_is_passed_on_as_bytes() -> None:
    left, right = multiprocessing.Pipe()
    there, back = multiprocessing.Pipe()
    child = start(_use_what_is_passed_on, there)
    mine, other = multiprocessing.Pipe()
    left.send(("a connection", other))
    back.send_bytes(right.recv_bytes())
    assert mine.recv() == "a connection"
    mine.send("done")
    finish(child)


def _use_what_is_passed_on(connection: Connection) -> None:
    name, given = connection.recv()
    given.send(name)
    assert given.recv() == "done"


def check_arrays_read_as_bytes() -> None:
    import numpy as np

    left, right = multiprocessing.Pipe()
    child = start(_send_array, left)
    found = pickle.loads(right.recv_bytes())
    assert np.array_equal(found, np.arange(50_000.0))
    finish(child)


def _send_array(connection: Connection) -> None:
    import numpy as np

    connection.send(np.arange(50_000.0))


def check_bytes_read_as_objects() -> None:
    left, right = multiprocessing.Pipe()
    child = start(_send_pickles, left)
    assert right.recv() == [1, "two"]
    assert right.recv() == "y" * 100_000
    with raises(EOFError):
        right.recv()
    assert right.recv() == "after"
    finish(child)


def _send_pickles(connection: Connection) -> None:
    connection.send_bytes(pickle.dumps([1, "two"]))
    connection.send_bytes(pickle.dumps("y" * 100_000))
    connection.send_bytes(b"")
    connection.send("after")


def check_an_object_that_cannot_be_unpickled_raises_in_recv_and_nothing_else_is_lost() -> None:
    left, right = multiprocessing.Pipe()
    child = start(_send_unreadable, left)
    assert right.recv() == "before"
    with raises(ArithmeticError, "no way"):
        right.recv()
    assert right.recv() == "behind"
    finish(child)


class Unreadable:
    """Pickles, but does not unpickle."""

    def __reduce__(self) -> tuple[object, ...]:
        return _refuse, ("no way",)


def _refuse(text: str) -> None:
    raise ArithmeticError(text)


def _send_unreadable(connection: Connection) -> None:
    for item in ("before", Unreadable(), "behind"):
        connection.send(item)


def check_poll_forever_and_below_zero() -> None:
    left, right = multiprocessing.Pipe()
    assert left.poll(-5) is False and left.poll(-0.0) is False
    child = start(_send_unreadable, right)
    assert left.poll(None) is True and left.poll(-5) is True
    finish(child)


def check_a_connection_nobody_refers_to_is_closed_with_its_descriptor() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    writer.fileno(), reader.fileno()
    del writer
    gc.collect()
    with raises(EOFError, ""):
        reader.recv()


def check_ends_travel_through_queues_and_pipes() -> None:
    queue = multiprocessing.Queue()
    mine, other = multiprocessing.Pipe()
    child = start(_take_ends, queue, other)
    other.close()
    first, second = multiprocessing.Pipe(), multiprocessing.Pipe(duplex=False)
    # Its ends are fetched by the child while this process holds them.
    queue.put(first[1])
    mine.send({"writer": second[1]})
    assert mine.recv() == "fetched"
    first[1].close()
    second[1].close()
    assert first[0].recv() == "through the queue"
    assert second[0].recv() == "through the pipe"
    finish(child)
    for end in (first[0], second[0]):
        with raises(EOFError, ""):
            end.recv()


def _take_ends(queue: multiprocessing.queues.Queue, connection: Connection) -> None:
    first, second = queue.get(), connection.recv()["writer"]
    connection.send("fetched")
    first.send("through the queue")
    second.send("through the pipe")
