"""Jobs that are really traced: what mpiprocessing and plain mpi4py leave behind when they end well, and when they fail."""

from __future__ import annotations

import json
import sys
import textwrap
from collections import Counter
from pathlib import Path

import pytest

from mpiprocessing.compare import counted
from mpiprocessing.compare.catalogue import Column, Subject
from mpiprocessing.compare.runner import Runner
from mpiprocessing.launch import mpiexec
from tests.compare.test_chrome import check_flows

OURS = ("-m", "mpiprocessing")
COUNTED = (str(Path(counted.__file__)),)

QUEUE = """\
import multiprocessing
import sys

def work(items, results, lock):
    for item in iter(items.get, None):
        with lock:
            results.put(item * item)
    sys.exit(0)

if __name__ == "__main__":
    items, results, lock = multiprocessing.Queue(), multiprocessing.Queue(), multiprocessing.Lock()
    process = multiprocessing.Process(target=work, args=(items, results, lock))
    process.start()
    for number in range(5):
        items.put(number)
    items.put(None)
    print([results.get() for _ in range(5)])
    process.join()
    with multiprocessing.Pool(1) as pool:
        print(pool.map(abs, [-1, 2]))
    {ending}
"""


@pytest.fixture
def program(tmp_path):
    """Write a program and return its path."""

    def write(name, text):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text))
        return str(path)

    return write


def traced(*columns):
    return list(Runner(40.0, traced=True).run(Subject("subject", columns)))


def calls(timeline, rank):
    """(verb, object, line) of what a rank called, in order."""
    return [
        (span.name, dict(span.detail).get("object", ""), span.where)
        for span in timeline.spans
        if span.lane == "program" and span.state != "computing" and span.rank == rank
    ]


def check_figures(run):
    drawn = [arrow for arrow in run.timeline.arrows if arrow.lane == "mpi"]
    assert Counter(arrow.name for arrow in drawn) == {
        kind: traffic.messages for kind, traffic in run.figures.kinds.items()
    }
    assert sum(arrow.size for arrow in drawn) == run.figures.traffic.bytes
    assert all(arrow.lost or arrow.received.step > arrow.sent.step for arrow in drawn)


def test_a_program_of_processes(program):
    path = program("squares.py", QUEUE.format(ending=""))
    plain, ours = traced(Column("multiprocessing", (path,), None), Column("mpiprocessing", (*OURS, path), 3))
    assert plain.timeline is None
    assert ours.status == 0, ours.stderr
    assert ours.stdout == plain.stdout
    check_figures(ours)
    timeline = ours.timeline
    assert [row.name for row in timeline.rows][::2] == ["rank 0: MainProcess", "rank 2"]
    assert timeline.rows[1].name.startswith("rank 1: Process-1")
    assert calls(timeline, 0) == [
        ("Process.start", "Process-1", "squares.py:13"),
        *[("Queue.put", "Queue 1", "squares.py:15")] * 5,
        ("Queue.put", "Queue 1", "squares.py:16"),
        *[("Queue.get", "Queue 2", "squares.py:17")] * 5,
        ("Process.join", "Process-1", "squares.py:18"),
        ("Pool", "Pool 1", "squares.py:19"),
        ("Pool.map", "Pool 1", "squares.py:20"),
        ("Pool.terminate", "Pool 1", "squares.py:19"),
    ]
    once = [
        ("Lock.acquire", "Lock 1", "squares.py:6"),
        ("Queue.put", "Queue 2", "squares.py:7"),
        ("Lock.release", "Lock 1", "squares.py:6"),
    ]
    get = ("Queue.get", "Queue 1", "squares.py:5")
    assert calls(timeline, 1) == [*([get, *once] * 5), get]
    assert {span.rank for span in timeline.spans} == {0, 1}, "an idle rank has nothing to show"
    assert {span.name for span in timeline.spans if span.state == "computing" and span.rank == 0} == {
        "MainProcess"
    }


