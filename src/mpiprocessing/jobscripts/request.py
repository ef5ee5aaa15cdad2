"""What is asked of a job script: the program, and what the job is to have."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Request", "RequestError", "parse", "parser", "read_request", "wall_time"]

SCHEDULERS = ("slurm", "pbs", "lsf")
LAUNCHERS = ("auto", "mpiexec", "srun")


class RequestError(ValueError):
    """What is asked for cannot be put into a script; the text says why."""


@dataclass(frozen=True)
class Request:
    """What a script is to do.

    Attributes:
        scheduler: "slurm", "pbs" or "lsf".
        program: what follows `python -m mpiprocessing`.
        nodes: how many.
        ranks_per_node: how many ranks on each.
        cores_per_rank: for threads of BLAS and OpenMP.
        seconds: the wall time.
        warn: seconds before its end when the program is told; 0 for never.
        name: of the job.
        queue: partition of Slurm, or queue; "" for the site's own choice.
        account: who pays, "" for the site's own choice.
        memory: of each node, as the scheduler writes it, "" for the site's own choice.
        launcher: "auto", "mpiexec" or "srun".
        checkpoint: the file that the program keeps its results in; "" for none: then the job is not started again.
        fault_tolerant: whether the others go on when a rank dies.
        python: the interpreter's full path.
    """

    scheduler: str
    program: tuple[str, ...]
    nodes: int = 1
    ranks_per_node: int = 1
    cores_per_rank: int = 1
    seconds: int = 3600
    warn: int = 180
    name: str = ""
    queue: str = ""
    account: str = ""
    memory: str = ""
    launcher: str = "auto"
    checkpoint: str = ""
    fault_tolerant: bool = False
    python: str = sys.executable

    @property
    def ranks(self) -> int:
        """How many there are on all nodes together."""
        return self.nodes * self.ranks_per_node

    @property
    def clock(self) -> str:
        """The wall time as schedulers write it; of LSF hours and minutes only."""
        minutes, seconds = divmod(self.seconds, 60)
        hours, minutes = divmod(minutes + (seconds > 0 and self.scheduler == "lsf"), 60)
        return f"{hours}:{minutes:02}" if self.scheduler == "lsf" else f"{hours:02}:{minutes:02}:{seconds:02}"


def wall_time(text: str) -> int:
    """Read a wall time.

    Args:
        text: "90" minutes, "1:30:00" hours, "1-12:00:00" days, or "90s", "90m", "36h", "2d".

    Returns:
        Seconds.

    Raises:
        ArgumentTypeError: it is none.
    """
    seconds = 0
    if match := re.fullmatch(r"(\d{1,6})([smhd]?)", text):
        seconds = int(match[1]) * {"s": 1, "": 60, "m": 60, "h": 3600, "d": 86400}[match[2]]
    elif match := re.fullmatch(r"(?:(\d{1,3})-)?(\d{1,4}):(\d\d)(?::(\d\d))?", text):
        days, hours, minutes, rest = (int(part or 0) for part in match.groups())
        seconds = ((24 * days + hours) * 60 + minutes) * 60 + rest
    if not seconds:
        raise argparse.ArgumentTypeError(
            f"{text!r:.40} is no wall time: 90 (minutes), 1:30:00, 2-12:00:00, or 90m, 36h, 2d"
        )
    return seconds


def _positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) < 10**6:
        raise argparse.ArgumentTypeError(f"{text!r:.40} is not a number of 1 or more")
    return int(text)


def _word(text: str) -> str:
    """A name that stands in a line of the scheduler's: nothing that could end the line or begin another word."""
    if not re.fullmatch(r"[\w.:@%+,=/-]+", text) or text.startswith("-"):
        raise argparse.ArgumentTypeError(f"{text!r:.40} cannot stand in a line of the scheduler's")
    return text


