"""`python -m mpiprocessing compare`: run the columns next to each other and say whether they agree.

Theory of operation: choose the subjects, run each column, judge, then show and write. The exit status is 0
only if every column of every subject ended with 0, in time, and all agree; 1 if not; 2 if the request
itself is wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from rich.console import Console

from mpi_examples.catalogue import UnknownPatternError
from mpiprocessing.compare import catalogue, chrome, environment, html, records, report
from mpiprocessing.compare.arguments import number_of_ranks, open_to_write, refuse_mpiexec, seconds
from mpiprocessing.compare.catalogue import Subject
from mpiprocessing.compare.progress import Waiting
from mpiprocessing.compare.runner import Runner
from mpiprocessing.compare.terminal import console_for
from mpiprocessing.compare.timeline import Timeline
from mpiprocessing.compare.verdict import Verdict, judge
from mpiprocessing.launch import mpiexec
from mpiprocessing.launch.processgroup import end_by_signal

__all__ = ["main"]

_DESCRIPTION = """\
Run the same work in columns: multiprocessing (the standard library), mpiprocessing (the same file, over
MPI), and mpi4py (the same idea written by hand). Without a name, the whole catalogue is run. A PROGRAM.py of
yours is run in the first two columns; its own arguments follow after --."""


def main(argv: Sequence[str]) -> int:
    """Run the comparison.

    Args:
        argv: the words after `compare`.

    Returns:
        The exit status: 0 if all columns agree and ended with 0, 1 if not, 2 if there is no mpiexec to use.

    Raises:
        SystemExit: with 2 for a wrong request, whose reason is on stderr, with 0 after --help.
    """
    words, program_args = _split(argv)
    parser = _parser()
    options = parser.parse_intermixed_args(words)
    refuse_mpiexec(parser, "compare")
    subjects = _subjects(parser, options, program_args)
    json_file = sys.stdout if options.json == "-" else open_to_write(parser, options.json)
    html_file = open_to_write(parser, options.html)
    trace_file = open_to_write(parser, options.trace)
    end_by_signal()  # what has been started ends with this process, however it is told to
    try:
        place = environment.find(options.ranks)
        traced = html_file is not None or trace_file is not None
        runner = Runner(options.timeout, options.show_commands, traced)
        verdicts = _run(subjects, runner)
    except mpiexec.MpiexecError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{parser.prog}: interrupted", file=sys.stderr)
        return 130
    _show(verdicts, str(place), in_full=len(options.what) == 1, on_stderr=json_file is sys.stdout)
    if json_file is not None:
        records.write(verdicts, json_file)
        json_file.flush()
    if html_file is not None:
        with html_file:
            html_file.write(html.page(verdicts, place))
    if trace_file is not None:
        with trace_file:
            chrome.write(_timelines(verdicts), trace_file)
    return 0 if all(verdict.ok for verdict in verdicts) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mpiprocessing compare", description=_DESCRIPTION)
    parser.add_argument(
        "what", nargs="*", metavar="PATTERN | PROGRAM.py", help="patterns of the catalogue, or one program"
    )
    parser.add_argument(
        "-n", "--ranks", type=number_of_ranks, default=4, help="processes under mpiexec (default: 4)"
    )
    parser.add_argument("--json", metavar="FILE", help="write one record per pattern and column; - is stdout")
    parser.add_argument(
        "--html", metavar="FILE", help="write a page: sources, output, figures, and pictures of what happened"
    )
    parser.add_argument(
        "--trace", metavar="FILE", help="write what every rank did, for https://ui.perfetto.dev"
    )
    parser.add_argument(
        "--timeout", type=seconds, default=60.0, metavar="S", help="seconds for each column (default: 60)"
    )
    parser.add_argument("--show-commands", action="store_true", help="print each command before it is run")
    return parser


def _split(argv: Sequence[str]) -> tuple[list[str], list[str] | None]:
    """Divide the words at the first `--`: what follows belongs to the program."""
    words = list(argv)
    if "--" not in words:
        return words, None
    at = words.index("--")
    return words[:at], words[at + 1 :]


def _subjects(
    parser: argparse.ArgumentParser,
    options: argparse.Namespace,
    program_args: list[str] | None,
) -> list[Subject]:
    programs = [name for name in options.what if _is_program(name)]
    if programs:
        if len(options.what) > 1:
            parser.error(f"one program at a time, and no pattern beside it: {' '.join(options.what)}")
        if not os.path.isfile(programs[0]):
            parser.error(f"there is no file {programs[0]}")
        return [catalogue.of_program(programs[0], program_args or (), options.ranks)]
    if program_args is not None:
        parser.error("arguments after -- go with a PROGRAM.py; patterns take none")
    try:
        return [catalogue.of_pattern(p, options.ranks) for p in catalogue.select(options.what)]
    except UnknownPatternError as error:
        parser.error(str(error))


def _is_program(name: str) -> bool:
    return name.endswith(".py") or os.path.isfile(name)


def _run(subjects: Sequence[Subject], runner: Runner) -> list[Verdict]:
    verdicts = []
    with Waiting(console_for(stderr=True), subjects) as waiting:
        for subject in subjects:
            waiting.begin(subject)
            runs = []
            if not subject.refusal:
                for run in runner.run(subject):
                    runs.append(run)
                    waiting.column()
            verdicts.append(judge(subject, runs))
            waiting.end(verdicts[-1])
    return verdicts


def _timelines(verdicts: Sequence[Verdict]) -> dict[str, Timeline]:
    runs = [(verdict.subject.name, outcome.run) for verdict in verdicts for outcome in verdict.outcomes]
    return {f"{name}, {run.column}": run.timeline for name, run in runs if run.timeline is not None}


def _show(verdicts: Sequence[Verdict], place: str, *, in_full: bool, on_stderr: bool) -> None:
    console: Console = console_for(stderr=on_stderr)
    if in_full and len(verdicts) == 1:
        report.show_one(console, verdicts[0], place)
    else:
        report.show_catalogue(console, verdicts, place)