def test_a_program_of_mpi4py(program):
    path = program(
        "plain.py",
        """\
        from mpi4py import MPI
        comm = MPI.COMM_WORLD
        if comm.rank == 0:
            comm.send("x", dest=1, tag=3)
        elif comm.rank == 1:
            comm.recv(source=MPI.ANY_SOURCE)
        comm.barrier()
        """,
    )
    [run] = traced(Column("mpi4py", (*COUNTED, path), 3))
    assert run.status == 0, run.stderr
    check_figures(run)
    assert calls(run.timeline, 1) == [("recv", "", "plain.py:6"), ("barrier", "", "plain.py:7")]
    arrows = Counter(
        (arrow.name, arrow.source, arrow.dest) for arrow in run.timeline.arrows if arrow.lane == "mpi"
    )
    barrier = [("barrier", 1, 0), ("barrier", 2, 0), ("barrier", 0, 1), ("barrier", 0, 2)]
    assert arrows == Counter([("send", 0, 1), *barrier])


@pytest.mark.parametrize(
    ("ending", "status"),
    [("", 0), ("raise ValueError('the reason')", 1), ("sys.exit(5)", 5), ("import os; os._exit(6)", 6)],
)
def test_the_file_is_there_however_the_program_ends(launch, program, tmp_path, ending, status):
    path, file = program("squares.py", QUEUE.format(ending=ending)), tmp_path / "trace.json"
    done = launch(["-m", "mpiprocessing", "--trace", str(file), path], 3)
    assert done.status == status, done.stderr
    events = json.loads(file.read_text())["traceEvents"]
    assert check_flows(events) > 10
    names = Counter(event["name"] for event in events if event["ph"] == "X" and event["tid"] == 1)
    assert names["Queue.put"] == 11
    assert names["Lock.acquire"] == 5


@pytest.mark.parametrize("failing", [0, 2])
def test_the_file_is_there_when_a_rank_of_mpi4py_fails(launch, program, tmp_path, failing):
    path, file = (
        program(
            "fails.py",
            f"""\
        import sys
        from mpi4py import MPI
        comm = MPI.COMM_WORLD
        comm.bcast("x")
        if comm.rank == {failing}:
            comm.recv(), comm.recv()  # both have left the bcast, and are in their last call
            sys.exit(3)
        comm.sendrecv("here", dest={failing}, source={failing})  # one call: who is told knows that it waits
        """,
        ),
        tmp_path / "trace.json",
    )
    done = launch(["-m", "mpiprocessing", "trace", "--trace", str(file), path], 3)
    assert done.status == 3, done.stderr
    events = json.loads(file.read_text())["traceEvents"]
    assert check_flows(events) == 4
    never = [event for event in events if event.get("args", {}).get("ended") == "never"]
    assert sorted(event["pid"] for event in never) == sorted({0, 1, 2} - {failing})
    assert {event["args"]["where"] for event in never} == {"fails.py:8"}


def test_the_file_is_there_when_a_rank_fails_and_another_one_does_not_answer(launch, program, tmp_path):
    path, file = (
        program(
            "fails.py",
            """\
        import ctypes, sys, time
        from mpi4py import MPI
        from mpiprocessing.compare import recordings
        comm, tell = MPI.COMM_WORLD, recordings.tell
        recordings.tell = lambda *args: time.sleep(0.5) or tell(*args)  # a slow disk
        comm.barrier()
        if comm.rank == 1:
            ctypes.PyDLL(None).sleep(60)  # no other thread of this rank runs meanwhile
        if comm.rank == 2:
            sys.exit(3)
        comm.recv(source=2)
        """,
        ),
        tmp_path / "trace.json",
    )
    done = launch(["-m", "mpiprocessing", "trace", "--trace", str(file), path], 3)
    assert done.status == 3, done.stderr
    events = json.loads(file.read_text())["traceEvents"]
    assert {event["pid"] for event in events if event["ph"] == "X"} == {0, 2}


