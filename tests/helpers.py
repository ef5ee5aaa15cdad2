"""What tests of several rooms share."""

from __future__ import annotations

import socket
from typing import Any

import psutil


def agree(comm: Any, ok: bool, text: str = "") -> None:
    """Assert something on all ranks together: if it is false on one, every rank fails and knows which.

    Args:
        comm: the communicator of the ranks that take part; all of them must call this.
        ok: whether it is true on this rank.
        text: what should be true, and what is instead; shown for the ranks where it is not.

    Raises:
        AssertionError: it is false on some rank.
    """
    texts = comm.allgather(None if ok else text or "false")
    failed = [f"rank {rank}: {text}" for rank, text in enumerate(texts) if text is not None]
    assert not failed, "; ".join(failed)


def connected() -> tuple[socket.socket, socket.socket]:
    """Both ends of a connection over the network."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        there = socket.create_connection(server.getsockname())
        return server.accept()[0], there


def is_running(pid: int) -> bool:
    """Whether a process lives; one that only waits to be reaped does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def commands_running() -> list[list[str]]:
    """What runs on this machine, by the words of its commands."""
    return [one.info["cmdline"] or [] for one in psutil.process_iter(["cmdline"])]
