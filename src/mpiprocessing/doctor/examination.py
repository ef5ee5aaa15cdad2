"""The one list of checks, in the order of the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mpiprocessing.doctor.checks import installation, launching, limits, network, placement
from mpiprocessing.doctor.facts import Job
from mpiprocessing.doctor.verdict import FAIL, Verdict

__all__ = ["CHECKS", "Finding", "examine", "status"]

CHECKS: dict[str, Callable[[Job], Verdict]] = {
    "python": installation.check_python,
    "mpi4py": installation.check_mpi4py,
    "mpiexec": installation.check_mpiexec,
    "mpiexec on PATH": installation.check_path,
    "world": launching.check_world,
    "answers": launching.check_answers,
    "thread level": launching.check_threads,
    "scheduler": launching.check_scheduler,
    "ULFM": launching.check_survival,
    "cores": placement.check_cores,
    "binding": placement.check_binding,
    "BLAS threads": placement.check_thread_pools,
    "root": placement.check_root,
    "open files": limits.check_files,
    "/dev/shm": limits.check_shared_memory,
    "memory": limits.check_memory,
    "shared directory": network.check_directory,
    "clocks": network.check_clocks,
    "1 kB": network.check_small,
    "10 MB": network.check_medium,
    "3 GiB": network.check_large,
    "start-up": installation.check_start_up,
}


@dataclass(frozen=True)
class Finding:
    """What a check has found.

    Attributes:
        check: its name.
        verdict: what it says.
    """

    check: str
    verdict: Verdict


def examine(job: Job) -> list[Finding]:
    """Make every check.

    Args:
        job: the facts.
    """
    return [Finding(name, check(job)) for name, check in CHECKS.items()]


def status(findings: list[Finding]) -> int:
    """The status for the shell: 0 where nothing fails."""
    return int(any(finding.verdict.level == FAIL for finding in findings))
