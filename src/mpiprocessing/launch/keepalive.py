"""A cut cable is noticed where the launcher itself never looks: MPICH's mpiexec.

Its connections to the daemons on other hosts are idle while the job runs, and an idle connection to a host that is gone stays
open for ever. The kernel asks the other side now and then if it is told to, which needs a descriptor of the connection: Linux
hands a parent those of its children (pidfd_getfd, from 5.6 on). Where it does not, the job is as it would be without.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket

from mpiprocessing.launch.hosts import KEEPALIVE

__all__ = ["keep_alive"]

_PIDFD_GETFD = 438  # the same number on every architecture


def keep_alive(pid: int) -> int:
    """Have the kernel look after the connections to other hosts that a child has.

    Args:
        pid: of the child.

    Returns:
        How many there are.
    """
    call = ctypes.CDLL(None, use_errno=True).syscall
    try:
        child = os.pidfd_open(pid)
        numbers = [int(name) for name in os.listdir(f"/proc/{pid}/fd")]
    except (OSError, AttributeError):
        return 0
    found = 0
    try:
        for number in numbers:
            with contextlib.suppress(OSError):
                if not os.readlink(f"/proc/{pid}/fd/{number}").startswith("socket:"):
                    continue
                copy = call(_PIDFD_GETFD, child, number, 0)
                if copy < 0:
                    continue
                with socket.socket(fileno=copy) as connection:
                    found += _look_after(connection)
    finally:
        os.close(child)
    return found


def _look_after(connection: socket.socket) -> bool:
    if connection.family not in (socket.AF_INET, socket.AF_INET6) or connection.type != socket.SOCK_STREAM:
        return False
    peer = connection.getpeername()[0]  # fails for one that only listens
    if peer.startswith("127.") or peer == "::1":
        return False
    idle, between, unanswered = KEEPALIVE
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, idle)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, between)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, unanswered)
    # What waits to be acknowledged keeps the kernel from asking: that has its own limit.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * (idle + between * unanswered))
    return True
