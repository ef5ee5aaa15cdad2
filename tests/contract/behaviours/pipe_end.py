"""Pipe at its end: end of file when the last writer is gone, a broken pipe when the last reader is."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection

from .support import finish, raises, start


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


def check_poll_is_true_at_the_end() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    writer.close()
    assert reader.poll() is True and reader.poll(None) is True
    with raises(EOFError, ""):
        reader.recv()


def check_end_of_file_comes_after_the_last_message() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    _send_all(writer, [1, 2])
    writer.close()
    assert [reader.recv(), reader.recv()] == [1, 2]
    for _ in range(2):
        with raises(EOFError, ""):
            reader.recv()
    with raises(EOFError, ""):
        reader.recv_bytes()


def check_duplex_end_sees_end_of_file() -> None:
    left, right = multiprocessing.Pipe()
    right.send("last")
    right.close()
    assert left.recv() == "last"
    with raises(EOFError, ""):
        left.recv()


def _hold_until_told(writer: Connection, gate: Connection) -> None:
    gate.recv()
    writer.close()


def check_end_of_file_waits_for_every_holder() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    gates = [multiprocessing.Pipe(duplex=False) for _ in range(3)]
    children = [start(_hold_until_told, writer, gate_reader) for gate_reader, _ in gates]
    writer.close()
    for (_, gate), child in zip(gates[:2], children[:2], strict=True):
        gate.send("close")
        finish(child)
        assert reader.poll() is False
    gates[2][1].send("close")
    with raises(EOFError, ""):
        reader.recv()
    finish(children[2])


def check_end_of_file_when_the_parent_holds_the_writer_longest() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    finish(start(_send_all, writer, ["from the child"]))
    assert reader.recv() == "from the child"
    assert reader.poll() is False
    writer.send("from the parent")
    writer.close()
    assert reader.recv() == "from the parent"
    with raises(EOFError, ""):
        reader.recv()


def _read_to_the_end(reader: Connection, report: Connection) -> None:
    found = []
    try:
        while True:
            found.append(reader.recv())
    except EOFError:
        report.send(found)


def check_end_of_file_reaches_a_child() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    answers, report = multiprocessing.Pipe(duplex=False)
    child = start(_read_to_the_end, reader, report)
    _send_all(writer, [1, 2, 3])
    writer.close()
    assert answers.recv() == [1, 2, 3]
    finish(child)


def check_end_of_file_when_the_writer_is_dropped() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    writer.send("kept")
    del writer
    assert reader.recv() == "kept"
    with raises(EOFError, ""):
        reader.recv()


def check_end_of_file_when_the_only_writer_ends_without_closing() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    child = start(_send_all, writer, ["word"])
    writer.close()
    assert reader.recv() == "word"
    with raises(EOFError, ""):
        reader.recv()
    finish(child)


def _send_and_fail(writer: Connection) -> None:
    writer.send("before")
    raise SystemExit(4)


def check_end_of_file_when_the_only_writer_fails() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    child = start(_send_and_fail, writer)
    writer.close()
    assert reader.recv() == "before"
    with raises(EOFError, ""):
        reader.recv()
    child.join()
    assert child.exitcode == 4


def check_end_of_file_when_the_only_writer_is_terminated() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    blocked, _gate = multiprocessing.Pipe(duplex=False)
    child = start(_read_then_send, blocked, writer)
    writer.close()
    assert reader.recv() == "ready"
    child.terminate()
    with raises(EOFError, ""):
        reader.recv()
    child.join()
    assert child.exitcode == -15


def _read_then_send(reader: Connection, writer: Connection) -> None:
    writer.send("ready")
    writer.send(reader.recv())


def check_send_when_no_reader_is_left() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    reader.close()
    for _ in range(2):
        with raises(BrokenPipeError):
            writer.send("to nobody")
    left, right = multiprocessing.Pipe()
    right.close()
    with raises(BrokenPipeError):
        left.send("to nobody")


def check_send_when_the_reader_has_ended() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    child = start(_receive_one, reader)
    reader.close()
    writer.send("one")
    finish(child)
    with raises(BrokenPipeError):
        writer.send("two")


def _receive_one(reader: Connection) -> None:
    assert reader.recv() == "one"


def check_send_when_the_reader_was_terminated() -> None:
    mine, other = multiprocessing.Pipe()
    child = start(_echo, other)
    other.close()
    mine.send("ready")
    assert mine.recv() == "ready"
    child.terminate()
    child.join()
    with raises(BrokenPipeError):
        mine.send("to the dead")
    with raises(EOFError, ""):
        mine.recv()


def check_other_end_closed_with_unread_messages() -> None:
    left, right = multiprocessing.Pipe()
    left.send("never read")
    right.close()
    try:
        left.recv()
    except (EOFError, ConnectionResetError):
        pass
    else:
        raise AssertionError("recv returned something that nobody sent")


def check_end_of_file_counts_a_connection_that_was_sent() -> None:
    mine, other = multiprocessing.Pipe()
    child = start(_close_what_comes, other)
    other.close()
    reader, writer = multiprocessing.Pipe(duplex=False)
    mine.send(writer)
    assert mine.recv() == "received"
    writer.close()
    assert reader.poll() is False
    mine.send("close it")
    with raises(EOFError, ""):
        reader.recv()
    mine.send("done")
    finish(child)


def _close_what_comes(connection: Connection) -> None:
    writer = connection.recv()
    connection.send("received")
    assert connection.recv() == "close it"
    writer.close()
    assert connection.recv() == "done"


def check_chain_of_children() -> None:
    first, second = multiprocessing.Pipe(), multiprocessing.Pipe()
    maker = start(_make_items, first)
    multiplier = start(_multiply_items, first, second)
    for connection in (*first, second[0]):
        connection.close()
    found = []
    with raises(EOFError, ""):
        while True:
            found.append(second[1].recv())
    assert found == [number * number for number in range(10)]
    finish(maker, multiplier)


def _make_items(pipe: tuple[Connection, Connection]) -> None:
    output, _ = pipe
    for number in range(10):
        output.send(number)
    output.close()


def _multiply_items(first: tuple[Connection, Connection], second: tuple[Connection, Connection]) -> None:
    close, source = first
    close.close()
    output, _ = second
    try:
        while True:
            number = source.recv()
            output.send(number * number)
    except EOFError:
        output.close()
