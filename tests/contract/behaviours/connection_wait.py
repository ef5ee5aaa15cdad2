"""connection.wait: connections, readers of queues, sentinels, sockets and plain descriptors, together."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import select
import selectors
import socket
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait

from .support import finish, raises, start


def _send_all(connection: Connection, items: list[object]) -> None:
    for item in items:
        connection.send(item)


def _hold(connection: Connection) -> None:
    connection.recv()


@contextlib.contextmanager
def _kernel_pipe() -> Iterator[tuple[int, int]]:
    """Lend a plain pipe: two descriptors."""
    ends = os.pipe()
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


# ---- our connections ----


def check_nothing_is_ready() -> None:
    readers = [multiprocessing.Pipe()[0] for _ in range(3)]
    pipes = [multiprocessing.Pipe(duplex=False) for _ in range(2)]
    readers = [reader for reader, _ in pipes]
    assert wait(readers, 0) == []
    assert wait(readers, timeout=0.02) == []
    assert wait(readers, -1) == []


def check_what_is_ready_comes_in_the_order_it_was_given_in() -> None:
    pipes = [multiprocessing.Pipe(duplex=False) for _ in range(4)]
    for number in (3, 1):
        pipes[number][1].send(number)
    readers = [reader for reader, _ in pipes]
    for timeout in (None, 0, 60):
        assert wait(readers, timeout) == [readers[1], readers[3]]
    assert wait(readers[::-1]) == [readers[3], readers[1]]
    assert readers[3].recv() == 3
    assert wait(readers) == [readers[1]]


def check_children_send_in_turn() -> None:
    pipes = [multiprocessing.Pipe(duplex=False) for _ in range(4)]
    children = [start(_send_all, writer, [number] * 10) for number, (_, writer) in enumerate(pipes)]
    for _, writer in pipes:
        writer.close()
    readers, found = [reader for reader, _ in pipes], []
    while readers:
        for reader in wait(readers):
            try:
                found.append(reader.recv())
            except EOFError:
                readers.remove(reader)
    assert sorted(found) == sorted(10 * list(range(4)))
    finish(*children)


def check_the_end_of_a_pipe_is_ready() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    writer.close()
    assert wait([reader]) == [reader]
    with raises(EOFError, ""):
        reader.recv()


def check_it_waits_for_a_child() -> None:
    mine, other = multiprocessing.Pipe()
    child = start(_echo_one, other)
    assert wait([mine], 0.02) == []
    mine.send("word")
    assert wait([mine], 60) == [mine]
    assert mine.recv() == "word"
    finish(child)


def _echo_one(connection: Connection) -> None:
    connection.send(connection.recv())


def check_a_child_waits_for_its_parent() -> None:
    ends = [multiprocessing.Pipe() for _ in range(3)]
    child = start(_answer, [other for _, other in ends])
    for turn in range(10):
        mine = ends[turn % 3][0]
        mine.send(turn)
        assert mine.recv() == (turn % 3, turn)
    for mine, _ in ends:
        mine.send(None)
    finish(child)


def _answer(connections: list[Connection]) -> None:
    left = list(connections)
    while left:
        for connection in wait(left):
            item = connection.recv()
            if item is None:
                left.remove(connection)
            else:
                connection.send((connections.index(connection), item))


def check_any_iterable_of_objects() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    writer.send("word")
    assert wait(iter([reader]), 0) == [reader]
    assert wait({reader}, 0) == [reader]
    assert wait((reader,), 0) == [reader]


def check_empty_list() -> None:
    assert wait([], 0) == []
    assert wait([], timeout=0.01) == []
    assert wait([], -1) == []


def check_writing_end_is_ready_when_nobody_reads() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    assert wait([writer], 0) == []
    reader.close()
    assert wait([writer], 60) == [writer]


def check_threads_wait_for_different_pipes() -> None:
    pipes = [multiprocessing.Pipe(duplex=False) for _ in range(3)]
    found: list[object] = []
    threads = [threading.Thread(target=_wait_and_take, args=(reader, found)) for reader, _ in pipes]
    for thread in threads:
        thread.start()
    child = start(_send_to_each, [writer for _, writer in pipes])
    for thread in threads:
        thread.join()
    assert sorted(found) == [0, 1, 2]
    finish(child)


def _wait_and_take(reader: Connection, found: list[object]) -> None:
    assert wait([reader]) == [reader]
    found.append(reader.recv())


def _send_to_each(writers: list[Connection]) -> None:
    for number, writer in enumerate(writers):
        writer.send(number)


# ---- what it refuses ----


def check_the_same_twice() -> None:
    reader, _writer = multiprocessing.Pipe(duplex=False)
    with raises(KeyError):
        wait([reader, reader], 0)
    with (
        _kernel_pipe() as (reading, _),
        raises(KeyError, f"'{reading} (FD {reading}) is already registered'"),
    ):
        wait([reader, reading, reading], 0)


def check_a_closed_connection() -> None:
    reader, _writer = multiprocessing.Pipe(duplex=False)
    other, _other_writer = multiprocessing.Pipe(duplex=False)
    reader.close()
    with raises(OSError, "handle is closed"):
        wait([other, reader], 0)
    assert wait([other], 0) == []


def check_what_has_no_descriptor() -> None:
    reader, _writer = multiprocessing.Pipe(duplex=False)
    with raises(ValueError, begins="Invalid file object"):
        wait([reader, "text"], 0)
    with raises(ValueError, "Invalid file descriptor: -1"):
        wait([reader, -1], 0)
    with raises(TypeError, "'int' object is not iterable"):
        wait(5)


# ---- sentinels ----


def check_sentinels_of_children() -> None:
    gates = [multiprocessing.Pipe() for _ in range(3)]
    children = [start(_hold, other) for _, other in gates]
    sentinels = [child.sentinel for child in children]
    assert wait(sentinels, 0) == []
    for number in (1, 0, 2):
        gates[number][0].send("end")
        assert wait(sentinels, 60) == [children[number].sentinel]
        sentinels.remove(children[number].sentinel)
        children[number].join(60)
        assert children[number].exitcode == 0


def check_sentinels_without_a_time_limit() -> None:
    children = [start(os.getpid) for _ in range(3)]
    waiting = {child.sentinel for child in children}
    while waiting:
        waiting -= set(wait(list(waiting)))
    finish(*children)


def check_connection_and_sentinel_together() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    gate, other = multiprocessing.Pipe()
    child = start(_send_then_hold, writer, other)
    assert wait([reader, child.sentinel]) == [reader]
    assert reader.recv() == "ready"
    gate.send("end")
    assert wait([reader, child.sentinel]) == [child.sentinel]
    finish(child)


def _send_then_hold(writer: Connection, gate: Connection) -> None:
    writer.send("ready")
    gate.recv()


def check_sentinel_of_a_terminated_child() -> None:
    gate, other = multiprocessing.Pipe()
    child = start(_hold, other)
    child.terminate()
    assert wait([gate, child.sentinel])
    child.join()
    assert wait([child.sentinel], 0) == [child.sentinel]


# ---- all kinds together ----


def check_all_kinds_together() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    queue = multiprocessing.Queue()
    left, right = socket.socketpair()
    with _kernel_pipe() as (reading, writing), left, right:
        things = [reader, left, queue._reader, reading]
        assert wait(things, 0) == []
        os.write(writing, b"x")
        assert wait(things) == [reading]
        right.send(b"x")
        assert wait(things) == [left, reading]
        writer.send("x")
        assert wait(things) == [reader, left, reading]
        child = start(queue.put, "x")
        assert queue._reader.poll(60)
        assert wait(things) == things
        assert (os.read(reading, 1), left.recv(1), reader.recv(), queue.get()) == (b"x", b"x", "x", "x")
        assert wait(things, 0) == []
        finish(child)


def check_a_socket_wakes_who_waits_for_a_connection_too() -> None:
    reader, _writer = multiprocessing.Pipe(duplex=False)
    left, right = socket.socketpair()
    with left, right:
        thread = threading.Thread(target=right.send, args=(b"x",))
        thread.start()
        assert wait([reader, left]) == [left]
        thread.join()


def check_only_foreign_things() -> None:
    left, right = socket.socketpair()
    with _kernel_pipe() as (reading, writing), left, right:
        assert wait([left, reading], 0.01) == []
        os.write(writing, b"x")
        right.close()
        assert wait([left, reading]) == [left, reading]


def check_a_file_object() -> None:
    with _kernel_pipe() as (reading, writing), os.fdopen(os.dup(reading), "rb") as file:
        assert wait([file], 0) == []
        os.write(writing, b"x")
        assert wait([file]) == [file]


# ---- descriptors of connections ----


def check_fileno_is_an_open_descriptor() -> None:
    left, right = multiprocessing.Pipe()
    reader, writer = multiprocessing.Pipe(duplex=False)
    numbers = [connection.fileno() for connection in (left, right, reader, writer)]
    assert len(set(numbers)) == 4
    for number in numbers:
        os.fstat(number)
    assert left.fileno() == numbers[0]


def check_select_sees_what_comes_and_what_is_taken() -> None:
    left, right = multiprocessing.Pipe()
    for turn in range(5):
        assert not select.select([left], [], [], 0)[0]
        right.send(turn)
        right.send_bytes(b"more")
        assert select.select([left], [], [], 60)[0] == [left]
        assert left.recv() == turn
        assert select.select([left.fileno()], [], [], 60)[0] == [left.fileno()]
        assert left.recv_bytes() == b"more"
    right.close()
    assert select.select([left], [], [], 60)[0] == [left]
    with raises(EOFError, ""):
        left.recv()
    assert select.select([left], [], [], 60)[0] == [left]


def check_select_for_writing() -> None:
    left, _right = multiprocessing.Pipe()
    _reader, writer = multiprocessing.Pipe(duplex=False)
    assert select.select([], [left, writer], [], 0)[1] == [left, writer]


def check_selectors_over_children() -> None:
    pipes = [multiprocessing.Pipe(duplex=False) for _ in range(3)]
    children = [start(_send_all, writer, [number] * 5) for number, (_, writer) in enumerate(pipes)]
    for _, writer in pipes:
        writer.close()
    found = []
    with selectors.DefaultSelector() as selector:
        for reader, _ in pipes:
            selector.register(reader, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                try:
                    found.append(key.fileobj.recv())
                except EOFError:
                    selector.unregister(key.fileobj)
    assert sorted(found) == sorted(5 * list(range(3)))
    finish(*children)


def check_asyncio_reads_a_connection() -> None:
    mine, other = multiprocessing.Pipe()
    child = start(_echo_all, other)
    other.close()
    assert asyncio.run(_converse(mine)) == [n * n for n in range(10)]
    mine.close()
    finish(child)


def _echo_all(connection: Connection) -> None:
    with contextlib.suppress(EOFError):
        while True:
            connection.send(connection.recv() ** 2)


async def _converse(connection: Connection) -> list[object]:
    loop = asyncio.get_running_loop()
    came = asyncio.Event()
    loop.add_reader(connection.fileno(), came.set)
    found = []
    for number in range(10):
        connection.send(number)
        await asyncio.wait_for(came.wait(), 60)
        found.append(connection.recv())
        came.clear()
    loop.remove_reader(connection.fileno())
    return found


def check_descriptors_are_given_back() -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        left, right = multiprocessing.Pipe()
        left.fileno(), right.fileno()
        left.close()
        right.close()
    assert len(os.listdir("/proc/self/fd")) <= before + 2
