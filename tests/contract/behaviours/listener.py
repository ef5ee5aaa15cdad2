"""Listener and Client: the standard library's own connections on sockets, beside pipes."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import threading
from multiprocessing import AuthenticationError, BufferTooShort
from multiprocessing.connection import Client, Connection, Listener, wait

from .support import finish, raises, start

KEY = b"a key of their own"


def _call(address: object, key: bytes | None, items: list[object]) -> None:
    with Client(address, authkey=key) as connection:
        for item in items:
            connection.send(item)
            assert connection.recv() == ("echo", item)


def _serve(listener: Listener) -> list[object]:
    """Accept one client and send back what it sends."""
    found = []
    with listener.accept() as connection:
        try:
            while True:
                found.append(connection.recv())
                connection.send(("echo", found[-1]))
        except EOFError:
            return found


def check_child_calls_over_the_network() -> None:
    with Listener(("localhost", 0), authkey=KEY) as listener:
        child = start(_call, listener.address, KEY, [1, "two", [3]])
        assert _serve(listener) == [1, "two", [3]]
        assert listener.last_accepted[0] == "127.0.0.1"
        finish(child)


def check_child_calls_on_this_machine() -> None:
    with Listener(family="AF_UNIX") as listener:
        child = start(_call, listener.address, None, ["word"])
        assert _serve(listener) == ["word"]
        finish(child)


def check_the_childs_authkey_is_its_parents() -> None:
    with Listener(authkey=multiprocessing.current_process().authkey) as listener:
        child = start(_call_with_own_key, listener.address)
        assert _serve(listener) == ["same key"]
        finish(child)


def _call_with_own_key(address: object) -> None:
    _call(address, multiprocessing.current_process().authkey, ["same key"])


def check_wrong_key() -> None:
    with Listener(("localhost", 0), authkey=KEY) as listener:
        child = start(_call_wrongly, listener.address)
        with raises(AuthenticationError):
            listener.accept()
        finish(child)


def _call_wrongly(address: object) -> None:
    with raises(AuthenticationError):
        Client(address, authkey=b"wrong")


def _pair() -> tuple[Connection, Connection]:
    """Make two connected sockets' connections within this process."""
    with Listener() as listener:
        found: list[Connection] = []
        thread = threading.Thread(target=lambda: found.append(Client(listener.address)))
        thread.start()
        other = listener.accept()
        thread.join()
    return found[0], other


def check_they_are_connections() -> None:
    for connection in (*_pair(), *multiprocessing.Pipe()):
        assert isinstance(connection, Connection)
        assert isinstance(connection, multiprocessing.connection.Connection)
        assert type(connection).__name__ == "Connection"
        assert connection.readable and connection.writable and not connection.closed


def check_everything_a_connection_does() -> None:
    left, right = _pair()
    left.send({"a": [1]})
    assert right.poll(60) and right.recv() == {"a": [1]}
    assert not right.poll() and not right.poll(0.01)
    left.send_bytes(b"some bytes", 5)
    assert right.recv_bytes() == b"bytes"
    left.send_bytes(b"too long")
    with raises(BufferTooShort):
        right.recv_bytes_into(bytearray(3))
    left.close()
    with raises(EOFError, ""):
        right.recv()
    with raises(OSError, "handle is closed"):
        left.send(1)


def check_connection_on_a_descriptor() -> None:
    reading, writing = os.pipe()
    with Connection(reading, writable=False) as reader, Connection(writing, readable=False) as writer:
        assert (reader.fileno(), writer.fileno()) == (reading, writing)
        assert not reader.writable and not writer.readable
        writer.send([1])
        assert wait([reader]) == [reader]
        assert reader.recv() == [1]
    with raises(OSError):
        os.fstat(reading)


def check_wrong_descriptors() -> None:
    with raises(ValueError, "invalid handle"):
        Connection(-1)
    with raises(ValueError, "at least one of `readable` and `writable` must be True"):
        Connection(0, False, False)
    with raises(AttributeError, "'str' object has no attribute '__index__'"):
        Connection("x")
    with raises(TypeError):
        Connection()


def check_wait_for_sockets_and_pipes() -> None:
    left, right = _pair()
    reader, writer = multiprocessing.Pipe(duplex=False)
    assert wait([right, reader], 0) == []
    left.send(1)
    assert wait([reader, right]) == [right]
    writer.send(2)
    assert wait([reader]) == [reader]
    assert wait([reader, right]) == [reader, right]


def check_socket_connection_is_sent_to_a_child() -> None:
    left, right = _pair()
    child = start(_use, right)
    assert left.recv() == "from the child"
    left.send("to the child")
    finish(child)
    right.close()
    with raises(EOFError, ""):
        left.recv()


def _use(connection: Connection) -> None:
    connection.send("from the child")
    assert connection.recv() == "to the child"


def check_challenge_over_a_pipe() -> None:
    mine, other = multiprocessing.Pipe()
    child = start(_answer, other, KEY)
    multiprocessing.connection.deliver_challenge(mine, KEY)
    finish(child)
    child = start(_answer_wrongly, other)
    with raises(AuthenticationError):
        multiprocessing.connection.deliver_challenge(mine, KEY)
    finish(child)


def _answer(connection: Connection, key: bytes) -> None:
    multiprocessing.connection.answer_challenge(connection, key)


def _answer_wrongly(connection: Connection) -> None:
    with raises(AuthenticationError):
        _answer(connection, b"wrong")
