"""Taking a unit of a semaphore or a place in a queue: from the purse on this rank, or by asking the home."""

from __future__ import annotations

import time

from mpiprocessing.core.homes.permits import Purse
from mpiprocessing.core.messages import PermitAcquired, Reply
from mpiprocessing.core.runtime import Runtime

__all__ = ["give_back", "take"]


def take(runtime: Runtime, purse: Purse, block: bool, timeout: float | None) -> bool:
    """Take one unit.

    Args:
        runtime: this rank's runtime.
        purse: the stub that keeps the units of this rank.
        block: whether to wait for one.
        timeout: seconds to wait at most; None for ever.

    Returns:
        Whether a unit was taken; it is then in use.
    """
    with runtime.lock:
        if purse.take():
            return True
    if not block or (timeout is not None and timeout <= 0):
        runtime.peek()
        block, timeout = False, None
    deadline = None if timeout is None else time.monotonic() + timeout

    def undo(reply: Reply) -> None:
        if isinstance(reply, PermitAcquired) and reply.units:
            give_back(runtime, purse)

    while True:
        left = None if deadline is None else deadline - time.monotonic()
        reply = runtime.ask(purse, purse.asking, block, timeout=left, undo=undo)
        if not isinstance(reply, PermitAcquired):
            return False
        if reply.units:
            return True
        # A grant has crossed the request: it is, or was, in the purse.
        with runtime.lock:
            if purse.take():
                return True


def give_back(runtime: Runtime, purse: Purse) -> None:
    """The unit in use is not needed any more."""
    with runtime.lock:
        message = purse.release()
        if message is not None:
            runtime.route(purse, message)
