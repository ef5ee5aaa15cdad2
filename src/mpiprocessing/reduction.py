"""Descriptors handed to another process: `send_handle` and `recv_handle` over our connections.

The standard library passes a descriptor along with a message through the kernel's socket. Our connections are no sockets: what
they carry is the address of one, from which the receiver fetches a duplicate, once.

    send_handle ──▶ message: host, address ──▶ recv_handle
    duplicate   ◀────── socket of that machine ──────── fetched

Differs from the stdlib in:
- the sender's process must live until the receiver has fetched the duplicate.
"""

from __future__ import annotations

from multiprocessing import reduction as stdlib
from multiprocessing import resource_sharer
from typing import Any, NamedTuple

from mpiprocessing.connection import Connection
from mpiprocessing.core.thisrank import running

__all__ = ["recv_handle", "send_handle"]

_send, _receive = stdlib.send_handle, stdlib.recv_handle


class _Handle(NamedTuple):
    """A descriptor on its way."""

    host: str
    rank: int
    duplicate: Any


def send_handle(conn: Any, handle: int, destination_pid: int | None) -> None:
    """Send a descriptor to the process at the other end of a connection.

    Args:
        conn: one of our connections, or one on a descriptor, as in the standard library.
        handle: the descriptor; it may be closed as soon as this returns.
        destination_pid: of no use here.
    """
    if Connection not in type(conn).__mro__:
        _send(conn, handle, destination_pid)
        return
    runtime = running()
    conn.send(_Handle(runtime.transport.host, runtime.rank, resource_sharer.DupFd(handle)))


def recv_handle(conn: Any) -> int:
    """Receive a descriptor that was sent by `send_handle`.

    Args:
        conn: one of our connections, or one on a descriptor, as in the standard library.

    Returns:
        A descriptor of this process.

    Raises:
        OSError: it is one of another machine.
        RuntimeError: what came is no descriptor.
    """
    if Connection not in type(conn).__mro__:
        return _receive(conn)
    handle, runtime = conn.recv(), running()
    if not isinstance(handle, _Handle):
        raise RuntimeError(
            f"rank {runtime.rank} received an object of type {type(handle).__name__} where a descriptor was expected"
        )
    if handle.host != runtime.transport.host:
        raise OSError(
            f"a descriptor of rank {handle.rank} on {handle.host} is of no use to rank {runtime.rank} on "
            f"{runtime.transport.host}: send what it was opened from, and open it there"
        )
    descriptor: int = handle.duplicate.detach()
    return descriptor
