"""The report as JSON, as a page, as tables for a document and in the terminal."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mpiprocessing.bench import html, markdown, records, tables
from mpiprocessing.bench.catalogue import FAMILIES, Target, works
from mpiprocessing.bench.charts import Bar, Curve, Group, Point, bars, curves
from mpiprocessing.bench.columns import BARE, OURS, STDLIB
from mpiprocessing.bench.pictures import pictures
from mpiprocessing.bench.runner import Cell
from mpiprocessing.compare.terminal import console_for
from tests.bench.runs import SURROUNDINGS, measured, report, row, whole, work

HOSTILE = '<script>alert("1")</script>'
VOID = {"meta", "link", "br", "wbr", "th", "td", "dt", "dd", "tr", "li"}  # those whose end may be left out


@pytest.fixture(scope="module")
def page():
    return html.page(whole(), SURROUNDINGS)


class Tags(HTMLParser):
    """What elements a page has, and whether what was opened is closed."""

    def __init__(self):
        super().__init__()
        self.open, self.found, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def tags(page):
    parser = Tags()
    parser.feed(page)
    parser.close()
    return parser


# --- JSON ---------------------------------------------------------------------------------------------------------


def test_the_record_has_its_keys():
    made = json.loads(json.dumps(records.record(whole(), SURROUNDINGS)))
    assert list(made) == [
        "format", "environment", "seconds", "columns", "targets", "failures", "problems", "works",
    ]  # fmt: skip
    assert list(made["environment"]) == [
        "ranks", "host", "system", "cpu", "mpi", "versions", "start_method", "load", "date",
    ]  # fmt: skip
    assert made["format"] == 1
    assert [one["name"] for one in made["works"]] == [str(one) for one in works(4)]
    for one in made["works"]:
        assert list(one) == [
            "name", "family", "title", "unit", "kind", "ranks", "processes", "curve", "results", "ratios", "targets",
        ]  # fmt: skip
        for result in one["results"].values():
            keys = {"median", "quartiles", "least", "most", "samples", "count"}
            assert result.keys() == {"status"} | (keys if result["status"] == "measured" else {"reason"})


def test_the_record_says_what_was_reached_and_what_was_not_measured():
    targets = (Target(1 / 2, STDLIB), Target(1e-6), Target(2.0, BARE))
    one = row(work(targets=targets), mpi4py=Cell("failed", "it broke"), loky=measured(1e-6))
    made = records.record(report(one, problems=("odd",)), SURROUNDINGS)
    assert made["targets"] == {"all": 3, "reached": 1, "missed": 1}
    assert made["failures"] == [{"work": "pipes/tuple", "column": BARE, "reason": "it broke"}]
    assert made["problems"] == ["odd"]
    (only,) = made["works"]
    assert only["ratios"] == {STDLIB: 0.25, BARE: None, "best peer": {"name": "loky", "ratio": 2.0}}
    assert [target["reached"] for target in only["targets"]] == [True, False, None]
    assert only["targets"][0] == {
        "text": "≤ 1/2 multiprocessing", "against": STDLIB, "most": 0.5, "value": 0.25, "reached": True,
    }  # fmt: skip


# --- the page -----------------------------------------------------------------------------------------------------


def test_the_page_is_well_formed_and_stands_alone(page):
    parser = tags(page)
    assert parser.open == []
    names = {tag for tag, _ in parser.found}
    assert not names & {"script", "iframe", "object", "img", "form", "base"}
    for _, attributes in parser.found:
        assert not any(name.startswith("on") for name in attributes)
        assert attributes.get("href", "#").startswith(("#", "data:"))
        assert "src" not in attributes
    assert "default-src 'none'" in page
    assert not re.search(r"url\(|@import", page)


def test_the_page_escapes_what_it_did_not_write(page):
    assert HOSTILE not in page
    assert "&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;" in page
    assert "\x1b" not in page and "␛[31m" in page
    assert "<b>SIGSEGV" not in page


def test_titles_and_reasons_are_escaped_in_pictures_as_well():
    one = row(work(title=HOSTILE, unit="<i>"), mpi4py=Cell("none", '"><img src=x>'))
    made = html.page(report(one), SURROUNDINGS)
    assert {"script", "img", "i"} & {tag for tag, _ in tags(made).found} == {"i"}  # the colour in the legend
    assert made.count("<i ") == made.count('<i class="swatch')


def test_the_page_says_all_targets_and_failures(page):
    text = "".join(tags(page).text)
    assert f"of {len(whole().judged)} targets reached" in text
    assert "3 not measured as asked for" in text
    for title in FAMILIES.values():
        assert title in text


def test_every_picture_is_an_image_with_a_name(page):
    svgs = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert svgs
    for svg in svgs:
        element = ElementTree.fromstring(svg)
        assert element.get("aria-hidden") == "true" or (
            element.get("role") == "img" and element.get("aria-label")
        )


def test_a_page_of_nothing_measured_has_no_picture_and_no_error():
    one = row(ours=Cell("failed", "no"), multiprocessing=Cell("failed", "no"))
    assert "<svg" not in html.page(report(one), SURROUNDINGS)
    assert "<svg" not in html.page(report(), SURROUNDINGS)


# --- pictures -----------------------------------------------------------------------------------------------------


def test_families_have_their_pictures():
    titles = {family: [picture.title for picture in pictures(whole(), family)] for family in FAMILIES}
    assert all(names[0] == "How many times as long mpiprocessing needs" for names in titles.values())
    assert [len(names) for names in titles.values()] == [5, 1, 2, 1, 1, 1, 1, 1, 4]


def rectangles(svg):
    found = ElementTree.fromstring(svg).iter("rect")
    return [(one.get("class"), float(one.get("x")), float(one.get("width"))) for one in found]


def test_bars_go_left_where_less_is_needed_and_right_where_more_is():
    two = Group("a", (Bar(1, 0.1, "0.1", None, ""), Bar(3, 10.0, "10", None, "")))
    (_, left, width), (kind, right, other) = rectangles(bars([two, Group("nothing", ())], "title"))
    assert kind == "column-3"
    assert left + width == pytest.approx(right, abs=0.2)
    assert width == pytest.approx(other, abs=0.2)


def test_targets_are_marked_where_they_are():
    group = Group("a", (Bar(1, 0.1, "0.1", 0.5, "told"), Bar(3, 3.0, "3", 2.0, "")))
    svg = bars([group], "title")
    assert "0.1 ✓" in svg and "3 ✗" in svg
    assert svg.count('class="target') == 2


def test_curves_rise_to_the_top_right():
    line = Curve(2, (Point(1, 1e-6, 1e-6, 1e-6, "low"), Point(10, 1e-3, 9e-4, 2e-3, "high")))
    svg = curves([line, Curve(3, ())], [(1, "1"), (10, "10")], [(1e-3, "ms"), (1e-6, "µs")], "title")
    (path,) = [one.get("d") for one in ElementTree.fromstring(svg).iter("path") if one.get("class") == "line"]
    (x1, y1), (x2, y2) = (map(float, place.split()) for place in path.removeprefix("M").split("L"))
    assert x1 < x2 and y1 > y2
    assert ">1 µs<" in svg and ">10 ms<" in svg


# --- a document, the terminal -------------------------------------------------------------------------------------


def test_the_tables_for_a_document_are_tables():
    made = markdown.tables(whole(), SURROUNDINGS)
    blocks = [block.splitlines() for block in made.split("\n\n") if block.startswith("| ")]
    assert len(blocks) == len(FAMILIES)
    for lines in blocks:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1
    assert sum(len(lines) - 2 for lines in blocks) == len(works(4))
    assert "<script" not in made and "&lt;script>" in made and "\\`x\\`" in made
    assert "node-1" not in made


def test_tables_go_where_a_document_wants_them():
    begin, end = (
        "<!-- begin: figures of MPICH (written by bench --markdown) -->\n",
        "<!-- end: figures of MPICH -->",
    )
    document = f"before\n{begin}old\n{end}\nafter\n"
    assert markdown.placed(document, "new \\1\n", SURROUNDINGS) == f"before\n{begin}new \\1\n{end}\nafter\n"
    assert markdown.placed("", "new\n", SURROUNDINGS) == "new\n"
    with pytest.raises(markdown.NoPlaceError, match="figures of MPICH"):
        markdown.placed(document.replace("MPICH", "Open MPI"), "new\n", SURROUNDINGS)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("mpi", ["MPICH 5.0.2", "Open MPI 5.0.11"])
def test_the_pages_have_a_place_for_each_mpi(language, mpi):
    page = (Path(__file__).parents[2] / "docs" / language / "benchmark.md").read_text(encoding="utf-8")
    there = replace(SURROUNDINGS, environment=replace(SURROUNDINGS.environment, mpi=mpi))
    assert markdown.placed(page, "what was measured\n", there).count("what was measured\n") == 1


def test_the_pages_name_all_keys_of_the_record_and_all_families():
    made = records.record(whole(), SURROUNDINGS)
    (first, *_) = made["works"]
    measured_keys = next(one for one in first["results"].values() if one["status"] == "measured")
    for language in ("en", "zh"):
        page = (Path(__file__).parents[2] / "docs" / language / "benchmark.md").read_text(encoding="utf-8")
        for key in (*made, *made["environment"], *first, *measured_keys, *FAMILIES):
            assert f"`{key}`" in page, key


@pytest.mark.parametrize("width", [80, 200])
def test_the_terminal_shows_names_figures_ratios_and_reasons(width):
    console = console_for(width=width)
    console.file = io.StringIO()
    tables.show(console, whole(), SURROUNDINGS)
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= width
    for title in FAMILIES.values():
        assert title in text
    said = " ".join(text.split())
    assert f"of {len(whole().judged)} targets reached" in said
    assert "\x1b[31m" not in text
    assert "loky is not installed" in said
    if width == 80:
        assert "map, tasks" in said and "✓ ≤" in said and "✗ ≤" in said


def test_works_are_listed_with_their_targets():
    console = console_for(width=120)
    console.file = io.StringIO()
    tables.show_works(console, works(4))
    text = console.file.getvalue()
    assert all(str(one) in text for one in works(4))
    assert "≤ 1/25 MPIPoolExecutor" in text
    assert OURS not in text
