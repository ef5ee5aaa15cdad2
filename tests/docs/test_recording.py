"""Recording: what is kept of a run, and what must not be."""

from __future__ import annotations

import socket
import sys
from dataclasses import replace
from pathlib import Path

from mpi_examples.catalogue import CATALOGUE, find
from mpiprocessing.compare.timeline import Arrow, Moment, Row, Span, Timeline

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from docgen.site.recording import anonymous, kept, ranks_of  # noqa: E402  # found only now
from docgen.site.records import STEPS  # noqa: E402


def timeline(steps: int) -> Timeline:
    """One call at each step, each with a message."""
    moments = [Moment(step / 1e6, step) for step in range(1, steps + 1)]
    spans = tuple(Span(0, "program", "communicating", "send", moment, moment) for moment in moments)
    arrows = tuple(Arrow("mpi", "send", 0, 1, moment, moment, 1) for moment in moments)
    return Timeline(
        (Row(0, "rank 0", "node-17"), Row(1, "rank 1", "node-18")), spans, arrows, 0.12345678, steps
    )


def test_a_short_timeline_is_kept_whole_but_for_hosts_and_digits() -> None:
    kept_of_it = kept(timeline(STEPS))
    assert len(kept_of_it.spans) == len(kept_of_it.arrows) == STEPS
    assert [row.host for row in kept_of_it.rows] == ["", ""]
    assert kept_of_it.seconds == 0.1235
    assert kept(kept_of_it) == kept_of_it


def test_a_long_timeline_is_cut_and_says_how_long_it_was() -> None:
    cut = kept(timeline(STEPS + 100))
    assert len(cut.spans) == len(cut.arrows) == STEPS
    assert cut.steps == STEPS + 100


def test_what_belongs_to_one_machine_is_left_out() -> None:
    said = (
        f'File "{ROOT}/mpi_examples/a.py", line 3\n'
        'File "/home/me/.venv/lib/python3.11/site-packages/x.py", line 4\n'
        f"on {socket.gethostname()}, pid 4711"
    )
    assert anonymous(said) == (
        'File "mpi_examples/a.py", line 3\nFile "lib/python3.11/site-packages/x.py", line 4\non node, pid N'
    )


def test_four_ranks_where_a_pattern_can() -> None:
    queue = find("channels/queue")
    assert ranks_of(queue) == 4
    assert ranks_of(replace(queue, min_ranks=6)) == 6
    assert ranks_of(replace(queue, max_ranks=2)) == 2
    assert all(pattern.min_ranks <= ranks_of(pattern) for pattern in CATALOGUE)
