"""Taking a unit of a semaphore or a place in a queue: from the purse on this rank, or by asking the home."""

from __future__ import annotations

from time import monotonic

from mpiprocessing.core.homes.purse import Purse
from mpiprocessing.core.messages import PermitAcquired, Reply
from mpiprocessing.core.runtime import Runtime

__all__ = ["SOON", "give_back", "laid_down", "take"]

SOON = 5e-5
"""Seconds between giving a unit up and asking for it again that are too few to pass it to another rank and back: about as long
as the three messages of a turn take."""

clock = monotonic
"""What tells the time here; a simulated network has another one."""


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
    now = clock()
    deadline = None if timeout is None else now + timeout
    soon = now - purse.emptied < SOON

    def undo(reply: Reply) -> None:
        if isinstance(reply, PermitAcquired) and reply.units:
            give_back(runtime, purse)

    while True:
        left = None if deadline is None else deadline - clock()
        reply = runtime.ask(purse, purse.asking, block, soon, timeout=left, undo=undo)
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
            purse.emptied = clock()


def laid_down(runtime: Runtime, purse: Purse) -> bool:
    """A unit was laid down while something changed: see whether it may stay.

    Returns:
        Whether it was in use; otherwise another thread has released the same one, and this release is void.
    """
    with runtime.lock:
        too_many = purse.gather()
        for message in purse.go_home():
            runtime.route(purse, message)
            purse.emptied = clock()
    return not too_many
