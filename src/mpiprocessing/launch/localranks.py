"""The ranks of a job that run on this host: what its launchers have started, and is no launcher itself."""

from __future__ import annotations

import contextlib
import glob
import os
import re
import signal

import psutil

__all__ = ["are_at_rest", "interrupt_ranks", "is_alive", "is_launcher", "launchers", "rank_0", "waits_of"]

_LAUNCHERS = re.compile(r"^(mpiexec|mpirun|hydra_|prte|orte|ompi|srun)")

_RANKS = ("PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_RANK")
"""What a launcher tells a rank by its environment, and no other process that it starts, such as ssh."""


def is_launcher(process: psutil.Process) -> bool:
    """Whether a process is an mpiexec, or a daemon of one."""
    try:
        return _LAUNCHERS.match(process.name()) is not None
    except psutil.Error:
        return False


def is_alive(process: psutil.Process) -> bool:
    """Whether a process has not ended yet."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def interrupt_ranks(launcher: int, all_here: bool) -> bool:
    """Do to the ranks what Ctrl-C in a terminal does to the process in the foreground, and to what it has started.

    Both MPIs' launchers give each rank a process group of its own (MPICH's a session): what a rank starts is in it, too.

    Args:
        launcher: the process id of the mpiexec.
        all_here: whether all ranks are on this host: then it has started nothing else.

    Returns:
        Whether there was any.
    """
    reached = False
    for process in _started(launcher):
        try:
            if not all_here and not _told(process):
                continue
            if os.getpgid(process.pid) == process.pid:
                os.killpg(process.pid, signal.SIGINT)
            else:
                process.send_signal(signal.SIGINT)
            reached = True
        except (OSError, psutil.Error):
            pass  # it has just ended
    return reached


def rank_0(launcher: int) -> psutil.Process | None:
    """The process of rank 0; None as long as there is none.

    Args:
        launcher: the process id of the mpiexec.
    """
    for process in _started(launcher):
        try:
            if "0" in _told(process):
                return process
        except psutil.Error:
            pass  # it has just ended
    return None


def launchers(launcher: int) -> list[psutil.Process]:
    """An mpiexec and its daemons on this host, in the order of what goes from it to a rank.

    Args:
        launcher: the process id of the mpiexec.
    """
    return [one for one in _family(launcher) if one.pid == launcher or is_launcher(one)]


def are_at_rest(way: list[psutil.Process]) -> bool:
    """Whether an mpiexec and its daemons wait for something.

    Then nothing is on its way from the first to the last that it had taken before: who is given something is awake from then
    on, even if it does not get to run for long.

    Args:
        way: what `launchers` returned. A rank that had only just been started bore its daemon's name, and is left out by now.
    """
    try:
        first, *others = way
        daemons = [one for one in others if is_launcher(one)]
        return all(one.status() == psutil.STATUS_SLEEPING for one in (first, *daemons))
    except psutil.Error:
        return False


def waits_of(process: psutil.Process) -> set[str]:
    """The functions of the kernel in which a process's threads wait, as `pipe_read`; none where nobody can tell (Linux)."""
    waits = set()
    for name in glob.glob(f"/proc/{process.pid}/task/*/wchan"):
        with contextlib.suppress(OSError), open(name, encoding="ascii", errors="replace") as file:
            waits.add(file.read())
    return waits - {"", "0"}


def _started(launcher: int) -> list[psutil.Process]:
    """What an mpiexec and its daemons have started on this host, other daemons apart, and is alive."""
    family = _family(launcher)
    starters = {one.pid for one in family if one.pid == launcher or is_launcher(one)}
    return [one for one in family if one.pid not in starters and _parent(one) in starters and is_alive(one)]


def _family(launcher: int) -> list[psutil.Process]:
    """An mpiexec and all that it, or what it has started, has started on this host; who starts comes before who is started."""
    try:
        mpiexec = psutil.Process(launcher)
        return [mpiexec, *mpiexec.children(recursive=True)]
    except psutil.Error:
        return []


def _parent(process: psutil.Process) -> int | None:
    try:
        return int(process.ppid())
    except psutil.Error:
        return None


def _told(process: psutil.Process) -> list[str]:
    """Which rank its launcher has told a process to be, in the words of each that has."""
    environment = process.environ()
    return [environment[name] for name in _RANKS if name in environment]
