"""What the report and the records say, from runs made by hand."""

from __future__ import annotations

import io
import json

import pytest

from mpi_examples.catalogue import CATALOGUE, find
from mpiprocessing.compare import records, report
from mpiprocessing.compare.figures import Figures, Traffic
from mpiprocessing.compare.terminal import printable
from mpiprocessing.compare.verdict import judge
from mpiprocessing.compare.words import bytes_text
from tests.compare.runs import run, shown, subject

PLACE = "4 ranks on host"
NAMES = ("multiprocessing", "mpiprocessing", "mpi4py")


def agreed(text="a\n", **changes):
    return judge(subject(**changes), [run(name, text) for name in NAMES])


def one(verdict, width=80):
    return shown(report.show_one, verdict, PLACE, width=width)


def test_output_that_is_the_same_everywhere_is_shown_once():
    text = one(agreed("hello from the child\n"))
    assert text.count("hello from the child") == 1
    assert "output of multiprocessing, mpiprocessing, mpi4py" in text


def test_the_columns_show_times_and_messages():
    rows = [line.split() for line in one(agreed()).splitlines()]
    assert ["multiprocessing", "equal", "0.75", "s", "0.25", "s", "-", "-"] in rows
    assert ["mpi4py", "equal", "0.75", "s", "0.25", "s", "8", "2.6", "kB"] in rows


def test_messages_are_shown_by_operation_the_most_frequent_first():
    text = one(agreed())
    assert text.index("send") < text.index("bcast")


def test_a_difference_is_shown_as_a_diff():
    text = one(judge(subject(expected="right\n"), [run("multiprocessing", "wrong\n")]))
    assert "family/pattern: multiprocessing prints something else" in text
    assert "--- expected.txt" in text
    assert "-right" in text
    assert "+wrong" in text


def test_a_failure_shows_its_status_and_the_last_lines_of_stderr():
    stderr = "".join(f"line {number}\n" for number in range(100))
    text = one(judge(subject(), [run("mpi4py", "", status=3, stderr=stderr, figures=None)]))
    assert "mpi4py ended with status 3" in text
    assert "line 99" in text
    assert "line 79" not in text
    assert "80 lines before" in text


def test_warnings_of_a_column_that_ended_well_are_shown():
    text = one(judge(subject(), [run("mpiprocessing", "a\n", stderr="fewer workers than asked for\n")]))
    assert "stderr of mpiprocessing" in text
    assert "fewer workers than asked for" in text


def test_a_signal_is_named():
    assert "was ended by SIGSEGV" in one(judge(subject(), [run("multiprocessing", "", status=-11)]))


def test_the_time_limit_is_named():
    early = {"timed_out": True, "figures": None, "work_seconds": None, "seconds": 12.0}
    stacks = "".join(f"frame {number}\n" for number in range(140))
    hung = run("mpiprocessing", "", status=124, stderr=stacks, **early)
    text = one(judge(subject(), [hung]))
    assert "was ended at the time limit, after 12 s" in text
    assert "frame 0 " in text  # the stacks of all ranks are the answer: they are not cut at a few lines
    assert "?" in text


@pytest.mark.parametrize("text", ["[bold]x[/bold]", "[/nothing]", ":smile:", "[link=file]y[/link]"])
def test_output_is_never_taken_for_markup(text):
    assert text in one(agreed(text + "\n"))
    assert text in one(judge(subject(expected=text), [run("mpi4py", "other")]))
    assert text in one(judge(subject(), [run("mpi4py", "", status=1, stderr=text)]))


def test_names_are_never_taken_for_markup():
    assert "[red]program.py" in shown(report.show_catalogue, [agreed(name="[red]program.py")], PLACE)


def test_escape_sequences_are_shown_not_obeyed():
    text = one(agreed("\x1b[2J\x1b]0;title\x07 \x08\x7f\n"))
    assert not set("\x1b\x07\x08\x7f") & set(text)
    assert "␛[2J␛]0;title␇ ␈␡" in text


def test_tabs_and_lines_stay():
    assert printable("a\tb\r\nc").plain == "a\tb\nc"


