"""The Chrome trace of a timeline: JSON of the right shape, flows that pair up, spans that a viewer can nest."""

from __future__ import annotations

import io
import json
from collections import Counter, defaultdict

import pytest

from mpiprocessing.compare import chrome
from mpiprocessing.compare.merging import merge
from tests.compare.recorded import back, call, received, recording, sent


@pytest.fixture(scope="module")
def timeline():
    return merge(
        [
            recording(0, ("began", 0.0, "Main"), call(1.0, "send"), sent(1.0, 1), back(1.5), sent(1.6, 1)),
            recording(
                1, ("began", 0.0, "P"), call(0.5, "recv"), received(2.0, 0), back(2.0, True), ("ended", 3.0)
            ),
        ]
    )


def written(timelines):
    file = io.StringIO()
    chrome.write(timelines, file)
    return json.loads(file.getvalue())["traceEvents"]


def test_flows_pair_up_and_begin_and_end_in_an_event(timeline):
    check_flows(written({"": timeline}))


def check_flows(events):
    """Every flow has one beginning and one end, each in a complete event of its thread."""
    flows = defaultdict(list)
    slices = defaultdict(list)
    for event in events:
        assert {"ph", "name", "pid", "tid"} <= event.keys()
        if event["ph"] in "sf":
            flows[event["id"]].append(event)
        elif event["ph"] == "X":
            assert event["dur"] >= 0
            slices[event["pid"], event["tid"]].append((event["ts"], event["ts"] + event["dur"]))
        else:
            assert event["ph"] == "M"
    for both in flows.values():
        assert [event["ph"] for event in both] == ["s", "f"]
        assert both[0]["name"] == both[1]["name"]
        for event in both:
            inside = slices[event["pid"], event["tid"]]
            assert any(begin <= event["ts"] <= end for begin, end in inside)
    return len(flows)


def test_a_message_that_never_came_has_no_flow(timeline):
    events = written({"": timeline})
    assert Counter(event["ph"] for event in events)["s"] == 1
    [lost] = [event for event in events if event.get("args", {}).get("received") == "never"]
    assert lost["name"] == "send to 1"


def test_ranks_are_processes_and_lanes_are_threads(timeline):
    events = written({"": timeline})
    named = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    assert sorted(named.values()) == ["mpi", "mpi", "program", "program"]
    names = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
    assert names == {0: "rank 0: Main on here", 1: "rank 1: P on here"}
    [recv] = [e for e in events if e["name"] == "recv"]
    assert (recv["pid"], recv["ts"], recv["dur"]) == (1, 0.5e6, 1.5e6)
    assert recv["args"]["where"] == "prog.py:1"
    assert recv["args"]["state"] == "blocked"


def test_several_timelines_share_a_file(timeline):
    events = written({"queue, mpiprocessing": timeline, "queue, mpi4py": timeline})
    names = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
    assert len(names) == 4
    assert names[min(names)] == "queue, mpiprocessing: rank 0: Main on here"
    assert check_flows(events) == 2


def test_spans_that_overlap_are_on_tracks_of_their_own():
    def threaded(*events):
        made = recording(0, *[event for _, event in events])
        for (thread, _), event in zip(events, made["events"], strict=True):
            event[2] = thread
        return merge([made])

    timeline = threaded(
        ("MainThread", call(0.0, "one")),
        ("Thread-1", call(1.0, "two")),
        ("MainThread", back(2.0)),
        ("Thread-1", back(3.0)),
    )
    one, two = [event for event in written({"": timeline}) if event["ph"] == "X"]
    assert one["tid"] != two["tid"]
