"""Programs may print, and call themselves, anything: no page gets an element or an attribute of it, no terminal a command.

The referee is a page of harmless texts: with hostile ones in the same places it must have the same elements with the same
attributes, and as many of each.
"""

from __future__ import annotations

import io
import json
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mpiprocessing.bench import html as bench_html
from mpiprocessing.bench import tables as bench_tables
from mpiprocessing.bench.runner import Cell
from mpiprocessing.compare import chrome, html, report
from mpiprocessing.compare.environment import Environment
from mpiprocessing.compare.figures import Figures, Traffic
from mpiprocessing.compare.merging import merge
from mpiprocessing.compare.recordings import read
from mpiprocessing.compare.terminal import console_for
from mpiprocessing.compare.verdict import Verdict, judge
from tests.bench import runs as bench_runs
from tests.compare.recorded import back, call, received, recording, sent
from tests.compare.runs import run, subject

HOSTILE = (
    "<script>alert(1)</script>", "</script><script>alert(1)</script>", "</title></style></svg><img src=x onerror=alert(1)>",
    "\" onload=\"alert(1)", "' onclick='alert(1)", "x\"><iframe src=//evil>", "<!--", "-->", "]]>", "<![CDATA[",
    "&lt;b&gt;", "&#60;b>",
    "{{ 7 * 7 }}", "{% include '/etc/passwd' %}", "${x}", "javascript:alert(1)", "\x1b[2J\x1b]0;title\x07", "\x1b]8;;http://evil\x1b\\x",
    "\x9b31m", "\x00", "\x08" * 9, "\x7f", "\u202e\u2066abc", "\ud800", "\udfff\ud800", "\ufffe", "\u2028",
    "[red]x[/red]", "[link=x]",
    "𝄞" * 40, "a" * 5000, "\r", "`id`", "$(id)", "<a href=x", "<", ">", "&", "\"", "'", "=", "/", "url(#x)",
    "<x:y z>", "<?php ?>",
)  # fmt: skip
hostile = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(exclude_categories=()), min_size=1, max_size=30),
    st.lists(st.sampled_from(HOSTILE), min_size=2, max_size=4).map("".join),
)

Texts = Callable[[], str]


class Skeleton(HTMLParser):
    """The elements of a page with the names of their attributes, and the values of those that could do something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Any] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), names
        acting = {
            "href",
            "src",
            "style",
            "id",
            "class",
            "name",
            "type",
            "http-equiv",
            "content",
            "data-packed",
        }
        self.found.append((tag, names, [(name, value) for name, value in attrs if name in acting]))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")

    def handle_decl(self, decl: str) -> None:
        assert decl == "doctype html", decl

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data!r}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data!r}")


def one_line(text: str) -> str:
    """The same on one line that is there: how many lines there are decides what a page is made of."""
    return "x" + " ".join(text.split()).replace("/", "|") + "x"


def recordings(text: Texts) -> list[dict[str, Any]]:
    """Two ranks that name everything as they like."""
    return [
        recording(
            0,
            ("began", 0.0, one_line(text())),
            call(1.0, one_line(text()), one_line(text()), one_line(text())),
            sent(1.1, 1, kind=one_line(text())),
            back(1.2),
            ("blocked", 2.0, one_line(text())),
            ("woken", 3.0),
            ("ended", 4.0),
            host=one_line(text()),
        ),
        recording(
            1,
            ("began", 0.0, one_line(text())),
            call(1.0, "get"),
            received(2.0, 0),
            back(2.5, True),
            ("ended", 4.0),
        ),
    ]


def verdicts(text: Texts) -> list[Verdict]:
    """What agrees, what differs and what fails, all by names of the program's choice."""
    figures = Figures(2, {one_line(text()): Traffic(1, 2)}, 0.5, frozenset([one_line(text())]))
    timeline = merge(recordings(text))
    line, other = one_line(text()), one_line(text())
    described = subject(name=one_line(text()))
    return [
        judge(
            described,
            [
                run("multiprocessing", f"{line}\n", stderr=one_line(text())),
                run("mpiprocessing", f"{line}\n", figures=figures, timeline=timeline, stderr="x"),
            ],
        ),
        judge(
            described,
            [run("mpiprocessing", "y" + other, status=1, stderr=one_line(text()), timeline=timeline)],
        ),
        judge(replace(described, refusal=one_line(text()), columns=()), []),
    ]


def environment(text: Texts) -> Environment:
    return Environment(
        2, *(one_line(text()) for _ in range(3)), ((one_line(text()), one_line(text())),), one_line(text())
    )


def bench(text: Texts) -> Any:
    failed = bench_runs.row(ours=Cell("failed", one_line(text())))
    return bench_runs.report(bench_runs.row(), failed, problems=(one_line(text()),))


