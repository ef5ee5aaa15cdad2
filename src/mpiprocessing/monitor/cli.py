"""`python -m mpiprocessing status DIR`: looks at a job from another terminal, on any host that sees the same disk.

It reads the file that the job's rank 0 keeps there (`files.py`), and needs no MPI. The status for the shell: 0 while the job
runs and after it has ended well, 3 when it has ended badly or gives no sign of life, 2 where there is nothing to be read.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.live import Live

from mpiprocessing.launch.arguments import seconds
from mpiprocessing.monitor import files
from mpiprocessing.monitor.life import Life, life, runs
from mpiprocessing.monitor.view import view

__all__ = ["main"]

_NOTHING, _BAD = 2, 3

_FIELDS = frozenset(
    (
        "state",
        "status",
        "program",
        "job",
        "started",
        "written",
        "heartbeat",
        "host",
        "pid",
        "pools",
        "ranks",
        "waits",
    )
)
"""What a status has (`document.py`); others call their files status.json as well."""

_LOOK = 0.2
"""Seconds between two looks for an answer."""


def main(arguments: Sequence[str]) -> int:
    """Show the status of a job; returns the status for the shell.

    Args:
        arguments: the command line after `status`.
    """
    asked = _parser().parse_args(arguments)
    try:
        status = _read(asked.directory)
        if asked.stack is not None:
            return _stack(asked.directory, asked.stack, asked.timeout, status)
        if asked.json:
            print(json.dumps(status | {"life": _life(status).text}, ensure_ascii=False, indent=1))
        elif asked.follow is not None:
            return _follow(asked.directory, asked.follow, asked.all)
        else:
            _console().print(view(status, _life(status), time.time(), asked.all))
        return _code(status)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        sys.stderr.write(
            f"mpiprocessing: no status of a job can be read in {asked.directory}: {why}. A job writes it where it was started "
            f"with 'python -m mpiprocessing --status {asked.directory} PROGRAM'\n"
        )
        return _NOTHING
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mpiprocessing status",
        description="Show how far a job is that was started with --status DIR; on any host that sees DIR.",
    )
    parser.add_argument("directory", metavar="DIR", help="the directory that was given to --status")
    parser.add_argument(
        "--follow",
        metavar="SECONDS",
        nargs="?",
        const=2.0,
        type=seconds,
        help="show it again every 2 seconds, or as many as given, until the job ends",
    )
    parser.add_argument("--stack", metavar="RANK", help="show what runs on that rank (or on 'all') now")
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        default=60.0,
        type=seconds,
        help="how long to wait for stacks (default: 60)",
    )
    parser.add_argument("--all", action="store_true", help="show every rank, however many there are")
    parser.add_argument("--json", action="store_true", help="print the status as it is, for programs")
    return parser


def _read(directory: str) -> dict[str, Any]:
    status = files.read(directory)
    if not status:
        raise ValueError("the job has not begun yet")
    if not status.keys() >= _FIELDS:
        raise ValueError("it holds no status")
    return status


def _life(status: dict[str, Any]) -> Life:
    return life(status, time.time(), runs)


def _code(status: dict[str, Any]) -> int:
    return 0 if _life(status).lives or status["status"] == 0 else _BAD


def _console() -> Console:
    return Console(markup=False, emoji=False, highlight=False)


def _follow(directory: str, every: float, all_ranks: bool) -> int:
    """Show it again and again, until the job has ended."""
    console = _console()
    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
        while True:
            status = _read(directory)
            alive = _life(status)
            live.update(view(status, alive, time.time(), all_ranks), refresh=True)
            if not alive.lives:
                return _code(status)
            time.sleep(every)


def _stack(directory: str, rank: str, timeout: float, status: dict[str, Any]) -> int:
    """Ask for the stacks of a rank, and show them."""
    alive = _life(status)
    if not alive.lives:
        sys.stderr.write(f"mpiprocessing: the job cannot be asked: it {alive.text}\n")
        return _BAD
    name = files.ask(directory, rank)
    deadline = time.monotonic() + timeout
    try:
        while (answer := files.take_answer(directory, name)) is None:
            if time.monotonic() >= deadline:
                sys.stderr.write(
                    f"mpiprocessing: rank 0 has not answered for {timeout:.0f} s; on a shared disk that is slow to show "
                    "new files, wait longer with --timeout\n"
                )
                return _BAD
            alive = _life(_read(directory))
            if not alive.lives:
                sys.stderr.write(f"mpiprocessing: the job has not answered: it {alive.text}\n")
                return _BAD
            time.sleep(_LOOK)
    finally:
        files.withdraw(directory, name)
    sys.stdout.write(answer)
    return 0
