"""The space-time diagram: what is in it, where it stands, and that nothing a program says gets out of it."""

from __future__ import annotations

import itertools
import re
import string
import xml.etree.ElementTree as ET
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpiprocessing.compare import diagram
from mpiprocessing.compare.layout import View, arrange
from mpiprocessing.compare.timeline import Arrow, Lane, Moment, Row, Span, Timeline
from mpiprocessing.compare.visible import visible
from tests.compare.timelines import HOSTILE, Told, crowd, exchange, hostile

SVG = "{http://www.w3.org/2000/svg}"
VIEWS, LANES = get_args(View), get_args(Lane)
ALL = list(itertools.product(VIEWS, LANES))


def titles(text, kind=None):
    """The full texts of all events, or of those in a group of a class, in the order of the file."""
    groups = [
        group
        for group in ET.fromstring(text).iter(f"{SVG}g")
        if kind in (None, *group.get("class", "").split())
    ]
    events = [group for parent in groups for group in parent if group.get("class") == "event"]
    return [event.find(f"{SVG}title").text for event in events]


def test_an_exchange_has_exactly_its_messages():
    shown = [title.splitlines()[:2] for title in titles(diagram.svg(exchange()), "messages")]
    assert shown == [
        ["send: message, 100 bytes", "rank 0 to rank 1"],
        ["answer: message, 100 bytes", "rank 1 to rank 0"],
    ]


def test_the_lane_of_mpi_shows_what_the_program_does_not_see():
    shown = titles(diagram.svg(exchange(), lane="mpi"), "messages")
    assert [title.splitlines()[0] for title in shown][-1] == "Frame: message, 1 byte"
    assert len(shown) == 3


def test_the_full_text_of_a_bar_says_where_and_when():
    [text] = [title for title in titles(diagram.svg(exchange())) if title.startswith("send: communicating")]
    assert text.splitlines() == [
        "send: communicating",
        "rank 0",
        "steps 1-2, at 2.000 ms, for 400 µs",
        "line: program.py:12",
    ]


@pytest.mark.parametrize(("view", "lane"), ALL)
@pytest.mark.parametrize(
    "timeline", [exchange(), crowd(4, 5), hostile()], ids=["exchange", "crowd", "hostile"]
)
def test_every_event_of_a_lane_is_there_once(timeline, view, lane):
    text = diagram.svg(timeline, view=view, lane=lane)
    messages = [arrow for arrow in timeline.arrows if arrow.lane == lane]
    calls = [span for span in timeline.spans if span.lane == lane and span.state != "computing"]
    assert len(titles(text, "messages")) == len(messages)
    assert len(titles(text)) - len(titles(text, "computing")) == len(messages) + len(calls)
    assert all(titles(text))


def test_computing_is_the_ground_of_both_lanes():
    told = Told(2)
    told.compute(0, "main")
    told.message(0, 1)  # a call of the program in which MPI does not wait
    told.compute(0, "main")
    told.message(1, 0, lane="mpi")  # now it waits
    told.compute(0, "main")
    text = {lane: titles(diagram.svg(told.done(), lane=lane), "computing") for lane in LANES}
    assert [title.splitlines()[2].split(",")[0] for title in text["program"]] == [
        "steps 0-1",
        "steps 2-3",
        "steps 5-6",
    ]
    assert [title.splitlines()[2].split(",")[0] for title in text["mpi"]] == ["steps 0-3", "steps 5-6"]
    assert text["mpi"][0].endswith("with: calls that do not wait")


@pytest.mark.parametrize(("view", "lane"), ALL)
def test_arrows_go_forward_from_the_line_of_the_sender_to_that_of_the_receiver(view, lane):
    picture = arrange(crowd(), view, lane)
    bands = {band.row.rank: band for band in picture.bands}
    for line in picture.lines:
        assert line.x2 >= line.x1
        assert view == "wall" or line.x2 > line.x1
        assert line.y1 in (bands[line.arrow.source].top, bands[line.arrow.source].bottom)
        assert line.y2 in (bands[line.arrow.dest].top, bands[line.arrow.dest].bottom)


def test_by_clocks_that_differ_an_arrow_stands_upright_and_says_so():
    arrow = Arrow("program", "send", 0, 1, Moment(0.5, 1), Moment(0.2, 2), 8)
    timeline = Timeline((Row(0, "rank 0"), Row(1, "rank 1")), (), (arrow,), 1.0, 2)
    [line] = arrange(timeline, "wall", "program").lines
    assert line.x1 == line.x2
    [text] = titles(diagram.svg(timeline, view="wall"))
    assert "earlier, by the clocks of two hosts that differ by 300.0 ms or more" in text


def test_a_lost_message_is_dashed_and_says_so():
    told = Told(2)
    told.lost(0, 1)
    text = diagram.svg(told.done())
    assert "never received" in titles(text, "lost")[0]


@pytest.mark.parametrize(("view", "lane"), ALL)
@pytest.mark.parametrize("timeline", [crowd(4, 12), crowd(16, 20)], ids=["4 ranks", "16 ranks"])
def test_no_text_stands_on_another(timeline, view, lane):
    picture = arrange(timeline, view, lane)
    labels = [bar.label for bar in picture.bars] + [line.label for line in picture.lines]
    labels += [label for band in picture.bands for label in (*band.names, *band.again)]
    labels = sorted((label for label in labels if label), key=lambda label: label.x)
    assert len(labels) > 20
    for number, label in enumerate(labels):
        assert label.right <= picture.width
        for other in labels[number + 1 :]:
            if other.x >= label.right:
                break
            assert abs(other.y - label.y) >= 11, (label, other)