def parser() -> argparse.ArgumentParser:
    """The command line of `python -m mpiprocessing script`."""
    made = argparse.ArgumentParser(
        prog="python -m mpiprocessing script",
        description="Print a job script that runs a program on a cluster: read it, change what you like, submit it.",
        usage="%(prog)s {slurm,pbs,lsf} [OPTION ...] (PROGRAM.py | -m MODULE) [ARGUMENT ...]",
    )
    made.add_argument("scheduler", choices=SCHEDULERS)
    made.add_argument(
        "--ranks", type=_positive, help="how many on all nodes together; one runs the main program"
    )
    made.add_argument("--nodes", type=_positive, help="how many nodes (default: 1)")
    made.add_argument("--ranks-per-node", type=_positive, metavar="N", help="how many ranks on each node")
    made.add_argument(
        "--cores-per-rank",
        type=_positive,
        default=1,
        metavar="N",
        help="cores, and threads of BLAS and OpenMP (default: 1)",
    )
    made.add_argument(
        "--time", type=wall_time, default=3600, help="wall time: 90 (minutes), 1:30:00, 36h, 2d (default: 1h)"
    )
    made.add_argument(
        "--warn",
        type=int,
        default=180,
        metavar="SECONDS",
        help="before that the program gets SIGUSR1 (default: 180; 0: never)",
    )
    made.add_argument(
        "--checkpoint",
        metavar="FILE",
        default="",
        help="the program keeps its results there; the job is started again for the rest",
    )
    made.add_argument("--name", type=_word, help="of the job (default: the program's)")
    made.add_argument("--queue", "--partition", type=_word, help="partition or queue")
    made.add_argument("--account", type=_word, help="who pays")
    made.add_argument("--memory", type=_word, help="of each node, as the scheduler writes it: 16G, 16gb")
    made.add_argument("--launcher", choices=LAUNCHERS, default="auto", help="what starts the ranks")
    made.add_argument(
        "--fault-tolerant", action="store_true", help="the others go on when a rank dies (Open MPI 5)"
    )
    made.add_argument("-o", "--output", metavar="FILE", default="", help="write the script there as well")
    made.add_argument("--submit", action="store_true", help="submit it as well")
    return made


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse a command line; what follows the options is the program, with options of its own."""
    made, own = parser(), 1
    flags = {"--fault-tolerant", "--submit", "-h", "--help"}
    while own < len(arguments) and arguments[own].startswith("-") and arguments[own] != "-m":
        own += 1 if arguments[own] in flags or "=" in arguments[own] else 2
    options = made.parse_args(arguments[:own])
    options.program = list(arguments[own:])
    return options


def read_request(options: argparse.Namespace) -> Request:
    """Make a request of a command line that was parsed.

    Raises:
        RequestError: its numbers contradict each other, or there is no program.
    """
    program = tuple(options.program)
    if not program or program == ("-m",) or (program[0].startswith("-") and program[0] != "-m"):
        raise RequestError("no program: name PROGRAM.py or -m MODULE, after the options")
    if any("\n" in word for word in (*program, options.checkpoint, options.output)):
        raise RequestError("an argument has more than one line")  # the script shows them all in one comment
    nodes, each = _shape(options.ranks, options.nodes, options.ranks_per_node)
    if options.warn and options.warn > options.time // 2:
        raise RequestError(
            f"--warn {options.warn}: of {options.time} s less than half would be left to compute; "
            "ask for more --time, or give --warn 0"
        )
    if options.checkpoint and options.warn <= 0:
        raise RequestError("--checkpoint needs --warn: without a warning the program cannot stop in time")
    if options.launcher == "srun" and options.scheduler != "slurm":
        raise RequestError(f"srun is Slurm's: {options.scheduler} has none")
    if options.launcher == "srun" and options.fault_tolerant:
        raise RequestError("srun ends the job when a rank dies: --fault-tolerant needs --launcher mpiexec")
    stem = program[1] if program[0] == "-m" else os.path.basename(program[0]).removesuffix(".py")
    return Request(
        scheduler=options.scheduler,
        program=program,
        nodes=nodes,
        ranks_per_node=each,
        cores_per_rank=options.cores_per_rank,
        seconds=options.time,
        warn=max(0, options.warn),
        name=options.name or re.sub(r"[^\w.-]", "-", stem)[:15].strip("-") or "job",
        queue=options.queue or "",
        account=options.account or "",
        memory=options.memory or "",
        launcher=options.launcher,
        checkpoint=options.checkpoint,
        fault_tolerant=options.fault_tolerant,
    )


def _shape(ranks: int | None, nodes: int | None, each: int | None) -> tuple[int, int]:
    """How many nodes, and how many ranks on each."""
    if ranks is not None and nodes is None:
        nodes = -(-ranks // each) if each else 1
    nodes = nodes or 1
    if ranks is None:
        return nodes, each or 2  # a main program, and a child
    if each is None and ranks % nodes == 0:
        return nodes, ranks // nodes
    if each is None or each * nodes != ranks:
        fits = nodes * -(-ranks // nodes)
        raise RequestError(
            f"{ranks} ranks do not fill {nodes} nodes"
            + (f" with {each} each" if each else "")
            + f": ask for {fits}, for instance"
        )
    return nodes, each
