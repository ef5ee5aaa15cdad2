"""`mpiexec -n N python -m mpiprocessing [--trace FILE] [-m module | -c code | script.py] [args]`

Rank 0 runs the program, each other rank one child process at a time. With `--keep-multiprocessing` the name `multiprocessing`
stays the standard library's, whose children are processes of rank 0's machine; ours are found as `mpiprocessing`. With
`--trace` rank 0 writes what happened on all ranks when the job ends.

`python -m mpiprocessing trace …` does the same for a program of plain mpi4py, `python -m mpiprocessing watch …` ends one that
hangs and says why. `python -m mpiprocessing doctor` examines a set-up. `python -m mpiprocessing compare …` runs the comparison
instead, `python -m mpiprocessing bench …` the benchmark.
"""

from __future__ import annotations

import os
import sys

from mpiprocessing.core.environment import STATISTICS
from mpiprocessing.core.environment import TRACE as EVENTS
from mpiprocessing.core.errors import LaunchError
from mpiprocessing.core.main import run
from mpiprocessing.core.program import Program
from mpiprocessing.core.recording import TIMELINE
from mpiprocessing.core.wanted import OPTIONS, Wanted

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from typing import Any

    from mpiprocessing.core.job import Plan
    from mpiprocessing.core.oversight import Overseer, Oversight
    from mpiprocessing.core.runtime import Runtime
    from mpiprocessing.core.stacks import Stacks
    from mpiprocessing.core.trace import Tracing

USAGE = f"""\
usage: mpiexec -n RANKS python -m mpiprocessing [OPTION ...] (PROGRAM.py | -m MODULE | -c CODE) [ARGUMENT ...]
       mpiexec -n RANKS python -m mpiprocessing trace [--trace FILE] (PROGRAM.py | -m MODULE | -c CODE) [ARGUMENT ...]
       mpiexec -n RANKS python -m mpiprocessing watch [--synchronous] (PROGRAM.py | -m MODULE | -c CODE) [ARGUMENT ...]
       python -m mpiprocessing script {{slurm,pbs,lsf}} [OPTION ...] (PROGRAM.py | -m MODULE) [ARGUMENT ...]
       [mpiexec -n RANKS] python -m mpiprocessing doctor [--json FILE] [--large]
       python -m mpiprocessing status DIR [--follow] [--stack RANK] [--json]
       python -m mpiprocessing compare [PATTERN ... | PROGRAM.py] [-n RANKS]
       python -m mpiprocessing bench [WORK ...] [-n RANKS] [--quick] [--peers]

Runs a program written for multiprocessing: rank 0 runs it, each other rank runs one child process at a time.

  --keep-multiprocessing   `import multiprocessing` is the standard library's, as without mpiprocessing; ours is mpiprocessing
  --trace FILE             write what every rank did and what travelled between them, for https://ui.perfetto.dev
{OPTIONS}
status shows a job that was started with --status DIR: how far it is, who waits for whom, and the stack of any rank.

trace runs a program of plain mpi4py on every rank, and writes the same. watch runs one, and where ranks wait for what can never
come it ends the job, and says who waits where, and why. doctor says what is wrong with a set-up, and which line mends it.
script prints a job script for a cluster.
"""

TRACE_USAGE = """\
usage: mpiexec -n RANKS python -m mpiprocessing trace [--trace FILE] (PROGRAM.py | -m MODULE | -c CODE) [ARGUMENT ...]

Runs a program of plain mpi4py, unchanged, and writes what every rank called and what travelled between them, for
https://ui.perfetto.dev. A collective is drawn as the messages of its textbook algorithm.

  --trace FILE   where it is written (default: trace.json)
"""

WATCH_USAGE = """\
usage: mpiexec -n RANKS python -m mpiprocessing watch [--synchronous] (PROGRAM.py | -m MODULE | -c CODE) [ARGUMENT ...]

Runs a program of plain mpi4py, unchanged. Where ranks wait for what can never come, the job ends with status 3, and it is said
who waits where, why, and the way out. An exception on one rank ends the job with status 1.

  --synchronous   every send waits for its receive, as MPI allows: finds what works only as long as messages are small
"""

KEEP = "--keep-multiprocessing"
TRACE = "--trace"
SYNCHRONOUS = ("--synchronous", "--strict")


def parse(arguments: list[str]) -> Program:
    """What the command line asks to be run.

    Args:
        arguments: the command line without the program's own name.

    Raises:
        LaunchError: it asks for nothing that could be run.
    """
    if not arguments:
        raise LaunchError("no program given\n\n" + USAGE)
    first, *rest = arguments
    if first in ("-m", "-c"):
        if not rest:
            raise LaunchError(f"{first} needs an argument\n\n" + USAGE)
        return Program("module" if first == "-m" else "code", rest[0], tuple(rest[1:]))
    if first.startswith("-"):
        raise LaunchError(f"unknown option {first}\n\n" + USAGE)
    return Program("script", first, tuple(rest))


