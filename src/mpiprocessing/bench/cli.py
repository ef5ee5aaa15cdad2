"""`python -m mpiprocessing bench`: measure, show, write.

Theory of operation: choose works and columns, visit them, judge, then show and write. The exit status is 0 if everything that
was asked for has been measured; 1 if something failed or was not there, and with --strict if a target was missed; 2 if the
request itself is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence

from mpiprocessing.bench import catalogue, html, markdown, records, surroundings, tables
from mpiprocessing.bench.catalogue import UnknownWorkError, Work
from mpiprocessing.bench.columns import COLUMNS, Column
from mpiprocessing.bench.markdown import NoPlaceError
from mpiprocessing.bench.progress import Waiting
from mpiprocessing.bench.runner import Effort, Runner
from mpiprocessing.bench.surroundings import Surroundings
from mpiprocessing.bench.verdict import Report
from mpiprocessing.compare.arguments import number_of_ranks, open_to_write, refuse_mpiexec
from mpiprocessing.compare.terminal import console_for
from mpiprocessing.launch import mpiexec
from mpiprocessing.launch.processgroup import end_by_signal

__all__ = ["main"]

_DESCRIPTION = """\
Measure the same small work on multiprocessing (the standard library), on mpiprocessing (the same programme,
over MPI), and on mpi4py by hand; with --peers on other libraries as well. WORK is a family, a work, or a
pattern: pipes, pipes/tuple, 'pools/map*'; without one, everything is measured, which takes some minutes."""

_FULL = Effort(repeat=3)
_QUICK = Effort(repeat=1, samples=2, scale=0.4, together=True)


def main(argv: Sequence[str]) -> int:
    """Run the benchmark.

    Args:
        argv: the words after `bench`.

    Returns:
        The exit status: 0 if all was measured, 1 if not (with --strict also if a target was missed), 2 if there
        is no mpiexec to use.

    Raises:
        SystemExit: with 2 for a wrong request, whose reason is on stderr, with 0 after --help.
    """
    parser = _parser()
    options = parser.parse_args(argv)
    works = _works(parser, options)
    if options.list:
        tables.show_works(console_for(), works)
        return 0
    refuse_mpiexec(parser, "bench")
    if options.ranks < 2:
        parser.error("it takes 2 ranks at least: --ranks 2")
    json_file = sys.stdout if options.json == "-" else open_to_write(parser, options.json)
    html_file = open_to_write(parser, options.html)
    for path in options.markdown:
        _check(parser, path)
    columns = [column for column in COLUMNS if options.peers or not column.peer]
    runner = Runner(works, columns, options.ranks, _effort(options), options.show_commands)
    end_by_signal()  # what has been started ends with this process, however it is told to
    try:
        report, place = _measure(runner, columns, options.ranks)
    except mpiexec.MpiexecError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{parser.prog}: interrupted", file=sys.stderr)
        return 130
    tables.show(console_for(stderr=json_file is sys.stdout), report, place)
    if json_file is not None:
        json.dump(records.record(report, place), json_file, indent=1)
        json_file.write("\n")
        json_file.flush()
    if html_file is not None:
        with html_file:
            html_file.write(html.page(report, place))
    for path in options.markdown:
        _fill(parser, path, report, place)
    missed = options.strict and any(judged.reached is False for _, judged in report.judged)
    return int(bool(report.failures or report.problems or missed))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mpiprocessing bench", description=_DESCRIPTION)
    parser.add_argument("works", nargs="*", metavar="WORK", help="what to measure (default: everything)")
    parser.add_argument(
        "-n", "--ranks", type=number_of_ranks, default=4, help="processes under mpiexec (default: 4)"
    )
    parser.add_argument(
        "--repeat",
        type=_times,
        metavar="R",
        help=f"how often every column is visited (default: {_FULL.repeat})",
    )
    parser.add_argument(
        "--quick", action="store_true", help="within a minute: fewer works, one visit each, short samples"
    )
    parser.add_argument(
        "--peers", action="store_true", help="measure other libraries, too: the extra `peers`"
    )
    parser.add_argument("--json", metavar="FILE", help="write everything that was measured; - is stdout")
    parser.add_argument("--html", metavar="FILE", help="write a page: tables and pictures")
    parser.add_argument(
        "--markdown",
        metavar="FILE",
        action="append",
        default=[],
        help="write the tables for a document, or into it, where it has a place for them; may be given again",
    )
    parser.add_argument("--strict", action="store_true", help="end with 1 also if a target is missed")
    parser.add_argument(
        "--list", action="store_true", help="list the works with their targets, and measure nothing"
    )
    parser.add_argument("--show-commands", action="store_true", help="print each command before it is run")
    return parser


def _check(parser: argparse.ArgumentParser, path: str) -> None:
    """A document may be there already, and keeps what it has until there is something to write."""
    try:
        open(path, "a", encoding="utf-8").close()
    except OSError as error:
        parser.error(f"cannot write {path}: {error.strerror}")


def _fill(parser: argparse.ArgumentParser, path: str, report: Report, place: Surroundings) -> None:
    with open(path, "r+", encoding="utf-8") as file:
        try:
            text = markdown.placed(file.read(), markdown.tables(report, place), place)
        except NoPlaceError as error:
            parser.error(f"cannot write into {path}: {error}")
        file.seek(0)
        file.truncate()
        file.write(text)


def _times(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of visits: 1 or more")
    return int(text)


def _works(parser: argparse.ArgumentParser, options: argparse.Namespace) -> list[Work]:
    there = catalogue.works(options.ranks)
    try:
        chosen = catalogue.select(options.works, there)
    except UnknownWorkError as error:
        parser.error(str(error))
    return [work for work in chosen if work.quick or not options.quick or str(work) in options.works]


def _effort(options: argparse.Namespace) -> Effort:
    effort = _QUICK if options.quick else _FULL
    return Effort(options.repeat or effort.repeat, effort.samples, effort.scale, effort.together)


def _measure(runner: Runner, columns: Sequence[Column], ranks: int) -> tuple[Report, Surroundings]:
    mpiexec.find()  # or it is known only when the first column is done
    load, started = surroundings.load(), time.monotonic()
    with Waiting(console_for(stderr=True), sum(1 for _ in runner.visits())) as waiting:
        for visit in runner.visits():
            waiting.begin(visit)
            runner.pay(visit)
    names = [column.name for column in columns]
    report = Report(runner.rows, names, runner.problems, time.monotonic() - started)
    return report, surroundings.look(ranks, columns, load)