def harmless() -> str:
    return "word"


def supply(data: st.DataObject) -> Texts:
    return lambda: data.draw(hostile)


few = settings(max_examples=12, deadline=None, phases=(Phase.explicit, Phase.generate))


def pages(text: Texts) -> list[str]:
    where = environment(text)
    surroundings = replace(bench_runs.SURROUNDINGS, environment=where, cpu=one_line(text()))
    return [html.page(verdicts(text), where), bench_html.page(bench(text), surroundings)]


WANTED = pages(harmless)
LABEL = re.compile(r"'/text'|\('text', ")


@few
@given(data=st.data())
def test_pages_are_made_of_the_same_elements_whatever_programs_say(data: st.DataObject) -> None:
    for wanted, page in zip(WANTED, pages(supply(data)), strict=True):
        page.encode("utf-8")
        assert not set(page) & {chr(code) for code in (*range(9), *range(11, 32), 127, *range(128, 160))}
        expected, found = (Counter(map(repr, Skeleton(one).found)) for one in (wanted, page))
        for element in expected | found:
            # The name of a bar stands on it if it is short enough: so of this there may be more or less, and of nothing else.
            assert expected[element] == found[element] or (LABEL.match(element) and expected[element]), (
                element
            )


def terminal(text: Texts) -> str:
    console = console_for(width=100)
    console.file = io.StringIO()
    told = verdicts(text)
    report.show_catalogue(console, told, str(environment(text)))
    report.show_one(console, told[0], one_line(text()))
    surroundings = replace(bench_runs.SURROUNDINGS, cpu=one_line(text()), environment=environment(text))
    bench_tables.show(console, bench(text), surroundings)
    shown: str = console.file.getvalue()
    return shown


@few
@given(data=st.data())
def test_no_terminal_obeys_a_program(data: st.DataObject) -> None:
    shown = terminal(supply(data))
    assert not set(shown) & {
        chr(code) for code in (*range(10), *range(11, 32), 127, *range(128, 160), 0x202E, 0x2066)
    }
    shown.encode("utf-8")


def test_a_line_of_a_megabyte_makes_no_long_page() -> None:
    long = "<b>" * 350_000
    runs = [run("mpiprocessing", long, stderr=long, timeline=merge(recordings(lambda: long)))]
    page = html.page([judge(subject(), runs)], environment(harmless))
    assert len(page) < 1_000_000
    assert "<b><b>" not in page


@few
@given(data=st.data())
def test_a_trace_is_json_whatever_programs_say(data: st.DataObject) -> None:
    timeline = merge(recordings(supply(data)))
    assert timeline is not None
    file = io.StringIO()
    chrome.write({data.draw(hostile): timeline}, file)
    assert json.loads(file.getvalue().encode("utf-8"))


# ---- files that a run leaves are data, whatever they hold -------------------------------------------------------------


def strange(r: random.Random, value: Any) -> Any:
    """The same with something else in one place."""
    junk = r.choice(
        (None, "x", -1, 10**400, 1e400, [], {}, [[]], True, "\ud800", {"a": []}, "add", "close", "Reader__x")
    )
    if isinstance(value, dict) and value and r.random() < 0.9:
        key = r.choice(sorted(value))
        return (
            value | {key: strange(r, value[key])}
            if r.random() < 0.9
            else {k: v for k, v in value.items() if k != key}
        )
    if isinstance(value, list | tuple) and value and r.random() < 0.9:
        at = r.randrange(len(value))
        return [*value[:at], *([strange(r, value[at])] if r.random() < 0.9 else []), *value[at + 1 :]]
    return junk


def test_recordings_that_are_none_are_no_timeline(tmp_path: Path) -> None:
    r, path = random.Random(1), tmp_path / "recordings.json"
    whole = recordings(harmless)
    for _ in range(600):
        path.write_text(json.dumps(strange(r, whole)), encoding="utf-8")
        timeline = read(path)
        if timeline is not None:
            file = io.StringIO()
            chrome.write({"": timeline}, file)


@pytest.mark.parametrize(
    "data", [b"", b"[", b"\xff\xfe", b"5", b"null", b"[" * 100_000, b"\x80\x05N.", b"[1]", b'[{"rank": 0}]']
)
def test_a_file_of_anything_is_no_timeline_and_no_figures(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    assert read(path) is None
    assert Figures.read(path) is None


def test_figures_that_are_none(tmp_path: Path) -> None:
    r, path = random.Random(2), tmp_path / "figures.json"
    whole = Figures(2, {"send": Traffic(1, 2)}, 0.5).to_json()
    for _ in range(400):
        path.write_text(json.dumps(strange(r, strange(r, whole))), encoding="utf-8")
        found = Figures.read(path)
        assert found is None or isinstance(found.traffic.messages, int)
