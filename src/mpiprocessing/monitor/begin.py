"""Where rank 0 begins to look at its job: what is known of it from the start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from time import time

from mpiprocessing.core.program import Program
from mpiprocessing.core.runtime import Runtime
from mpiprocessing.core.stacks import Stacks
from mpiprocessing.core.wanted import Wanted
from mpiprocessing.monitor.document import Facts
from mpiprocessing.monitor.overseer import Overseer

__all__ = ["batch_job", "oversee"]

_JOBS = (("Slurm", "SLURM_JOB_ID"), ("PBS", "PBS_JOBID"), ("LSF", "LSB_JOBID"), ("SGE", "JOB_ID"))
"""Batch systems, and where each says which job this is."""


def oversee(
    runtime: Runtime, stacks: Stacks, places: list[tuple[str, str, int]], wanted: Wanted, program: Program
) -> Overseer:
    """Have rank 0 look at its job.

    Args:
        runtime: rank 0's runtime.
        stacks: what rank 0 tells of itself.
        places: host, cores and process id of each rank.
        wanted: what is to be told.
        program: what is run.
    """
    name = {"module": f"-m {program.target}", "code": "-c ..."}.get(program.kind, program.target)
    facts = Facts(" ".join([name, *program.argv]), batch_job(os.environ), time(), places)
    return Overseer(runtime, wanted, facts, stacks)


def batch_job(environment: Mapping[str, str]) -> str:
    """The batch system's name for this job, such as "Slurm 4711"; "" where there is none."""
    return next((f"{system} {environment[name]}" for system, name in _JOBS if environment.get(name)), "")
