"""What the system lets a rank have: open files, shared memory, memory."""

from __future__ import annotations

from mpiprocessing.doctor.facts import Job
from mpiprocessing.doctor.verdict import Verdict, amount, bad, fine, poor, unseen

__all__ = ["check_files", "check_memory", "check_shared_memory"]

_FILES_NEEDED, _FILES_GOOD, _FILES_PER_RANK = 64, 1024, 4
_SHM_NEEDED, _SHM_GOOD = 4 << 20, 32 << 20
"""Per rank of a host. MPI libraries take between 4 MiB and some 30 MiB."""

_MEMORY_NEEDED, _MEMORY_GOOD = 128 << 20, 512 << 20
"""Per rank. Python with numpy and MPI takes some 100 MiB before the program has any data."""


def check_files(job: Job) -> Verdict:
    """A rank may open enough files: every other rank that it talks to may be one."""
    least = min(job.ranks, key=lambda rank: rank.files)
    size = job.size or least.launched.size
    good = max(_FILES_GOOD, _FILES_PER_RANK * size)
    text = f"{least.files} open files allowed on {least.host}"
    fix = f"ulimit -n {min(good, least.files_most)}"
    if least.files_most <= least.files:
        fix = (
            f"have the hard limit raised, which is {least.files_most} too: /etc/security/limits.conf, or LimitNOFILE= of the "
            "batch system's daemon"
        )
    if least.files < _FILES_NEEDED:
        return bad(f"{text}: too few for MPI", fix)
    if least.files < good:
        return poor(f"{text}, {good} are good for {size or 'a few'} ranks", fix)
    return fine(text)


def check_shared_memory(job: Job) -> Verdict:
    """/dev/shm holds what ranks of a host exchange."""
    texts = []
    for host, ranks in job.hosts.items():
        here = ranks[0]
        if here.shm == -2:
            return unseen("this system has no /dev/shm")
        if here.shm < 0:
            return bad(
                f"{host} has no /dev/shm that can be written",
                "mount -t tmpfs tmpfs /dev/shm (administrator); in a container: docker run --shm-size=1g",
            )
        each = here.shm_free / len(ranks)
        text = f"{host}: {amount(here.shm_free)} of {amount(here.shm)} free in /dev/shm"
        texts.append(text)
        if each < _SHM_GOOD:
            left = (
                f"{here.shm_files} files are there: rm what killed jobs of yours have left (ls -l /dev/shm); "
                if here.shm_files
                else ""
            )
            verdict = bad if each < _SHM_NEEDED else poor
            return verdict(
                f"{text}, for {len(ranks)} ranks",
                f"{left}in a container: docker run --shm-size=1g (or --ipc=host)",
            )
    return fine("; ".join(texts[:3]) + (" …" if len(texts) > 3 else ""))


def check_memory(job: Job) -> Verdict:
    """There is memory for every rank of a host, within the limit of the control group too."""
    texts = []
    for host, ranks in job.hosts.items():
        here = ranks[0]
        limit = min((rank.memory_limit for rank in ranks if rank.memory_limit), default=0)
        given = (
            here.allocation.memory_per_node or 0
        )  # what the batch system ends a job for, even where nothing enforces it
        limit = min(limit or given, given or limit)
        space = min(here.memory_available, limit) if limit else here.memory_available
        each = space / len(ranks)
        text = f"{host}: {amount(each)} for each of {len(ranks)} rank{'s' if len(ranks) > 1 else ''}"
        if limit and limit < here.memory:
            text += f" (the job may use {amount(limit)} there)"
        texts.append(text)
        if each < _MEMORY_GOOD:
            verdict = bad if each < _MEMORY_NEEDED else poor
            return verdict(
                text, "fewer ranks per host, or more memory: #SBATCH --mem=…, #PBS -l select=…:mem=…"
            )
    return fine("; ".join(texts[:3]) + (" …" if len(texts) > 3 else ""))
