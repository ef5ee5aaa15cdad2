"""Recordings: bounded, in order, and what an observer enters into them."""

from __future__ import annotations

import json

from mpiprocessing.core.messages import JobEnd, JobEnded, ProcessExited, QueuePut
from mpiprocessing.core.messages import Payload as Content
from mpiprocessing.core.recording import Recording
from mpiprocessing.core.trace import Recorder


def names(recording):
    return [event[0] for event in recording.data()["events"]]


def test_a_full_recording_takes_only_what_ends_something_in_it():
    recording = Recording(0, limit=2)
    assert recording.add("call", "one")
    assert recording.add("call", "two")
    assert recording.add("call", "three") is None
    assert recording.add("return", follows=True)
    assert names(recording) == ["call", "call", "return"]
    assert recording.data()["dropped"] == 1


def test_a_recording_is_plain_data_that_later_events_do_not_change():
    recording = Recording(3)
    recording.add("call", "one", None, "prog.py:1", [])
    data = recording.data()
    recording.add("return", False, None, [])
    assert len(data["events"]) == 1
    assert json.loads(json.dumps(data)) == data
    assert (data["rank"], bool(data["host"])) == (3, True)


def test_times_do_not_go_back():
    recording = Recording(0)
    for _ in range(100):
        recording.add("call", "one")
    times = [event[1] for event in recording.data()["events"]]
    assert times == sorted(times)


def put(number=1):
    return QueuePut(number, 2, 3, Content(b"item"))


def test_messages_are_entered_with_what_they_carry():
    recorder = Recorder(Recording(0))
    recorder.sent(1, put(), 17)
    recorder.sent(1, ProcessExited(5, 0), 9)
    recorder.received(2, put())
    events = [event[3:] for event in recorder.recording.data()["events"]]
    assert events[0] == ["QueuePut", 1, 17, "", [["home", "1"]], True]
    assert events[1][:3] == ["ProcessExited", 1, 9]
    assert events[2][:2] == ["QueuePut", 2]


def test_the_end_of_the_job_is_left_out_as_in_the_figures():
    recorder = Recorder(Recording(1))
    recorder.received(0, JobEnd())
    recorder.sent(0, JobEnded(1, {}), 9)
    recorder.sent(0, put(), 17)  # after the figures were taken
    assert names(recorder.recording) == []


def test_an_idle_rank_waits_for_nobody():
    recorder = Recorder(Recording(1))
    recorder.blocked("messages")
    recorder.woken("messages")
    assert names(recorder.recording) == []
    recorder.began("Process-1")
    recorder.blocked("messages")
    recorder.woken("messages")
    recorder.ended()
    assert names(recorder.recording) == ["began", "blocked", "woken", "ended"]
