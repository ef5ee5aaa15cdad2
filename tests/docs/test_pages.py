"""The pages of both languages: the same ones, of the same shape, and every pattern is there and recorded."""

from __future__ import annotations

import re
import socket
import sys
from pathlib import Path

import pytest

from mpi_examples.catalogue import CATALOGUE
from mpi_examples.pattern import Pattern
from mpiprocessing.compare import catalogue
from mpiprocessing.compare.runner import Runner

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from docgen.site import navigation, records, shape  # noqa: E402  # found only now
from docgen.site.recording import ranks_of  # noqa: E402
from docgen.site.words import LANGUAGES, Language  # noqa: E402

EACH = pytest.mark.parametrize("pattern", CATALOGUE, ids=str)
COUNTED_AGAIN = ("processes/spawn", "channels/queue", "pools/scatter_map", "collectives/alltoall")


def text(language: Language, page: str) -> str:
    return (ROOT / "docs" / language / page).read_text(encoding="utf-8")


# --- the pages ----------------------------------------------------------------------------------------------


def test_every_page_is_there_in_both_languages_and_in_the_navigation() -> None:
    assert navigation.wanting(ROOT) == []


@EACH
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_a_pattern_has_its_shape(pattern: Pattern, language: Language) -> None:
    assert shape.faults(text(language, navigation.page_of(pattern)), language) == []


@pytest.mark.parametrize("page", [page for page in navigation.all_pages() if page not in navigation.ABRIDGED])
def test_both_languages_have_the_same_parts(page: str) -> None:
    ours, other = (text(language, page) for language in LANGUAGES)
    assert shape.directives(ours) == shape.directives(other)
    for level in (1, 2, 3):
        assert len(shape.headings(ours, level)) == len(shape.headings(other, level)), (
            f"headings of level {level}"
        )


@EACH
def test_a_chinese_page_is_in_chinese(pattern: Pattern) -> None:
    written = text("zh", navigation.page_of(pattern))
    assert len(re.findall("[\u4e00-\u9fff]", written)) > 200


# --- the recorded runs --------------------------------------------------------------------------------------


@EACH
def test_a_pattern_is_recorded_as_it_must_print(pattern: Pattern) -> None:
    record = records.read(ROOT, pattern)
    assert (record.pattern, record.ranks) == (str(pattern), ranks_of(pattern))
    assert record.columns.keys() == set(records.COLUMNS)
    for name, column in record.columns.items():
        assert (column.status, column.output) == (0, pattern.expected), name
        assert (column.kinds is None) == (name == "multiprocessing"), name
        assert (column.timeline is None) == (name == "multiprocessing"), name
    assert record.programs.keys() == set(pattern.broken)


@EACH
def test_what_is_shown_is_what_was_recorded(pattern: Pattern) -> None:
    assert records.read(ROOT, pattern).sources == records.sources_of(pattern), f"scripts/record {pattern}"


@EACH
def test_a_record_tells_nothing_of_its_machine(pattern: Pattern) -> None:
    written = records.path_of(ROOT, pattern).read_text(encoding="utf-8")
    assert written == records.text_of(records.read(ROOT, pattern)), (
        "written by something else than scripts/record"
    )
    assert not re.search(r'[" ](?:/[\\w.-]+){2,}', written), "a path"
    assert socket.gethostname() not in written


def test_no_record_is_left_over() -> None:
    there = set((ROOT / "docs" / "recorded").rglob("*.json"))
    assert there == {records.path_of(ROOT, pattern) for pattern in CATALOGUE}


@pytest.mark.parametrize("pattern", [p for p in CATALOGUE if str(p) in COUNTED_AGAIN], ids=str)
def test_the_mpi4py_column_sends_what_was_recorded(pattern: Pattern) -> None:
    record = records.read(ROOT, pattern)
    subject = catalogue.of_pattern(pattern, record.ranks)
    only = [column for column in subject.columns if column.name == "mpi4py"]
    (run,) = Runner(timeout=60.0).run(catalogue.Subject(subject.name, tuple(only)))
    assert run.figures is not None
    assert run.figures.kinds == record.columns["mpi4py"].kinds
