"""A visit: what one rank does, from its first look to the page that rank 0 prints.

Theory of operation: a rank that MPI may end, or keep for ever, has said beforehand what is known (`watcher`). Who is to tell is
decided by what the launcher says, and not by MPI: where they have not met every process is MPI's rank 0, and one page for all
of them is enough; all of them end with status 1.
"""

from __future__ import annotations

import os
import sys
import time
from copy import copy
from typing import Any

from mpiprocessing.doctor import local, programs, rounds, starting
from mpiprocessing.doctor.examination import examine, status
from mpiprocessing.doctor.facts import LOADING, LOOKING, STARTING, TALKING, Job, Rank
from mpiprocessing.doctor.page import as_json, as_text
from mpiprocessing.doctor.watcher import Watcher

__all__ = ["show", "visit"]

_TALK_LIMIT = 120.0
_LARGE_LIMIT = 900.0
_END_LIMIT = 20.0

_LAST_WORDS = 5.0
"""Seconds that ranks which cannot talk leave to the one that tells."""


def show(job: Job, file: str) -> int:
    """Print the page and write the JSON.

    Args:
        job: the facts.
        file: for the JSON, "" for none.

    Returns:
        The status for the shell.
    """
    findings = examine(job)
    sys.stdout.write(as_text(job, findings) + "\n")
    sys.stdout.flush()
    if file:
        try:
            with open(file, "w", encoding="utf-8") as out:
                out.write(as_json(job, findings) + "\n")
        except OSError as error:
            sys.stderr.write(f"mpiprocessing: cannot write {file}: {error.strerror}\n")
            return 1
    return status(findings)


def visit(job: Job, *, file: str = "", limit: float = 20.0) -> int:
    """Examine this job. Every rank calls it.

    Args:
        job: what is known of it so far, from the command line; with the directory that all hosts should see, or none for the
            working directory.
        file: for the JSON, "" for none.
        limit: how many seconds a rank may take to answer.

    Returns:
        The status for the shell.
    """
    watcher = Watcher()
    here = local.look()
    job.ranks = [here]
    job.directory = os.path.abspath(job.directory or here.cwd or "/")
    tells = here.launched.rank <= 0
    _stage(watcher, 3 * limit, job, tells, LOOKING)
    if tells:
        programs.look(job)
    _stage(watcher, 3 * limit, job, tells, LOADING)
    MPI = starting.load(here)
    if MPI is None or not _may_start(here, job):
        return _apart(job, file, tells, watcher)
    _stage(watcher, 3 * limit, job, tells, STARTING)
    comm = starting.start(MPI, here)
    job.size = comm.size
    if not job.met:
        return _apart(job, file, tells, watcher)
    _stage(
        watcher,
        _TALK_LIMIT + limit * 4 + job.large * _LARGE_LIMIT,
        job,
        comm.rank == 0,
        TALKING,
    )
    if comm.rank:
        rounds.answer(MPI, comm, here)
        result = 0
    else:
        rounds.ask(MPI, comm, job, limit)
        result = show(job, file)
    return _leave(MPI, comm, job, watcher, result)


def _apart(job: Job, file: str, tells: bool, watcher: Watcher) -> int:
    """The ranks have not met: one of them tells, and all of them fail."""
    if tells:
        status = max(1, show(job, file))
        watcher.end()
        return status
    watcher.end()
    # Launchers end all ranks when one ends with a status other than 0, and the one that tells may need a moment.
    time.sleep(_LAST_WORDS)
    return 1


def _may_start(here: Rank, job: Job) -> bool:
    """MPICH under Open MPI's mpiexec ends the process within the library, with a long text of its own."""
    seen = here.environment
    if here.vendor in ("mpich", "intel") and "OMPI_COMM_WORLD_SIZE" in seen and "PMI_RANK" not in seen:
        job.lost = (
            f"the mpiexec that started this job is Open MPI's, and mpi4py's library is another ({here.library}): "
            "MPI cannot start"
        )
        job.lost_in = STARTING
        return False
    return True


def _stage(watcher: Watcher, limit: float, job: Job, tells: bool, name: str) -> None:
    """Say what is known, for the watcher, should this rank not come out of it."""
    here = job.here
    who = f"rank {here.rank if here.rank >= 0 else here.launched.rank} on {here.host} (process {here.pid})"
    died = f"{who} ended in {name}, or was ended there because another rank had failed"
    hangs = f"{who} did not come out of {name} in {limit:.0f} s, and was ended"
    if not tells:
        watcher.stage(limit, f"mpiprocessing: {died}", f"mpiprocessing: {hangs}")
        return
    watcher.stage(limit, _page(job, name, died), _page(job, name, hangs))


def _page(job: Job, stage: str, lost: str) -> str:
    told = copy(job)
    told.lost_in, told.lost = stage, lost
    return as_text(told, examine(told))


def _leave(MPI: Any, comm: Any, job: Job, watcher: Watcher, result: int) -> int:
    """End MPI; where a rank does not answer, or a message is still on its way, end the job."""

    def watch(name: str) -> None:
        who = f"rank {comm.rank} on {job.here.host}"
        watcher.stage(
            _END_LIMIT,
            "",
            f"mpiprocessing: {who} did not come out of {name} in {_END_LIMIT:.0f} s, and was ended",
        )

    if comm.rank == 0 and (job.mute or any(message.error for message in job.messages)):
        watch("MPI_Abort")
        sys.stdout.flush()
        sys.stderr.flush()
        if "Open MPI" not in MPI.Get_library_version():
            comm.Abort(1)
        # Open MPI's daemon (PRRTE 3) ends the others as well when a rank leaves like this; told by MPI_Abort, it hangs now and
        # then, its two threads waiting for each other in PMIx_server_deregister_client.
        os._exit(1)  # MPICH before 5.1 returns from MPI_Abort
    watch("MPI_Finalize")
    MPI.Finalize()
    watcher.end()
    return result
