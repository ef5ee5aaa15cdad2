"""The page: what is on it, that its figures are those of the records, and that nothing a program says gets out."""

from __future__ import annotations

import base64
import itertools
import re
import xml.etree.ElementTree as ET
import zlib
from html.parser import HTMLParser

from mpi_examples.catalogue import find
from mpiprocessing.compare import catalogue, html, records
from mpiprocessing.compare.figures import Figures, Traffic
from mpiprocessing.compare.verdict import judge
from tests.compare.runs import run, subject
from tests.compare.timelines import crowd
from tests.compare.verdicts import ENVIRONMENT, all_kinds, of_pattern

VOID = {"meta", "link", "input", "br", "path", "rect", "circle"}


class Page(HTMLParser):
    """A page as a list of elements (name, attributes) and of texts, each with the names of what it stands in."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        while tag in self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        self.texts.append((tuple(self.open), data))

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data!r}")

    @property
    def text(self):
        return "".join(data for inside, data in self.texts if not {"script", "style"} & set(inside))

    def all(self, tag, **attributes):
        return [have for name, have in self.elements if name == tag and attributes.items() <= have.items()]


def page(*verdicts):
    return html.page(verdicts, ENVIRONMENT)


def test_every_pattern_is_in_the_list_and_has_a_section():
    shown = Page(page(*all_kinds()))
    links = [link["href"] for link in shown.all("a") if link["href"].startswith("#pattern-")]
    sections = [section["id"] for section in shown.all("section", **{"class": "pattern"})]
    assert links == [f"#{name}" for name in sections]
    assert len(links) == len(all_kinds())
    assert "2 of 6 patterns: all columns agree" in shown.text
    assert find("queue").question in shown.text


def test_a_single_one_is_not_counted():
    assert re.search(r'class="mark good">all columns agree<', page(of_pattern()))
    assert re.search(r'class="mark bad">failed<', page(of_pattern(status=3)))


def test_all_that_is_known_of_the_place_is_there():
    text = Page(page(of_pattern())).text
    for part in ("MPICH 4.3", "Linux x86_64, 2 cores", "3.11", "4.1", "2026-01-02 03:04", "4 ranks"):
        assert part in text


def test_the_figures_are_those_of_the_records():
    figures = Figures(4, {"QueuePut": Traffic(1234, 987_654), "bcast": Traffic(3, 54)}, 0.125)
    verdicts = [of_pattern(figures=figures, seconds=1.5), of_pattern("spawn")]
    shown = [float(data["value"]) for data in Page(page(*verdicts)).all("data")]
    wanted = []
    for verdict in verdicts:
        entries = records.records([verdict])
        for record in entries:
            names = ("startup_seconds", "work_seconds", "messages", "bytes")
            wanted += [record[name] for name in names if record[name] is not None]
        for record in entries:
            kinds = (record["kinds"] or {}).items()
            for _, kind in sorted(kinds, key=lambda item: (-item[1]["messages"], item[0])):
                wanted += [kind["messages"], kind["bytes"]]
    assert shown == wanted
    assert {1234.0, 987_654.0, 1.5} <= {*shown, 1.5}


def test_the_sources_are_there_line_by_line():
    pattern = find("queue")
    text = page(of_pattern())
    for file, source in (
        ("with_multiprocessing.py", pattern.multiprocessing_source),
        ("with_mpi4py.py", pattern.mpi4py_source),
    ):
        part = re.search(
            rf'<pre class="program" data-file="{file}"><code>(.*?)</code></pre>', text, re.DOTALL
        )
        lines = re.findall(r'<span class="l(| other)">(.*?)</span>', part[1])
        assert [Page(line).text for _, line in lines] == source.splitlines()
    rows = [
        len(re.findall('class="l', part))
        for part in re.findall(r'<pre class="program".*?</pre>', text, re.DOTALL)
    ]
    assert rows[0] == rows[1]


def test_output_that_is_the_same_everywhere_is_shown_once():
    text = Page(page(of_pattern())).text
    assert text.count("output of multiprocessing, mpiprocessing, mpi4py") == 1
    assert text.count(find("queue").expected.splitlines()[0]) == 1


def test_what_went_wrong_is_shown():
    text = Page(page(*all_kinds())).text
    for part in (
        "mpi4py prints something else",
        "--- expected.txt",
        "mpiprocessing ended with status 3: its stderr",
        "mpi4py was ended at the time limit, after 60 s: its stderr",
        "frame 0\n",
        "Not run: it needs at least 8 ranks: -n 8",
        "stderr of mpiprocessing",
        "a warning",
    ):
        assert part in text


def test_a_program_says_what_it_likes_and_it_is_text():
    shown = Page(page(*all_kinds()))
    assert len(shown.all("script")) == 1
    assert "<script>alert(1)</script>" in shown.text
    assert "<b>other</b>" in shown.text
    assert not any(name.startswith("on") for _, attributes in shown.elements for name in attributes)
    raw = page(*all_kinds())
    assert "␛[2J" in raw
    assert not set(raw) & {chr(code) for code in range(32) if chr(code) != "\n"}
    assert "\u202e" not in raw
    raw.encode("utf-8")


def test_a_program_of_the_user_shows_its_source(tmp_path):
    path = tmp_path / "prog<i>.py"
    path.write_text("# </pre><script>alert(2)</script>\nprint('x')\x1b\n", encoding="utf-8")
    verdict = judge(
        catalogue.of_program(str(path), (), 2), [run("multiprocessing", "x\n"), run("mpiprocessing", "x\n")]
    )
    shown = Page(page(verdict))
    assert len(shown.all("script")) == 1
    assert [pre["data-file"] for pre in shown.all("pre", **{"class": "program"})] == ["prog<i>.py"]
    assert "# </pre><script>alert(2)</script>" in shown.text
    path.unlink()
    assert "prog" in Page(page(verdict)).text  # a program that is gone is a page without its source


def test_a_program_that_is_no_python_is_shown_as_it_is(tmp_path):
    path = tmp_path / "odd.py"
    path.write_bytes(b"def (\xff:\n\t'''\n\n")
    assert (
        "def ("
        in Page(page(judge(catalogue.of_program(str(path), (), 2), [run("multiprocessing", "")]))).text
    )


def test_ids_are_there_once_and_all_that_is_referred_to_is_there():
    text = page(*all_kinds())
    ids = [attributes["id"] for _, attributes in Page(text).elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    referred = set(re.findall(r"url\(#(.*?)\)", text))
    referred |= {value[1:] for value in re.findall(r'href="(#.*?)"', text)}
    referred |= set(re.findall(r'aria-labelledby="(.*?)"', text))
    assert referred <= set(ids)


def test_nothing_is_loaded_from_anywhere():
    text = page(*all_kinds())
    shown = Page(text)
    policy = shown.all("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"]
    assert policy.startswith("default-src 'none'")
    assert not any(
        {"src", "srcset", "action", "data"} & attributes.keys() for _, attributes in shown.elements
    )
    assert all(link["href"].startswith(("#", "data:")) for _, link in shown.elements if "href" in link)
    assert not re.search(r"@import|url\((?!#)", text)


def test_headings_go_down_by_one_and_everything_has_a_place():
    shown = Page(page(*all_kinds()))
    levels = [int(tag[1]) for tag, _ in shown.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert [len(shown.all(tag)) for tag in ("main", "nav", "footer")] == [1, 1, 1]
    assert shown.all("html", lang="en")


def test_the_same_verdicts_make_the_same_page():
    assert page(*all_kinds()) == page(*all_kinds())


def test_without_a_trace_there_are_no_pictures():
    text = page(judge(subject(), [run("mpiprocessing", "a\n")]))
    assert "What happened" not in text
    assert 'class="trace"' not in text
    assert "was recorded too" not in text
    assert "was recorded too" in page(of_pattern())


def test_long_output_is_cut_and_says_so():
    many = "".join(f"item {number}\n" for number in range(500))
    text = Page(
        page(judge(subject(), [run("mpiprocessing", many), run("mpi4py", "x" * 5000, stderr=many)]))
    ).text
    assert "item 399\n" in text
    assert "... 100 more lines" in text
    assert "... 100 lines before\nitem 100\n" in text
    assert "... 3000 more characters" in text


def test_a_long_page_has_the_first_pictures_as_they_are_and_packs_the_others():
    runs = [run("mpiprocessing", "a\n", timeline=crowd(4, 10)), run("mpi4py", "a\n", timeline=crowd(4, 5))]
    short, long = (page(*(judge(subject(name=f"name {n}"), runs) for n in range(count))) for count in (1, 43))
    assert "data-packed=" not in short
    assert len(re.findall('role="group" aria-label="Space-time', short)) == 2 * 4
    packed = re.findall(r'data-packed="(.*?)"', long)
    assert len(packed) == 43 * 2 * 3
    assert len(long) < 5_000_000
    first = ET.fromstring(zlib.decompress(base64.b64decode(packed[0])))
    assert first.get("aria-label").startswith("Space-time diagram of calls of the program, by the clock")