def test_trace_says_where_it_wrote(program, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    program("hello.py", "from mpi4py import MPI; import sys; MPI.COMM_WORLD.barrier(); print(sys.argv[1:])")
    done = mpiexec.run(["-m", "mpiprocessing", "trace", "-m", "hello", "word"], 2, timeout=40.0)
    assert done.stdout == "['word']\n" * 2, done.stderr
    assert "the trace is in trace.json" in done.stderr
    assert check_flows(json.loads(Path("trace.json").read_text())["traceEvents"]) == 2


def test_a_program_that_has_closed_its_stderr_is_traced(program, tmp_path):
    closing = program(
        "closing.py", "import io, sys; from mpi4py import MPI\nwith io.StringIO() as sys.stderr: ..."
    )
    words = [*OURS, "trace", "--trace", str(tmp_path / "trace.json"), closing]
    done = mpiexec.run(words, 2, timeout=40.0)
    assert done.status == 0, done.stderr
    assert json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert "mpiprocessing: the trace is in" in done.stderr


@pytest.mark.parametrize("words", [(*OURS, "--trace"), (*OURS, "trace", "--trace")], ids=["ours", "mpi4py"])
def test_a_trace_that_cannot_be_written_is_refused_before_the_run(program, tmp_path, words):
    path = program("never.py", "print('never')\n")
    done = mpiexec.run([*words, str(tmp_path / "nowhere" / "trace.json"), path], 2, timeout=40.0)
    assert (done.timed_out, done.stdout) == (False, "")
    assert done.status == 2
    assert done.stderr.count("cannot write the trace") == 1, done.stderr


def test_a_program_of_mpi4py_that_is_not_there_is_named_once(tmp_path):
    done = mpiexec.run([*OURS, "trace", str(tmp_path / "nothing.py")], 2, timeout=40.0, cwd=tmp_path)
    assert (done.timed_out, done.status) == (False, 2)
    assert done.stderr.count("there is no file") == 1, done.stderr


def test_the_raw_events_are_written_as_they_happen(launch, program, tmp_path, monkeypatch):
    monkeypatch.setenv("MPIPROCESSING_TRACE", str(tmp_path / "events"))
    path = program("squares.py", QUEUE.format(ending=""))
    assert launch(["-m", "mpiprocessing", path], 3).status == 0
    for rank in range(3):
        lines = (tmp_path / f"events.{rank}").read_text().splitlines()
        events = {json.loads(line)["event"] for line in lines}
        assert events >= {"sent", "received"}


@pytest.mark.parametrize("words", [["--trace"], ["trace"], ["trace", "--trace", "x"], ["trace", "-q"]])
def test_a_wrong_request_says_how_to_use_it(words):
    done = mpiexec.run_group([sys.executable, "-m", "mpiprocessing", *words], timeout=40.0)
    assert done.status == 2
    assert "usage: mpiexec" in done.stderr


def test_what_our_objects_do_inside_is_none_of_the_programs_calls(program):
    path = program(
        "spmd.py",
        """\
        from mpi4py import MPI
        import mpiprocessing
        comm = MPI.COMM_WORLD
        mpiprocessing.init()
        queue = comm.bcast(mpiprocessing.Queue() if comm.rank == 0 else None)
        queue.put(comm.rank)
        comm.Barrier()
        """,
    )
    [run] = traced(Column("mpi4py", (*COUNTED, path), 2))
    assert run.status == 0, run.stderr
    assert calls(run.timeline, 1) == [("bcast", "", "spmd.py:5"), ("Barrier", "", "spmd.py:7")]
    check_figures(run)


EVERYTHING = """\
import multiprocessing
from multiprocessing.connection import wait

def work(start, barrier, condition, semaphore, value, array, items, simple, connection):
    start.wait()
    barrier.wait()
    with condition:
        condition.notify()
    with semaphore, value.get_lock():
        value.value += 1
    array[0] = 2.5
    items.get(); items.task_done()
    simple.put("simple")
    connection.send("pipe")

if __name__ == "__main__":
    start, barrier, condition = multiprocessing.Event(), multiprocessing.Barrier(2), multiprocessing.Condition()
    semaphore, value = multiprocessing.Semaphore(), multiprocessing.Value("i", 0)
    array, items, simple = multiprocessing.Array("d", 2), multiprocessing.JoinableQueue(), multiprocessing.SimpleQueue()
    here, there = multiprocessing.Pipe()
    args = (start, barrier, condition, semaphore, value, array, items, simple, there)
    process = multiprocessing.Process(target=work, args=args)
    process.start()
    with condition:
        start.set(); barrier.wait(); condition.wait()
    items.put("item"); items.join()
    simple.get(); wait([here]); here.recv()
    process.join()
    value.value, array[:]
    with multiprocessing.Pool(1) as pool:
        list(pool.imap(abs, [1]))
        pool.apply_async(abs, (1,)).get()
    manager = multiprocessing.Manager()
    shared = manager.dict()
    shared["key"] = 1
"""


def test_every_kind_of_object_is_there_by_its_name(program):
    [run] = traced(Column("mpiprocessing", (*OURS, program("everything.py", EVERYTHING)), 2))
    assert run.status == 0, run.stderr
    check_figures(run)
    assert [(verb, about) for verb, about, _ in calls(run.timeline, 1)] == [
        ("Event.wait", "Event 1"),
        ("Barrier.wait", "Barrier 1"),
        ("Condition.acquire", "Condition 1"),
        ("Condition.notify", "Condition 1"),
        ("Condition.release", "Condition 1"),
        ("Semaphore.acquire", "Semaphore 1"),
        ("RLock.acquire", "RLock 1"),
        ("Value.read", "Value 1"),
        ("Value.write", "Value 1"),
        ("RLock.release", "RLock 1"),
        ("Semaphore.release", "Semaphore 1"),
        ("Array.write", "Array 1"),
        ("JoinableQueue.get", "JoinableQueue 1"),
        ("JoinableQueue.task_done", "JoinableQueue 1"),
        ("SimpleQueue.put", "SimpleQueue 1"),
        ("Connection.send", "Pipe 1"),
    ]
    assert [(verb, about) for verb, about, _ in calls(run.timeline, 0)] == [
        ("Process.start", "Process-1"),
        ("Condition.acquire", "Condition 1"),
        ("Event.set", "Event 1"),
        ("Barrier.wait", "Barrier 1"),
        ("Condition.wait", "Condition 1"),
        ("Condition.release", "Condition 1"),
        ("JoinableQueue.put", "JoinableQueue 1"),
        ("JoinableQueue.join", "JoinableQueue 1"),
        ("SimpleQueue.get", "SimpleQueue 1"),
        ("connection.wait", ""),
        ("Connection.recv", "Pipe 1"),
        ("Process.join", "Process-1"),
        ("Value.read", "Value 1"),
        ("Array.read", "Array 1"),
        ("Pool", "Pool 1"),
        ("Pool.imap", "Pool 1"),
        *[("IMapIterator.next", "")] * 2,
        ("Pool.apply_async", "Pool 1"),
        ("AsyncResult.get", ""),
        ("Pool.terminate", "Pool 1"),
        ("Manager.start", ""),
        ("Manager.dict", ""),
        ("dict.__setitem__", "dict 1"),
    ]


def test_a_comparison_writes_both_columns_into_one_file(tmp_path):
    file = tmp_path / "both.json"
    command = [sys.executable, "-m", "mpiprocessing", "compare", "processes/spawn", "--trace", str(file)]
    done = mpiexec.run_group(command, timeout=40.0)
    assert done.status == 0, done.stderr
    events = json.loads(file.read_text())["traceEvents"]
    assert check_flows(events) > 3
    names = [event["args"]["name"] for event in events if event["name"] == "process_name"]
    columns = Counter(name.partition(":")[0] for name in names)
    assert columns == {"processes/spawn, mpiprocessing": 4, "processes/spawn, mpi4py": 4}
    assert len({event["pid"] for event in events}) == 8
