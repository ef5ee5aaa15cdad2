"""What the system hands down from a process to its children: the mode mask, soft limits, ignored signals.

A rank has it from the launcher. So a child is told what its parent has changed since it began. Niceness stays with the rank,
as it could not be taken back, and so do the cores: where ranks run is the launcher's matter. SIGTERM is not ignored because the
parent ignores it: `terminate` would do nothing.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from typing import Any

__all__ = ["LIMITS", "inherit", "legacy", "settle", "umask"]

LIMITS = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]

_SIGNALS = (
    *(signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGALRM, signal.SIGCHLD),
    *(signal.SIGUSR1, signal.SIGUSR2),
)

_limits: dict[int, int] = {}  # limit → the soft one, when this rank began
_mask = 0


def settle() -> None:
    """This rank begins."""
    global _mask
    _limits.update({limit: resource.getrlimit(limit)[0] for limit in LIMITS})
    _mask = umask()


def legacy() -> dict[str, Any]:
    """What the process on this rank hands down."""
    mask = umask()
    limits = {
        limit: soft for limit, before in _limits.items() if (soft := resource.getrlimit(limit)[0]) != before
    }
    ignored = [int(number) for number in _SIGNALS if signal.getsignal(number) == signal.SIG_IGN]
    return {"umask": mask if mask != _mask else None, "limits": limits, "ignored": ignored}


def inherit(told: dict[str, Any]) -> None:
    """A child begins on this rank; what it changes thereby is undone when it has ended.

    Args:
        told: what its parent hands down.
    """
    if told["umask"] is not None:
        os.umask(told["umask"])
    for limit, soft in told["limits"].items():
        most = resource.getrlimit(limit)[1]
        with contextlib.suppress(ValueError, OSError):  # another host may allow less
            resource.setrlimit(limit, (soft, most))
    for number in told["ignored"]:
        signal.signal(number, signal.SIG_IGN)


def umask() -> int:
    """The mode mask of this process, without setting another one where the system tells it."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            line = next(line for line in file if line.startswith("Umask:"))
    except (OSError, StopIteration):
        mask = os.umask(0o077)  # for a moment other threads have it, too
        os.umask(mask)
        return mask
    return int(line.split()[1], 8)
