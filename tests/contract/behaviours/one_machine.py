"""What stays within one machine: threads, shared memory, sockets with an address and a key."""

from __future__ import annotations

import fcntl
import multiprocessing
import multiprocessing.dummy
import os
import socket
import socketserver
import tempfile
import threading
from multiprocessing import reduction
from multiprocessing.connection import Client, Connection, Listener, wait
from multiprocessing.managers import SharedMemoryManager
from multiprocessing.pool import ThreadPool
from multiprocessing.shared_memory import ShareableList, SharedMemory
from typing import Any

from .support import finish, raises, scratch_file, start

KEY = b"behind the moon"


# ---- descriptors ------------------------------------------------------------------------------------------------


def _write_to_what_comes(connection: Connection) -> None:
    for _ in range(3):
        descriptor = reduction.recv_handle(connection)
        os.write(descriptor, b"from the child\n")
        os.close(descriptor)
    connection.send("written")


def check_descriptors_are_sent_over_a_pipe() -> None:
    ours, theirs = multiprocessing.Pipe()
    child = start(_write_to_what_comes, theirs)
    reading, writing = os.pipe()
    assert child.pid is not None
    for _ in range(3):
        reduction.send_handle(ours, writing, child.pid)
    os.close(writing)  # what was sent is another one
    assert ours.recv() == "written"
    with open(reading) as file:
        assert file.read() == 3 * "from the child\n"
    finish(child)


def _answer(connection: Connection) -> None:
    with connection.recv() as conversation:
        conversation.sendall(conversation.recv(100).upper())


def check_a_socket_is_sent_over_a_pipe() -> None:
    ours, theirs = multiprocessing.Pipe()
    child = start(_answer, theirs)
    here, there = socket.socketpair()
    ours.send(there)
    there.close()  # what was sent is another one
    with here:
        here.sendall(b"loud")
        assert here.recv(100) == b"LOUD"
    finish(child)


# ---- threads ----------------------------------------------------------------------------------------------------


def _where(n: int) -> tuple[int, bool]:
    return n, threading.current_thread() is threading.main_thread()


def check_thread_pool() -> None:
    with ThreadPool(3) as pool:
        assert pool.map(_where, range(4)) == [(n, False) for n in range(4)]
        assert pool.apply(_where, (5,)) == (5, False)
        assert pool.apply_async(_where, (6,)).get() == (6, False)
        assert sorted(pool.imap_unordered(_where, range(3))) == [(n, False) for n in range(3)]
        assert list(pool.imap(_where, [7])) == [(7, False)]
        assert pool.starmap(divmod, [(7, 2)]) == [(3, 1)]


def check_thread_pool_shares_memory() -> None:
    seen: list[int] = []
    with ThreadPool(2) as pool:
        pool.map(seen.append, range(10))
    assert sorted(seen) == list(range(10))


def check_thread_pool_raises() -> None:
    with ThreadPool(1) as pool, raises(ZeroDivisionError):
        pool.apply(divmod, (1, 0))


def check_thread_pool_is_a_pool_of_its_own_kind() -> None:
    with ThreadPool(1) as pool:
        assert isinstance(pool, ThreadPool)
        assert pool._processes == 1
        pool.close()
        pool.join()


def check_thread_pool_in_a_child() -> None:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = start(_pool_in_child, sender)
    assert receiver.recv() == [0, 1, 4]
    finish(child)


def _square(n: int) -> int:
    return n * n


def _pool_in_child(sender: Any) -> None:
    with ThreadPool(2) as pool:
        sender.send(pool.map(_square, range(3)))


def check_the_interface_on_threads() -> None:
    seen: list[int] = []
    with multiprocessing.dummy.Pool(2) as pool:
        pool.map(seen.append, range(3))
    thread = multiprocessing.dummy.Process(target=seen.append, args=(9,))
    thread.start()
    thread.join()
    assert sorted(seen) == [0, 1, 2, 9] and thread.exitcode == 0
    near, far = multiprocessing.dummy.Pipe()
    near.send("word")
    assert far.recv() == "word"


# ---- shared memory ----------------------------------------------------------------------------------------------


def check_shared_memory_is_seen_by_a_child() -> None:
    block = SharedMemory(create=True, size=16)
    try:
        assert block.size >= 16 and len(block.buf) == block.size
        finish(start(_write, block.name))
        assert bytes(block.buf[:3]) == b"abc"
    finally:
        block.close()
        block.unlink()


def _write(name: str) -> None:
    block = SharedMemory(name=name)
    block.buf[:3] = b"abc"
    block.close()


def check_shared_memory_that_is_not_there() -> None:
    with raises(FileNotFoundError):
        SharedMemory(name="nosuchblock")


def check_shareable_list() -> None:
    items = ShareableList([1, 2.5, "three", b"four", None, True])
    try:
        assert list(items) == [1, 2.5, "three", b"four", None, True]
        items[2] = "drei"
        assert (items[2], len(items), items.count(1), items.index(b"four")) == ("drei", 6, 2, 3)
        assert items.format.startswith("q") and items.shm.name
    finally:
        items.shm.close()
        items.shm.unlink()