def main() -> int:
    """Run what the command line asks for; returns the status for the shell."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["compare"]:
        from mpiprocessing.compare.cli import (
            main as compare,  # the other way to use this package: no MPI in this process
        )

        return compare(arguments[1:])
    if arguments[:1] == ["bench"]:
        from mpiprocessing.bench.cli import main as bench  # likewise

        return bench(arguments[1:])
    if arguments[:1] == ["script"]:
        from mpiprocessing.jobscripts.cli import main as script  # likewise

        return script(arguments[1:])
    if arguments[:1] == ["doctor"]:
        from mpiprocessing.doctor.cli import main as doctor  # likewise: it starts MPI with care of its own

        return doctor(arguments[1:])
    if arguments[:1] == ["status"]:
        from mpiprocessing.monitor.cli import main as status  # likewise

        return status(arguments[1:])
    if arguments[:1] == ["trace"]:
        return trace_plain(arguments[1:])
    if arguments[:1] == ["watch"]:
        return watch_plain(arguments[1:])
    if arguments[:1] in (["-h"], ["--help"]):
        sys.stdout.write(USAGE)
        return 0
    try:
        wanted = Wanted()
        keep, trace = options(arguments, wanted)
        watched = trace or wanted.observed or any(map(os.environ.get, (STATISTICS, EVENTS, TIMELINE)))
        program = parse(arguments)
        return run(
            program, lambda: plan(keep, trace, wanted, program), at_once=bool(keep or watched), wanted=wanted
        )
    except LaunchError as error:  # before the job: every rank is here
        from mpiprocessing.core.failedstart import say_why  # only a start that has failed needs it

        say_why(error)
        return 2


def trace_plain(arguments: list[str]) -> int:
    """Run and trace a program of plain mpi4py; returns the status for the shell."""
    file = "trace.json"
    if arguments[:1] in (["-h"], ["--help"]):
        sys.stdout.write(TRACE_USAGE)
        return 0
    if arguments[:1] == [TRACE] and len(arguments) > 1:
        file, arguments = arguments[1], arguments[2:]
    elif arguments and arguments[0].startswith(f"{TRACE}="):
        file, arguments = arguments[0].removeprefix(f"{TRACE}="), arguments[1:]
    if not names_program(arguments):
        sys.stderr.write(TRACE_USAGE)
        return 2
    from mpiprocessing.compare.counting import tracedprogram  # it starts MPI

    tracedprogram.main(arguments, file, TRACE_USAGE)
    return 0


def watch_plain(arguments: list[str]) -> int:
    """Run and watch a program of plain mpi4py; returns the status for the shell."""
    if arguments[:1] in (["-h"], ["--help"]):
        sys.stdout.write(WATCH_USAGE)
        return 0
    synchronous = arguments[:1] != [] and arguments[0] in SYNCHRONOUS
    arguments = arguments[1:] if synchronous else arguments
    if not names_program(arguments):
        sys.stderr.write(WATCH_USAGE)
        return 2
    from mpiprocessing.watch import program  # it starts MPI

    program.main(arguments, synchronous)
    return 0


def names_program(arguments: list[str]) -> bool:
    """Whether these begin with a program."""
    if arguments[:1] in (["-m"], ["-c"]):
        return len(arguments) > 1
    return bool(arguments) and not arguments[0].startswith("-")


def options(arguments: list[str], wanted: Wanted) -> tuple[bool, str]:
    """Take the options off the beginning of the command line.

    Args:
        arguments: the command line without the program's own name.
        wanted: what is to be told of the job; changed.

    Returns:
        Whether the standard library keeps its names, and the file for the trace, "" for none.

    Raises:
        LaunchError: an option lacks its argument.
    """
    keep, trace = False, ""
    while arguments:
        first = arguments[0]
        if first == KEEP:
            keep = True
        elif first == TRACE and len(arguments) > 1:
            trace = arguments.pop(1)
        elif first.startswith(f"{TRACE}="):
            trace = first.removeprefix(f"{TRACE}=")
        elif first == TRACE:
            raise LaunchError(f"{TRACE} needs the name of a file\n\n" + USAGE)
        elif wanted.take(arguments):
            continue
        else:
            break
        del arguments[0]
    return keep, trace


def plan(keep: bool, trace: str, wanted: Wanted, program: Program) -> Plan:
    """Load all that a job with child processes and shared objects takes.

    Args:
        keep: whether the standard library keeps its names.
        trace: the file for the trace, "" for none.
        wanted: what is to be told of the job.
        program: what is run.
    """
    from mpiprocessing import binding, process  # the library: only what the program needs is loaded
    from mpiprocessing.core.job import Plan

    bind = binding.keep if keep else binding.bind
    traced = tracing(trace, os.environ.get(TIMELINE))
    return Plan(bind, process.shut_down, process.run_child, traced, oversight(wanted, program))


def oversight(wanted: Wanted, program: Program) -> Oversight:
    """What is done for those who look at the job.

    Args:
        wanted: what is to be told of it.
        program: what is run.
    """
    from mpiprocessing.core.oversight import Oversight
    from mpiprocessing.monitor.answering import answer

    def lead(runtime: Runtime, stacks: Stacks, places: list[tuple[str, str, int]]) -> Overseer | None:
        if not wanted.observed:
            return None
        from mpiprocessing.monitor.begin import oversee  # only rank 0 of a job that is looked at needs it

        return oversee(runtime, stacks, places, wanted, program)

    return Oversight(answer, lead, bool(wanted.report))


def tracing(trace: str, raw: str | None) -> Tracing | None:
    """What is to be done about a trace.

    Args:
        trace: the file for it, "" for none.
        raw: the file for the recordings as they are, None for none.
    """
    if not trace and not raw:
        return None
    from mpiprocessing.core.trace import Tracing
    from mpiprocessing.tracing.verbs import watch

    file = os.path.abspath(trace)  # the program may go elsewhere

    def check() -> None:
        nonlocal trace
        try:
            if trace:
                open(file, "a", encoding="utf-8").close()
        except OSError as error:
            trace = ""  # it has been said
            raise LaunchError(f"cannot write the trace: {error}") from error

    def tell(recordings: list[dict[str, Any]]) -> None:
        from mpiprocessing.compare import recordings as files  # only rank 0 of a traced job needs it

        files.tell(recordings, trace and file, raw)

    return Tracing(watch, check, tell)


if __name__ == "__main__":
    sys.exit(main())
