"""Recording: every column of a pattern is run, and what it printed, sent and did is written down.

Theory of operation: the comparison runs the columns and judges them; here its runs become records. A pattern is recorded
only if all its columns print what they must. Programs beside the twins, which hang, are watched, each under a time limit of
its own.
"""

from __future__ import annotations

import argparse
import re
import socket
import sys
from dataclasses import replace
from pathlib import Path

import mpi4py

from docgen.site import records
from docgen.site.records import STEPS, Column, Program, Record
from mpi_examples.catalogue import CATALOGUE, UnknownPatternError, find
from mpi_examples.pattern import Pattern
from mpiprocessing.compare import catalogue
from mpiprocessing.compare.runner import Run, Runner
from mpiprocessing.compare.timeline import Moment, Timeline
from mpiprocessing.compare.verdict import judge
from mpiprocessing.launch import mpiexec

__all__ = ["RANKS", "anonymous", "kept", "main", "ranks_of", "record"]

RANKS = 4
ROOT = Path(__file__).resolve().parents[3]
_LIMIT = 120.0  # seconds for a column
_LIMIT_BESIDE = 60.0  # for a program that may hang, though none should
_VENDORS = {"mpich": "MPICH", "openmpi": "Open MPI"}
_DIGITS = 4  # of the seconds of a timeline


class NotRecordedError(Exception):
    """A column failed, or printed something else than it must."""


def main() -> int:
    """Record what the command names; returns the status for the shell."""
    parser = argparse.ArgumentParser(
        prog="scripts/record", description="Record patterns for the documentation."
    )
    parser.add_argument("patterns", nargs="*", metavar="PATTERN", help="such as channels/queue; none for all")
    try:
        patterns = [find(name) for name in parser.parse_args().patterns] or list(CATALOGUE)
    except UnknownPatternError as unknown:
        print(f"scripts/record: {unknown}", file=sys.stderr)
        return 2
    missing, failed = [], []
    for pattern in patterns:
        if not (pattern.folder / "with_mpi4py.py").is_file():
            missing.append(str(pattern))
            continue
        try:
            made = record(pattern)
        except NotRecordedError as fault:
            print(f"{pattern}: {fault}", flush=True)
            failed.append(str(pattern))
            continue
        path = records.path_of(ROOT, pattern)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(records.text_of(made), encoding="utf-8")
        print(f"{pattern}: recorded", flush=True)
    if missing:
        print(f"have no programs yet: {', '.join(missing)}")
    if failed:
        print(f"not recorded: {', '.join(failed)}")
    return int(bool(missing or failed))


def record(pattern: Pattern) -> Record:
    """Run the columns of a pattern, and the programs beside them.

    Args:
        pattern: what to run.

    Returns:
        What they did.

    Raises:
        NotRecordedError: a column failed, or printed something else than it must.
    """
    ranks = ranks_of(pattern)
    subject = catalogue.of_pattern(pattern, ranks)
    runs = list(Runner(timeout=_LIMIT, traced=True).run(subject))
    for outcome in judge(subject, runs).outcomes:
        if not outcome.ok:
            said = "\n".join([*outcome.diff, outcome.run.stderr])
            raise NotRecordedError(f"{outcome.run.column} {outcome.result.value}\n{said}")
    return Record(
        pattern=str(pattern),
        ranks=ranks,
        versions=_versions(),
        sources=records.sources_of(pattern),
        columns={run.column: _column(run) for run in runs},
        programs={path.stem: _beside(pattern, path.stem, ranks) for path in programs_beside(pattern)},
    )


def ranks_of(pattern: Pattern) -> int:
    """On how many ranks a pattern is recorded: on four, where it can."""
    most = RANKS if pattern.max_ranks is None else min(RANKS, pattern.max_ranks)
    return max(most, pattern.min_ranks)


def programs_beside(pattern: Pattern) -> list[Path]:
    """The programs of a pattern that are none of its twins, in the order of the catalogue's entry."""
    return [pattern.folder / f"{name}.py" for name in pattern.broken]


def kept(timeline: Timeline) -> Timeline:
    """What of a timeline is worth keeping: its first steps, without names of hosts and the last digits of its clock.

    Its `steps` stay those of the whole run, so that it can be told that something is left out.
    """

    def at(moment: Moment) -> Moment:
        return Moment(round(moment.seconds, _DIGITS), moment.step)

    spans = [span for span in timeline.spans if span.begin.step <= STEPS]
    arrows = [arrow for arrow in timeline.arrows if arrow.sent.step <= STEPS]
    return Timeline(
        rows=tuple(replace(row, host="") for row in timeline.rows),
        spans=tuple(replace(span, begin=at(span.begin), end=at(span.end)) for span in spans),
        arrows=tuple(replace(one, sent=at(one.sent), received=at(one.received)) for one in arrows),
        seconds=round(timeline.seconds, _DIGITS),
        steps=timeline.steps,
    )


def anonymous(text: str) -> str:
    """What a program wrote to standard error, without what belongs to one machine: paths, its host, process ids."""
    text = text.replace(f"{ROOT}/", "").replace(str(ROOT), ".")
    text = re.sub(r"/[\w.+-]+(?:/[\w.+-]+)*/(lib/python3\.\d+/)", r"\1", text)
    text = text.replace(socket.gethostname(), "node")
    return re.sub(r"\b(pid|PID) \d+", r"\1 N", text)


def _column(run: Run) -> Column:
    figures, timeline = run.figures, run.timeline
    return Column(
        status=run.status,
        output=run.stdout,
        kinds=None if figures is None else figures.kinds,
        uncounted=() if figures is None else tuple(sorted(figures.uncounted)),
        timeline=None if timeline is None else kept(timeline),
    )


def _beside(pattern: Pattern, program: str, ranks: int) -> Program:
    module = pattern.broken_module(program)
    done = mpiexec.run(["-m", "mpiprocessing", "watch", "-m", module], ranks, timeout=_LIMIT_BESIDE)
    if done.timed_out:
        raise NotRecordedError(f"{module} did not end within {_LIMIT_BESIDE:.0f} s")
    return Program(ranks, done.status, done.stdout, anonymous(done.stderr))


def _versions() -> dict[str, str]:
    python = ".".join(str(part) for part in sys.version_info[:3])
    launcher = mpiexec.find()
    mpi = f"{_VENDORS.get(launcher.vendor, launcher.vendor)} {launcher.version}".strip()
    return {"python": python, "mpi4py": mpi4py.__version__, "mpi": mpi}


if __name__ == "__main__":
    sys.exit(main())
