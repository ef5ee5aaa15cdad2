"""What stands in the place of a directive: whole, safe, and only what really ran."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from mpi_examples.catalogue import find
from mpiprocessing.compare.figures import Traffic
from mpiprocessing.compare.timeline import Arrow, Moment, Row, Span, Timeline

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from docgen.site import fragments, records  # noqa: E402  # found only now
from docgen.site.records import Column, Program, Record  # noqa: E402
from docgen.site.words import LANGUAGES, WORDS, Language  # noqa: E402

QUEUE = find("channels/queue")
WORDS_EN = WORDS["en"]
TIMELINE = Timeline(
    rows=(Row(0, "rank 0"), Row(1, "rank 1")),
    spans=(
        Span(
            0,
            "program",
            "communicating",
            "send",
            Moment(0.0, 1),
            Moment(0.1, 2),
            (("tag", "3"),),
            "prog.py:1",
        ),
    ),
    arrows=(Arrow("mpi", "send", 0, 1, Moment(0.0, 1), Moment(0.1, 2), 5),),
    seconds=0.1,
    steps=2,
)
RECORD = Record(
    pattern="channels/queue",
    ranks=4,
    versions={"python": "3.11", "mpi4py": "4", "mpi": "MPICH 5"},
    sources={"with_mpi4py.py": "0123456789abcdef"},
    columns={
        "multiprocessing": Column(0, QUEUE.expected),
        "mpiprocessing": Column(0, QUEUE.expected, {"QueuePut": Traffic(13, 1399)}, (), TIMELINE),
        "mpi4py": Column(
            0, QUEUE.expected, {"send": Traffic(11, 100), "gather": Traffic(3, 9)}, (), TIMELINE
        ),
    },
    programs={"broken": Program(2, 3, "a < b\n", "")},
)


def link(path: str) -> str:
    return f"../{path}"


def text(html: str) -> str:
    """What a reader sees of it."""
    return unescape(re.sub(r"<[^>]+>", "", html))


def test_twins_are_whole_and_in_rows() -> None:
    html = fragments.twins(QUEUE, link)
    parts = html.split('<div class="part">')[1:]
    rows = int(re.search(r"--rows: (\d+)", html)[1])  # type: ignore[index]
    assert len(parts) == 2 * (rows - 1)
    for source in (QUEUE.multiprocessing_source, QUEUE.mpi4py_source):
        for line in source.splitlines():
            assert line.strip() in text(html)
    assert 'href="../mpi_examples/channels/queue/with_mpi4py.py"' in html


def test_output_is_what_was_printed() -> None:
    html = fragments.output(QUEUE, RECORD, WORDS_EN)
    assert QUEUE.expected.strip() in text(html)
    assert "mpiexec -n 4 python -m mpiprocessing -m mpi_examples.channels.queue.with_multiprocessing" in text(
        html
    )


@pytest.mark.parametrize("column", [Column(0, "other\n"), Column(1, QUEUE.expected)])
def test_a_column_that_did_otherwise_is_not_shown(column: Column) -> None:
    record = replace(RECORD, columns={**RECORD.columns, "mpi4py": column})
    with pytest.raises(ValueError, match="the recorded run of mpi4py"):
        fragments.output(QUEUE, record, WORDS_EN)


@pytest.mark.parametrize("language", LANGUAGES)
def test_costs_are_the_sums_and_the_kinds(language: Language) -> None:
    html = fragments.costs(RECORD, WORDS[language])
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr.*?</tr>", html)]
    shown = [[text(cell) for cell in row] for row in rows if row]
    assert ["mpi4py", "14", "109"] in shown
    assert shown.index(["send", "11", "100"]) < shown.index(["gather", "3", "9"])
    assert ["mpiprocessing", "13", "1,399"] in shown and ["QueuePut", "13", "1,399"] in shown


def test_both_columns_are_drawn_and_ids_are_unique() -> None:
    html = fragments.diagrams(RECORD, WORDS_EN)
    ids = re.findall(r'id="([^"]+)"', html)
    assert html.count('<div class="picture" tabindex="0"><svg') == 4
    assert len(set(ids)) == len(ids) > 0
    assert "<style" not in html


def test_a_run_that_was_not_traced_cannot_be_drawn() -> None:
    columns = {name: replace(column, timeline=None) for name, column in RECORD.columns.items()}
    with pytest.raises(LookupError, match="was not traced"):
        fragments.diagrams(replace(RECORD, columns=columns), WORDS_EN)


def test_a_program_beside_tells_its_status_and_cannot_break_the_page() -> None:
    html = fragments.program_output(QUEUE, RECORD, "broken", WORDS_EN)
    assert "a &lt; b" in html and "status 3" in html and "mpiexec -n 2" in html
    with pytest.raises(LookupError, match="is not recorded"):
        fragments.program_output(QUEUE, RECORD, "other", WORDS_EN)
    with pytest.raises(LookupError, match="has no program other"):
        fragments.program(QUEUE, "other", link)


def test_a_record_is_read_as_it_was_written() -> None:
    written = records.text_of(RECORD)
    assert Record.from_json(json.loads(written)) == RECORD
    assert records.text_of(Record.from_json(json.loads(written))) == written


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_family_has_a_name(language: Language) -> None:
    for pattern in (find("queue"), find("spawn")):
        assert WORDS[language].families[pattern.family] in fragments.facts(pattern, WORDS[language])
