"""Timelines from recordings: what is a span, in which state, and which messages are arrows."""

from __future__ import annotations

from mpiprocessing.compare.merging import merge
from mpiprocessing.compare.timeline import Timeline
from tests.compare.recorded import back, call, received, recording, sent


def spans(timeline, lane="program"):
    return [(span.rank, span.name, span.state) for span in timeline.spans if span.lane == lane]


def test_nothing_recorded_is_no_timeline():
    assert merge([recording(0)]) is None


def test_a_process_computes_between_its_calls():
    timeline = merge(
        [
            recording(
                0,
                ("began", 0.0, "Process-1"),
                call(1.0, "Queue.put", ["Queue", 7]),
                back(2.0),
                ("blocked", 3.0, "QueueStub"),
                ("woken", 4.0),
                ("ended", 5.0),
            ),
            recording(1),
        ]
    )
    assert spans(timeline) == [
        (0, "Process-1", "computing"),
        (0, "Queue.put", "communicating"),
        (0, "Process-1", "computing"),
        (0, "Process-1", "computing"),
    ]
    assert spans(timeline, "mpi") == [(0, "wait for Queue", "blocked")]
    put = timeline.spans[1]
    assert (put.where, put.detail, put.begin.seconds, put.end.seconds) == (
        "prog.py:1",
        (("object", "Queue 1"),),
        1.0,
        2.0,
    )
    assert [row.name for row in timeline.rows] == ["rank 0: Process-1", "rank 1"]


def test_objects_are_numbered_as_they_were_made():
    calls = [call(1.0, "Queue.get", ["Queue", 9]), back(2.0), call(3.0, "Queue.get", ["Queue", 4]), back(4.0)]
    timeline = merge([recording(0, *calls)])
    assert [dict(span.detail)["object"] for span in timeline.spans] == ["Queue 2", "Queue 1"]


def test_the_recorded_wait_counts():
    timeline = merge([recording(0, call(1.0, "Lock.acquire"), back(2.0, blocked=True))])
    assert spans(timeline) == [(0, "Lock.acquire", "blocked")]


def test_a_receive_has_waited_if_its_message_left_after_it_began():
    def state(leaves):
        sender = recording(0, call(leaves, "send"), sent(leaves, 1), back(leaves + 0.1, None))
        timeline = merge([sender, recording(1, call(1.0, "recv"), received(3.0, 0), back(3.0, None))])
        return spans(timeline)[1]

    assert state(0.5) == (1, "recv", "communicating")
    assert state(2.0) == (1, "recv", "blocked")


def test_a_large_send_has_waited_if_it_was_asked_for_late():
    def state(size, asked):
        sender = recording(0, call(1.0, "send"), sent(1.0, 1, size=size), back(3.0, None, [0]))
        receiver = recording(1, call(asked, "recv"), received(4.0, 0, since=4.0 - asked), back(4.0, None))
        return spans(merge([sender, receiver]))[0]

    assert state(100_000, asked=2.0) == (0, "send", "blocked")
    assert state(100_000, asked=0.5) == (0, "send", "communicating")
    assert state(5, asked=2.0) == (0, "send", "communicating")


def test_a_call_that_never_came_back_lasts_to_the_end():
    timeline = merge([recording(0, call(1.0, "recv")), recording(1, call(5.0, "computes"), back(6.0))])
    recv = timeline.spans[0]
    assert (recv.state, recv.end.seconds, dict(recv.detail)["ended"]) == ("blocked", 5.0, "never")


def test_messages_are_arrows_of_the_mpi_lane_and_of_the_program_where_they_carry_something():
    plain = (*sent(1.0, 1)[:-1], False)
    timeline = merge([recording(0, sent(0.0, 1), plain), recording(1, received(2.0, 0))])
    arrows = [(arrow.lane, arrow.source, arrow.dest, arrow.lost) for arrow in timeline.arrows]
    assert arrows == [("mpi", 0, 1, False), ("program", 0, 1, False), ("mpi", 0, 1, True)]


def test_what_was_left_out_is_told():
    timeline = merge([recording(0, call(1.0, "send"), dropped=12345)])
    assert timeline.rows[0].name == "rank 0 (12,345 events left out)"


def test_a_timeline_survives_json():
    timeline = merge([recording(0, sent(0.0, 1)), recording(1, received(2.0, 0))])
    assert Timeline.from_json(timeline.to_json()) == timeline
