"""The flags beside the bells (`doorbell.py`): memory with a byte for each rank, which all ranks of a host see.

It is a file without a name in any folder (memfd): rank 0 makes it and tells its process and descriptor with the first word it
says (`door.py`); the others open it below /proc, which lets nobody in but the same user. It goes with the job, however that
ends. What they open is the right one if it is called after the job and this network namespace: elsewhere the same numbers
lead to nothing, or to a file of another name.
"""

from __future__ import annotations

import os

__all__ = ["NOWHERE", "find_flags", "make_flags"]

NOWHERE = 0, 0
"""There are none."""


def make_flags(job: int, size: int) -> tuple[int, int]:
    """Make the flags; on rank 0.

    Args:
        job: a number that no two jobs have in common.
        size: how many ranks there are.

    Returns:
        Where they are: this process, and a descriptor, which stays open as nobody knows when the last has come. `NOWHERE` on
        a system that cannot do this.
    """
    try:
        flags = os.memfd_create(_name(job))
        os.ftruncate(flags, size)
    except (OSError, AttributeError):
        return NOWHERE
    return os.getpid(), flags


def find_flags(job: int, where: tuple[int, int]) -> int:
    """Open the flags.

    Args:
        job: the job's number.
        where: what rank 0 has told.

    Returns:
        A descriptor of this process.

    Raises:
        OSError: they cannot be seen from here.
    """
    path = "/proc/{}/fd/{}".format(*where)
    if os.readlink(path) != f"/memfd:{_name(job)} (deleted)":
        raise FileNotFoundError(path)
    return os.open(path, os.O_RDWR | os.O_CLOEXEC)


def _name(job: int) -> str:
    return f"mpiprocessing-{job:x}-{os.stat('/proc/self/ns/net').st_ino}"
