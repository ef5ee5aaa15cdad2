"""Figures: the file that a column writes, the sum over ranks, the tally of one rank."""

from __future__ import annotations

import pytest

from mpiprocessing.compare.counting.tally import Tally
from mpiprocessing.compare.figures import Figures, Traffic


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "statistics.json"
    figures = Figures(4, {"send": Traffic(2, 30)}, 0.5, frozenset({"Put"}))
    figures.write(path)
    assert Figures.read(path) == figures


def test_the_sum_over_kinds_stands_in_the_file():
    data = Figures(4, {"send": Traffic(2, 30), "bcast": Traffic(3, 9)}, 0.5).to_json()
    assert (data["messages"], data["bytes"]) == (5, 39)
    assert data["kinds"]["bcast"] == {"messages": 3, "bytes": 9}


def test_ranks_are_merged_kind_by_kind():
    one = Figures(2, {"send": Traffic(1, 10)}, 0.5, frozenset({"Put"}))
    two = Figures(2, {"send": Traffic(2, 5), "bcast": Traffic(1, 1)}, 9.0, frozenset({"Get"}))
    both = one.merged(two)
    assert both.kinds == {"send": Traffic(3, 15), "bcast": Traffic(1, 1)}
    assert (both.ranks, both.work_seconds) == (2, 0.5)  # those of the first, which is rank 0
    assert both.uncounted == {"Put", "Get"}


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{}", '{"ranks": 2', '{"ranks": 2, "kinds": {"send": 1}}']
)
def test_an_unfinished_file_is_no_figures(tmp_path, text):
    path = tmp_path / "statistics.json"
    path.write_text(text)
    assert Figures.read(path) is None


def test_no_file_is_no_figures(tmp_path):
    assert Figures.read(tmp_path / "absent.json") is None


def test_a_tally_adds_up_and_forgets_calls_that_send_nothing():
    tally = Tally()
    tally.add("send", Traffic(1, 10))
    tally.add("send", Traffic(1, 0))
    tally.add("bcast", Traffic())
    tally.skip("Put")
    figures = tally.figures(3, 0.25)
    assert figures == Figures(3, {"send": Traffic(2, 10)}, 0.25, frozenset({"Put"}))
