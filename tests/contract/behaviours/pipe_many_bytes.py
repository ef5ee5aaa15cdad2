"""Pipe: a hundred thousand short messages of bytes."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection

from .support import finish, start

MANY = 100_000


def _send_many_bytes(connection: Connection) -> None:
    for number in range(MANY):
        connection.send_bytes(b"%d" % number)


def check_many_bytes() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    child = start(_send_many_bytes, writer)
    buffer = bytearray(8)
    for number in range(MANY // 2):
        assert reader.recv_bytes() == b"%d" % number
    for number in range(MANY // 2, MANY):
        length = reader.recv_bytes_into(buffer)
        assert buffer[:length] == b"%d" % number
    finish(child)
