"""`[mpiexec -n RANKS] python -m mpiprocessing doctor`: examine this set-up."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from mpiprocessing.doctor.alone import start, told
from mpiprocessing.doctor.facts import Job
from mpiprocessing.doctor.seen import launched
from mpiprocessing.doctor.visit import visit
from mpiprocessing.launch.arguments import number_of_ranks, seconds

__all__ = ["main"]

_DESCRIPTION = """\
Looks at Python, mpi4py, MPI, the launcher, the hosts and the network between them, and says of each whether it is sound: OK,
WARN (it works, but slowly, or not everywhere), FAIL, or that it was not looked at, each with the line that mends it.
"""
_EPILOG = """\
Without mpiexec it starts a small job by itself: in a job of Slurm's, PBS's or LSF's with as many ranks as that has got, else
with two. Status 0 if nothing fails, 1 otherwise.
"""


def main(arguments: Sequence[str]) -> int:
    """Run the command.

    Args:
        arguments: what follows `doctor`.

    Returns:
        The status for the shell.
    """
    parser = argparse.ArgumentParser(
        prog="python -m mpiprocessing doctor",
        usage="[mpiexec -n RANKS] python -m mpiprocessing doctor [OPTION ...]",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    parser.add_argument(
        "-n", dest="ranks", type=number_of_ranks, help="how many ranks it starts, where no mpiexec did"
    )
    parser.add_argument(
        "--json", dest="file", default="", metavar="FILE", help="write all that was found, for support staff"
    )
    parser.add_argument(
        "--directory", default="", help="that all hosts should see (default: the working directory)"
    )
    parser.add_argument("--large", action="store_true", help="send messages of 3 GiB as well")
    parser.add_argument(
        "--limit",
        type=seconds,
        default=20.0,
        metavar="SECONDS",
        help="how long a rank may take to answer (default: 20)",
    )
    parser.add_argument("--started", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if not launched(os.environ) and options.started is None:
        passed = [f"--limit={options.limit}", *(["--large"] if options.large else [])]
        passed += [f"--json={os.path.abspath(options.file)}"] if options.file else []
        passed += [f"--directory={os.path.abspath(options.directory)}"] if options.directory else []
        return start(passed, options.ranks, options.file, options.limit, options.large)
    job = Job(directory=options.directory, large=options.large, **told(options.started))
    return visit(job, file=options.file, limit=options.limit)
