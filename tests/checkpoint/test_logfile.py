"""Files of records: cut at any byte, damaged anywhere, written by one process at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpiprocessing.checkpoint.logfile import MAGIC, MARK, Busy, LogFile, NotOurs

Bodies = list[tuple[int, bytes]]
BODIES = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=60) | st.just(MARK * 3)), max_size=6)


def write(path: Path, bodies: Bodies) -> list[int]:
    """Write records; returns where each one ends."""
    log, ends = LogFile(path), []
    for kind, body in bodies:
        record = log.append(kind, [body[: len(body) // 2], memoryview(body)[len(body) // 2 :]])
        ends.append(record.offset + record.length)
    log.close()
    return ends


def read(path: Path) -> Bodies:
    log = LogFile(path, writing=False)
    return [(record.kind, bytes(log.read(record.offset, record.length))) for record in log.records]


@settings(max_examples=30, deadline=None)
@given(bodies=BODIES, more=st.binary(min_size=1, max_size=20))
def test_cut_at_any_byte_all_whole_records_are_there_and_writing_goes_on(
    tmp_path_factory: pytest.TempPathFactory, bodies: Bodies, more: bytes
) -> None:
    path = tmp_path_factory.mktemp("cut") / "log"
    ends = write(path, bodies)
    whole = path.read_bytes()
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        kept = bodies[: sum(end <= cut for end in ends)]
        log = LogFile(path)
        assert log.torn == (
            0 if cut < len(MAGIC) else cut - max([len(MAGIC), *(e for e in ends if e <= cut)])
        )
        log.append(7, [more])
        log.close()
        assert read(path) == [*kept, (7, more)]


@settings(max_examples=60, deadline=None)
@given(bodies=BODIES, data=st.data())
def test_a_damaged_byte_costs_the_record_that_it_is_in(
    tmp_path_factory: pytest.TempPathFactory, bodies: Bodies, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "log"
    ends = write(path, bodies)
    whole = bytearray(path.read_bytes())
    if len(whole) == len(MAGIC):
        return
    place = data.draw(st.integers(len(MAGIC), len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)
    hit = sum(end <= place for end in ends)
    assert read(path) == bodies[:hit] + bodies[hit + 1 :]


def test_blocks_that_were_never_written_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "log"
    ends = write(path, [(1, b"a" * 50), (2, b"b" * 50), (3, b"c" * 50)])
    whole = bytearray(path.read_bytes())
    whole[ends[0] : ends[1]] = bytes(ends[1] - ends[0])
    path.write_bytes(whole)
    log = LogFile(path)
    assert [record.kind for record in log.records] == [1, 3]
    assert log.skipped == ends[1] - ends[0]


def test_another_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    path.write_text("a,b\n")
    with pytest.raises(NotOurs, match="a,b"):
        LogFile(path)
    assert path.read_text() == "a,b\n"


def test_one_writer_at_a_time_in_this_process_and_in_another(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = LogFile(path)
    with pytest.raises(Busy):
        LogFile(path)
    code = f"from mpiprocessing.checkpoint.logfile import LogFile; LogFile({str(path)!r})"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "Busy" in other.stderr
    log.append(1, [b"still mine"])
    log.unlock()
    second = LogFile(path)
    assert len(second.records) == 1
    assert bytes(log.read(second.records[0].offset, 10)) == b"still mine"