def test_the_catalogue_fits_into_80_columns():
    longest = max(map(str, CATALOGUE), key=len)
    many = {
        "figures": Figures(4, {"send": Traffic(9999, 999_400)}, 0.25),
        "seconds": 99.0,
        "work_seconds": 88.0,
    }
    runs = [run("multiprocessing", "a\n"), *(run(name, "a\n", **many) for name in NAMES[1:])]
    text = shown(report.show_catalogue, [judge(subject(name=longest), runs), agreed()], PLACE)
    assert max(map(len, text.splitlines())) <= 80
    for part in (longest, "equal", "0.75 + 0.25 s", "11.00 + 88.00 s", "9999 msg 999 kB", "8 msg 2.6 kB"):
        assert part in text
    assert "2 of 2 patterns: all columns agree" in text


def test_a_pattern_that_was_not_run_says_why():
    verdict = judge(subject(refusal="needs at least 3 ranks: -n 3"), [])
    text = shown(report.show_catalogue, [agreed(), verdict], PLACE)
    assert "not run" in text
    assert "family/pattern was not run: it needs at least 3 ranks: -n 3" in text
    assert "1 of 2 patterns: all columns agree" in text


def test_operations_that_are_not_counted_are_named():
    figures = Figures(4, {}, 0.1, frozenset({"Put", "Get"}))
    text = one(judge(subject(), [run("mpi4py", "", figures=figures)]))
    assert "mpi4py also used Get, Put: not counted in messages." in text


def test_sources_are_side_by_side_where_they_fit_and_stacked_where_not():
    verdict = agreed(pattern=find("queue"))
    wide, narrow = one(verdict, width=160), one(verdict, width=80)
    assert any(line.count("def main():") == 2 for line in wide.splitlines())
    assert not any(line.count("def main():") == 2 for line in narrow.splitlines())
    assert max(map(len, narrow.splitlines())) <= 80


def test_long_output_is_cut_and_says_so():
    text = one(agreed("".join(f"item {number}\n" for number in range(250))))
    assert "item 99 " in text
    assert "item 100" not in text
    assert "150 more lines" in text


SIZES = {0: "0 B", 812: "812 B", 999: "999 B", 1000: "1.0 kB", 9949: "9.9 kB", 9950: "10 kB"}
LARGE = {999_499: "999 kB", 999_500: "1.0 MB", 24_000_000: "24 MB", 3 * 10**15: "3000 TB"}


@pytest.mark.parametrize(("count", "text"), (SIZES | LARGE).items())
def test_bytes_are_written_in_a_unit_that_keeps_them_short(count, text):
    assert bytes_text(count) == text


def test_records_hold_one_entry_for_each_pattern_and_column():
    file = io.StringIO()
    records.write([agreed("[x] ä\n"), agreed(name="other")], file)
    data = json.loads(file.getvalue())
    assert [(record["pattern"], record["column"]) for record in data] == [
        (pattern, column) for pattern in ("family/pattern", "other") for column in NAMES
    ]
    first, second = data[:2]
    assert (first["ok"], first["exit_status"], first["output"]) == (True, 0, "[x] ä\n")
    assert (first["messages"], first["bytes"], first["kinds"]) == (None, None, None)
    assert (second["messages"], second["bytes"]) == (8, 2554)
    assert second["kinds"]["send"] == {"messages": 5, "bytes": 2500}
    assert (second["seconds"], second["startup_seconds"], second["work_seconds"]) == (1.0, 0.75, 0.25)


def test_records_of_a_run_that_ended_too_early_hold_no_figures():
    failed = run("mpi4py", "", status=1, stderr="why", figures=None, work_seconds=None)
    [record] = records.records([judge(subject(), [failed])])
    assert (record["ok"], record["exit_status"], record["errors"]) == (False, 1, "why")
    assert (record["messages"], record["work_seconds"], record["startup_seconds"]) == (None, None, None)


def test_a_pattern_that_was_not_run_has_no_record():
    assert records.records([judge(subject(refusal="needs more ranks"), [])]) == []
