"""The doctor alone: it starts a small job of itself, and shows that job's page, or says why there was none."""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

from mpiprocessing.doctor import local, programs, starting
from mpiprocessing.doctor.errortexts import last_words
from mpiprocessing.doctor.facts import Job
from mpiprocessing.doctor.page import BEGIN
from mpiprocessing.doctor.visit import show
from mpiprocessing.launch import allocation, mpiexec
from mpiprocessing.launch.mpiexec import MpiexecError
from mpiprocessing.launch.processgroup import end_by_signal

__all__ = ["start", "told"]

_RANKS = 2
_BESIDES = 60.0
"""Seconds for the job beyond what its ranks may take."""


def start(arguments: list[str], ranks: int | None, file: str, limit: float, large: bool) -> int:
    """Start a job of the doctor's, and show what came of it.

    Args:
        arguments: of the command, for the ranks.
        ranks: how many; None for as many as the batch system has given to this job, else two.
        file: for the JSON, "" for none.
        limit: how many seconds a rank may take to answer.
        large: whether 3 GiB are to be sent.

    Returns:
        The status for the shell.
    """
    given = allocation.read().tasks or 0
    count = ranks or given or _RANKS
    allowed = all(map(os.environ.get, ("OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM")))
    words = ["-m", "mpiprocessing", "doctor", f"--started={json.dumps([given, allowed])}", *arguments]
    timeout = _BESIDES + 4 * limit + 900.0 * large
    failure = ""
    end_by_signal()
    try:
        done = mpiexec.run(words, count, timeout=timeout)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except MpiexecError as error:
        failure = str(error)
    else:
        begin = done.stdout.find(BEGIN)
        if begin >= 0:
            sys.stdout.write(done.stdout[begin:])
            sys.stdout.flush()
            sys.stderr.write(done.stderr)
            return done.status if done.status >= 0 else 1
        words_said = last_words(done.stderr + "\n" + done.stdout) or "nothing"
        ended = f"ended after {timeout:g} s" if done.timed_out else f"ended with status {done.status}"
        failure = f"{words_said} ({ended}: {' '.join(done.command[:4])} …)"
    here = local.look()
    job = Job(
        ranks=[here],
        directory=os.path.abspath(here.cwd or "/"),
        large=large,
        alone=True,
        tasks=count,
        failure=failure,
    )
    starting.load(here)
    programs.look(job)
    return show(job, file)


def told(text: str | None) -> dict[str, Any]:
    """What the job that is started so is told of it, as facts of the job; nothing where it was started otherwise."""
    if text is None:
        return {}
    tasks, allowed = json.loads(text)
    return {"alone": True, "tasks": tasks, "allowed": allowed}