@pytest.mark.parametrize("view", VIEWS)
def test_bars_of_a_rank_do_not_cover_each_other(view):
    told = Told(2)
    for _ in range(4):
        told.compute(0, "main")
        told.message(0, 1)
    outer = Span(1, "program", "blocked", "Pool.map", Moment(0.0, 0), told.now(1))
    timeline = told.done()
    timeline = Timeline(
        timeline.rows, (*timeline.spans, outer), timeline.arrows, timeline.seconds, timeline.steps
    )
    bars = [bar for bar in arrange(timeline, view, "program").bars if bar.span.state != "computing"]
    for one, other in itertools.combinations(bars, 2):
        apart = one.x + one.width <= other.x + 0.01 or other.x + other.width <= one.x + 0.01
        assert apart or one.y != other.y


def test_ranks_that_do_nothing_take_little_room():
    told = Told(16)
    told.message(0, 1)
    idle = arrange(told.done(), "logical", "program")
    assert idle.height < arrange(crowd(16, 1), "logical", "program").height / 1.5
    tops = [band.top for band in idle.bands]
    assert min(below - above for above, below in itertools.pairwise(tops)) >= 18  # names still stand apart
    assert not any(band.again for band in idle.bands[2:])


def test_the_width_grows_with_the_events():
    widths = [arrange(crowd(4, rounds), "logical", "program").width for rounds in (3, 30, 120)]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


@pytest.mark.parametrize(("view", "lane"), ALL)
def test_names_of_a_program_are_text_and_nothing_else(view, lane):
    root = ET.fromstring(diagram.svg(hostile(), view=view, lane=lane))
    known = ("circle", "defs", "g", "marker", "path", "pattern", "rect", "style", "svg", "text", "title")
    assert {element.tag for element in root.iter()} <= {SVG + name for name in known}
    assert not any(name.startswith("on") for element in root.iter() for name in element.attrib)
    assert "<script>alert(1)</script>" in "".join(root.itertext())
    assert "␛[2J" in "".join(root.itertext())


@given(st.text(), st.text(), st.text())
def test_any_text_makes_well_formed_xml(name, value, host):
    begin, end = Moment(0.0, 0), Moment(1.0, 3)
    span = Span(0, "program", "blocked", name, begin, end, ((value, name),), host)
    arrow = Arrow("program", name, 0, 1, begin, end, 3, ((name, value),))
    timeline = Timeline((Row(0, name, host), Row(1, value)), (span,), (arrow,), 1.0, 3)
    assert visible(name) in titles(diagram.svg(timeline))[0].replace("\r", "")


def test_the_same_timeline_makes_the_same_text():
    for view, lane in ALL:
        assert diagram.svg(crowd(5, 3), view=view, lane=lane) == diagram.svg(
            crowd(5, 3), view=view, lane=lane
        )
    assert diagram.svg(Timeline.from_json(exchange().to_json())) == diagram.svg(exchange())


def test_two_on_a_page_share_no_id():
    ids = [
        set(re.findall(r'\bid="(.*?)"', diagram.svg(exchange(), prefix=prefix))) for prefix in ("a", "b-2")
    ]
    assert ids[0] and not ids[0] & ids[1]
    assert not re.search(r"href|src=|url\((?!#)|@import", diagram.svg(exchange()))


@pytest.mark.parametrize("prefix", ["", "1a", 'x"', "a b", "<"])
def test_a_prefix_that_cannot_begin_an_id_is_refused(prefix):
    with pytest.raises(ValueError, match="cannot begin an id"):
        diagram.svg(exchange(), prefix=prefix)


def test_an_unknown_view_or_lane_is_refused():
    with pytest.raises(ValueError, match="no view: logical, wall"):
        diagram.svg(exchange(), view="spiral")
    with pytest.raises(ValueError, match="no lane: program, mpi"):
        diagram.svg(exchange(), lane="fast")


def test_the_style_can_be_left_to_the_page():
    assert "<style>" in diagram.svg(exchange())
    assert "<style>" not in diagram.svg(exchange(), plain=True)
    assert "/*" not in diagram.STYLE
    assert not set("<&") & set(diagram.STYLE)  # inside of HTML it is read as XML is


@pytest.mark.parametrize("timeline", [Told(0).done(), Told(4).done()], ids=["no ranks", "nothing happened"])
def test_an_empty_timeline_is_an_empty_picture(timeline):
    for view, lane in ALL:
        assert titles(diagram.svg(timeline, view=view, lane=lane)) == []


def test_what_has_no_look_is_made_visible():
    assert visible("a\tb\r\nc") == "a\tb\nc"
    assert visible("\x00\x1b\x7f\x9b\u202e\ud800") == "␀␛␡���"
    assert visible(string.printable.replace("\r", "").replace("\x0b", "").replace("\x0c", "")).isascii()
    assert visible(HOSTILE).startswith("<script>")  # not its business: whoever writes markup escapes
