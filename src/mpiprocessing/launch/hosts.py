"""Several hosts on the command line: which, how they are reached, and what has to travel there.

Over ssh Open MPI's ranks inherit nothing of the environment but what is named, so what Python, MPI's libraries and the threads
of BLAS listen to is named; MPICH's mpiexec takes all. Both ask the kernel to make sure now and then that an idle connection is
still there: a cut cable says nothing by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Host", "from_file", "from_text", "names_to_carry", "switches"]

KEEPALIVE = (10, 5, 4)
"""Seconds without traffic before the kernel asks, seconds between its questions, and how many stay unanswered."""

_CARRIED = re.compile(
    r"(PYTHON|MPIPROCESSING_|OMP_|OPENBLAS_|MKL_|BLIS_|NUMEXPR_|VECLIB_|NUMBA_|UCX_|FI_|CUDA_|HIP_|SLURM_RESTART_COUNT$)"
    r"|(LD_LIBRARY_PATH|VIRTUAL_ENV|CONDA_PREFIX|LANG|LC_ALL|TZ)$"
)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.%]+\]")


@dataclass(frozen=True)
class Host:
    """A host, and for how many ranks it has room; None where that was not said."""

    name: str
    slots: int | None = None


def from_text(text: str) -> list[Host]:
    """Read hosts from a command line.

    Args:
        text: "n1:2,n2:2", or "n1,n2".

    Raises:
        ValueError: it is none; the text says why.
    """
    return _joined(_host(word) for word in text.split(",") if word.strip())


def from_file(path: str) -> list[Host]:
    """Read a file of hosts, as MPICH's, Open MPI's, or a list of nodes of PBS.

    Args:
        path: a host in each line: "n1:2", "n1 slots=2", or a line for each rank.

    Raises:
        OSError: it cannot be read.
        ValueError: a line is none; the text says which.
    """
    with open(path, encoding="utf-8") as file:
        lines = [line.partition("#")[0].strip() for line in file]
    return _joined(_host(line) for line in lines if line)


def _host(text: str) -> Host:
    name, *rest = text.strip().split()
    name, colon, count = name.partition(":")
    slots = [count] if colon else []
    slots += [word[len("slots=") :] for word in rest if word.startswith("slots=")]
    strange = [word for word in rest if "=" not in word]
    if (
        strange
        or not _NAME.fullmatch(name)
        or any(not number.isdecimal() or number == "0" for number in slots)
    ):
        raise ValueError(f"{text.strip()!r:.60} is no host: NAME, NAME:RANKS or NAME slots=RANKS")
    return Host(name, int(slots[0]) if slots else None)


def _joined(hosts: Iterable[Host]) -> list[Host]:
    """A host that is named several times has room for as many ranks."""
    found: dict[str, Host] = {}
    for host in hosts:
        before = found.get(host.name)
        slots = host.slots if before is None else (before.slots or 1) + (host.slots or 1)
        found[host.name] = Host(host.name, slots)
    if not found:
        raise ValueError("no host is named")
    return list(found.values())


def names_to_carry(names: Iterable[str]) -> list[str]:
    """Which of these environment variables the ranks on other hosts need."""
    return sorted(name for name in names if _CARRIED.match(name))


def switches(vendor: str, hosts: list[Host], ranks: int, agent: str, carried: Iterable[str]) -> list[str]:
    """What an mpiexec is told of hosts.

    Args:
        vendor: of the mpiexec.
        hosts: where the ranks go; empty within a job of a scheduler, which the mpiexec asks itself.
        ranks: how many there are.
        agent: what is called in place of ssh; "" for the mpiexec's own choice.
        carried: names of environment variables for the ranks.
    """
    each = -(-ranks // len(hosts)) if hosts else 0
    where = ",".join(f"{host.name}:{host.slots or each}" for host in hosts)
    if vendor == "openmpi":
        idle, between, unanswered = KEEPALIVE
        words = ["--host", where] if hosts else []
        words += ["--prtemca", "plm_ssh_agent", agent] if agent else []
        for name, value in (("time", idle), ("intvl", between), ("probes", unanswered)):
            words += ["--prtemca", f"oob_tcp_keepalive_{name}", str(value)]
        for name in carried:
            words += ["-x", name]
        return words
    words = ["-hosts", where] if hosts else []
    return words + (["-launcher", "ssh", "-launcher-exec", agent] if agent else [])
