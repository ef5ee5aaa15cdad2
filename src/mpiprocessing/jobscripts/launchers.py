"""What starts the ranks within a job, and why that."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from mpiprocessing.jobscripts.request import Request, RequestError
from mpiprocessing.launch.mpiexec import Mpiexec, MpiexecError, find

__all__ = ["Choice", "choose", "srun_mpis"]

_PMI = {"openmpi": "pmix", "mpich": "pmi2", "intel": "pmi2", "mvapich": "pmi2", "cray": "cray_shasta"}
"""What each MPI speaks with srun."""


@dataclass(frozen=True)
class Choice:
    """A launcher.

    Attributes:
        kind: "mpiexec" or "srun".
        pmi: what srun is to speak, "" for mpiexec.
        reasons: for the script, a line each.
    """

    kind: str
    pmi: str
    reasons: tuple[str, ...]


def srun_mpis() -> list[str]:
    """What this machine's srun speaks; nothing where there is none, or it does not tell."""
    program = shutil.which("srun")
    if program is None:
        return []
    try:
        done = subprocess.run(
            [program, "--mpi=list"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    words = (done.stdout + done.stderr).replace(",", " ").split()
    return [word for word in words if word.startswith(("pmi", "cray"))]


def choose(
    request: Request,
    find: Callable[[str], Mpiexec] = find,
    spoken: Callable[[], list[str]] = srun_mpis,
) -> Choice:
    """Choose a launcher for a job.

    Args:
        request: what was asked for.
        find: finds the mpiexec of an interpreter's MPI.
        spoken: what srun speaks here.

    Raises:
        RequestError: none would do; the text says what would.
    """
    why = ""
    try:
        launcher = find(request.python)
    except MpiexecError as error:
        if request.scheduler != "slurm" or request.launcher == "mpiexec":
            raise RequestError(str(error)) from error
        why = str(error)
        launcher = None
    only_srun = launcher is None or launcher.vendor == "slurm"
    if request.launcher == "srun" or (
        only_srun and request.launcher == "auto" and request.scheduler == "slurm"
    ):
        if request.fault_tolerant:
            raise RequestError(f"srun ends the job when a rank dies, and there is no mpiexec: {why}")
        return _srun(launcher, spoken(), asked=request.launcher == "srun")
    assert launcher is not None
    reasons = [
        f"{launcher.path} ({launcher.vendor} {launcher.version}) belongs to the MPI of this Python;",
        {
            "slurm": "within the job it finds the nodes by itself. Not srun: one that does not speak with this MPI starts",
            "pbs": "within the job it finds the nodes in PBS_NODEFILE, and reaches them by pbs_tmrsh, or else by ssh.",
            "lsf": "the nodes are those of LSB_DJOB_HOSTFILE, reached by blaunch, LSF's own way.",
        }[request.scheduler],
    ]
    if request.scheduler == "slurm":
        reasons.append(
            "as many jobs of one rank each as ranks were asked for (--launcher srun, where the site has nothing else)."
        )
    return Choice("mpiexec", "", tuple(reasons))


def _srun(launcher: Mpiexec | None, spoken: list[str], asked: bool) -> Choice:
    vendor = launcher.vendor if launcher is not None else ""
    pmi = _PMI.get(vendor, "")
    if not pmi:
        pmi = next((word for word in spoken if word.startswith("pmix")), "pmix")
    if spoken and not any(word == pmi or word.startswith(f"{pmi}_v") for word in spoken):
        raise RequestError(
            f"this MPI ({vendor or 'unknown'}) needs srun --mpi={pmi}, and srun speaks {', '.join(spoken)} here: "
            "take --launcher mpiexec"
        )
    first = "asked for;" if asked else "there is no mpiexec of this Python's MPI;"
    known = f"this MPI ({vendor or 'unknown'}) speaks {pmi} with it" + (
        "." if spoken else " (srun --mpi=list shows what a site has)."
    )
    return Choice("srun", pmi, (first, known))