def check_shared_memory_manager() -> None:
    with SharedMemoryManager() as manager:
        block, items = manager.SharedMemory(8), manager.ShareableList([1, 2])
        finish(start(_write, block.name))
        assert bytes(block.buf[:3]) == b"abc" and list(items) == [1, 2]
        name = block.name
        block.close()
        items.shm.close()
    with raises(FileNotFoundError):
        SharedMemory(name=name)


# ---- sockets ----------------------------------------------------------------------------------------------------


def check_listener_and_client() -> None:
    with Listener(("localhost", 0), authkey=KEY) as listener:
        assert listener.address[0] == "127.0.0.1"
        child = start(_call, listener.address, KEY)
        with listener.accept() as connection:
            assert isinstance(connection, Connection)
            connection.send({"number": 1})
            assert connection.recv_bytes() == b"thanks"
            with raises(EOFError):
                connection.recv()
        assert listener.last_accepted is not None
        finish(child)


def _call(address: Any, key: bytes) -> None:
    with Client(address, authkey=key) as connection:
        assert connection.recv() == {"number": 1}
        connection.send_bytes(b"thanks")


def check_listener_with_another_key() -> None:
    with Listener(("localhost", 0), authkey=KEY) as listener:
        child = start(_call_with_wrong_key, listener.address)
        with raises(multiprocessing.AuthenticationError, "digest received was wrong"):
            listener.accept()
        finish(child)


def _call_with_wrong_key(address: Any) -> None:
    with raises(multiprocessing.AuthenticationError, "digest sent was rejected"):
        Client(address, authkey=b"wrong")


def check_listener_with_the_key_of_the_family() -> None:
    with Listener(authkey=multiprocessing.current_process().authkey) as listener:
        child = start(_call_family, listener.address)
        with listener.accept() as connection:
            assert connection.recv() == "same key"
        finish(child)


def _call_family(address: Any) -> None:
    with Client(address, authkey=multiprocessing.current_process().authkey) as connection:
        connection.send("same key")


def check_closed_listener() -> None:
    listener = Listener(("localhost", 0))
    listener.close()
    with raises(OSError, "listener is closed"):
        listener.accept()


def check_wait_takes_pipes_and_sockets_together() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    left, right = socket.socketpair()
    with left, right:
        assert wait([reader, left], 0) == []
        right.send(b"x")
        assert wait([reader, left]) == [left]
        writer.send(1)
        assert set(wait([reader, left])) >= {left}
        assert reader.recv() == 1


# ---- what a child leaves open -------------------------------------------------------------------------------------


def _lock(path: str) -> None:
    fcntl.flock(os.open(path, os.O_RDWR), fcntl.LOCK_EX)


def check_the_lock_of_a_file_ends_with_the_child_that_has_it() -> None:
    with scratch_file() as path:
        finish(start(_lock, path))
        with open(path) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _open_to_write(path: str) -> None:
    os.open(path, os.O_WRONLY)


def check_a_named_pipe_ends_with_the_child_that_writes_to_it() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "pipe")
        os.mkfifo(path)
        reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        finish(start(_open_to_write, path))
        os.set_blocking(reading, True)
        assert os.read(reading, 1) == b""
        os.close(reading)


def _detach(address: Any) -> None:
    connection = socket.create_connection(address)
    connection.sendall(b"x")
    connection.detach()


def check_a_connection_ends_with_the_child_even_where_it_is_no_object() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        finish(start(_detach, server.getsockname()))
        here, _ = server.accept()
        with here:
            assert (here.recv(10), here.recv(10)) == (b"x", b"")


def _serve(report: Connection, waits: bool) -> None:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), socketserver.StreamRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    report.send(server.server_address)
    if waits:
        threading.Event().wait()


def check_a_server_in_a_thread_ends_with_its_process() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    finish(start(_serve, report, False))
    with raises(ConnectionRefusedError):
        socket.create_connection(reader.recv())
    child = start(_serve, report, True)
    address = reader.recv()
    with socket.create_connection(address) as there:
        child.terminate()
        child.join()
        assert not _reads(there)
    with raises(ConnectionRefusedError):
        socket.create_connection(address)


def _reads(connection: socket.socket) -> bytes:
    try:
        return connection.recv(10)
    except ConnectionResetError:
        return b""


def _shout(line: socket.socket) -> None:
    line.sendall(b"loud")


def check_a_socket_is_an_argument() -> None:
    here, there = socket.socketpair()
    child = start(_shout, there)
    there.close()
    with here:
        assert here.recv(100) == b"loud"
    finish(child)


class _Writer:
    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __reduce__(self) -> Any:
        if (
            multiprocessing.get_start_method() == "fork"
            and multiprocessing.Process.__module__ == "multiprocessing.context"
        ):
            return _Writer, (self.descriptor,)
        return _writer, (reduction.DupFd(self.descriptor),)


def _writer(duplicate: Any) -> _Writer:
    return _Writer(duplicate.detach())


def _write_down(writer: _Writer) -> None:
    os.write(writer.descriptor, b"from the child")


def check_a_descriptor_is_part_of_an_argument() -> None:
    reading, writing = os.pipe()
    child = start(_write_down, _Writer(writing))
    finish(child)
    os.close(writing)
    with open(reading) as file:
        assert file.read() == "from the child"
