"""Medians, ratios, targets."""

from __future__ import annotations

import pytest

from mpiprocessing.bench.catalogue import Target
from mpiprocessing.bench.columns import BARE, OURS, STDLIB
from mpiprocessing.bench.runner import Cell
from mpiprocessing.bench.spread import Spread
from mpiprocessing.bench.verdict import best_peer, judge, median, ratio
from mpiprocessing.bench.words import amount_text, judged_text, range_text, ratio_text, target_text
from tests.bench.runs import measured, report, row, work


@pytest.mark.parametrize(
    ("samples", "spread"),
    [
        ([3.0], Spread(3.0, 3.0, 3.0, 3.0, 3.0)),
        ([1.0, 2.0], Spread(1.5, 1.25, 1.75, 1.0, 2.0)),
        ([5.0, 1.0, 2.0, 4.0, 3.0], Spread(3.0, 2.0, 4.0, 1.0, 5.0)),
        ([1.0, 1.0, 1.0, 100.0], Spread(1.0, 1.0, 25.75, 1.0, 100.0)),
    ],
)
def test_samples_become_a_median_and_quartiles(samples, spread):
    assert Spread.of(samples) == spread


def test_no_samples_have_no_median():
    with pytest.raises(ValueError, match="no samples"):
        Spread.of([])
    assert median(row(ours=Cell("failed", "it broke", [1.0])), OURS) is None


def test_ratios_are_ours_to_the_other():
    one = row(mpi4py=measured(1e-6))
    assert ratio(one, STDLIB) == pytest.approx(0.25)
    assert ratio(one, BARE) == pytest.approx(2.0)
    assert ratio(one, "loky") is None


def test_there_is_no_ratio_to_nothing():
    assert ratio(row(multiprocessing=measured(0.0)), STDLIB) is None


def test_the_best_peer_is_the_fastest_that_was_measured():
    one = row(
        mpi4py=measured(1e-9), loky=measured(3e-6), joblib=measured(4e-6), mpipool=Cell("failed", "it broke")
    )
    assert best_peer(one) == "loky"
    assert best_peer(row()) is None


@pytest.mark.parametrize(
    ("target", "value", "reached"),
    [
        (Target(1 / 2, STDLIB), 0.25, True),
        (Target(1 / 8, STDLIB), 0.25, False),
        (Target(2.0, BARE), 2.0, True),
        (Target(1e-6), 2e-6, False),
        (Target(2e-6), 2e-6, True),
        (Target(0.5e-6, BARE, beyond=True), 1e-6, False),
    ],
)
def test_targets_are_judged(target, value, reached):
    (judged,) = judge(row(work(targets=(target,)), mpi4py=measured(1e-6)))
    assert judged.value == pytest.approx(value)
    assert judged.reached is reached


def test_a_target_without_figures_is_neither_reached_nor_missed():
    targets = (Target(1 / 2, STDLIB), Target(2.0, BARE), Target(1.0))
    one = row(work(targets=targets), mpi4py=Cell("failed", "it broke"))
    assert [judged.reached for judged in judge(one)] == [True, None, True]
    assert [judged.reached for judged in judge(row(work(targets=targets), ours=Cell("failed", "x")))] == [
        None,
        None,
    ]


def test_a_target_against_a_column_that_was_not_asked_for_is_left_out():
    assert judge(row(work(targets=(Target(0.1, "schwimmbad"),)))) == []


def test_what_is_not_measured_is_a_failure_unless_there_is_nothing_to_measure():
    one = row(
        mpi4py=Cell("none", "nothing of the kind"),
        loky=Cell("missing", "loky is not installed"),
        joblib=Cell("failed", "ended with status 1"),
        mpipool=Cell(),
    )
    assert report(one).failures == [
        ("pipes/tuple", "loky", "loky is not installed"),
        ("pipes/tuple", "joblib", "ended with status 1"),
        ("pipes/tuple", "mpipool", "it was not measured"),
    ]


@pytest.mark.parametrize(
    ("amount", "kind", "text"),
    [
        (1.234e-5, "seconds", "12.3 µs"),
        (0.9996e-3, "seconds", "1 ms"),
        (94.7e-9, "seconds", "94.7 ns"),
        (3e-12, "seconds", "0.003 ns"),
        (2.0, "seconds", "2 s"),
        (123456.0, "seconds", "123456 s"),
        (0.0, "seconds", "0 ns"),
        (-0.002, "seconds", "-2 ms"),
        (27.2e6, "bytes", "27.2 MB"),
        (0.0184, "share", "1.84 %"),
        (0.95, "share", "95 %"),
    ],
)
def test_amounts_are_written_in_their_unit(amount, kind, text):
    assert amount_text(amount, kind) == text


def test_ranges_are_written_in_the_unit_of_the_median():
    assert range_text(Spread.of([0.9e-3, 1.1e-3, 1.3e-3]), "seconds") == "1-1.2"


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (Target(1 / 8, STDLIB), "≤ 1/8 multiprocessing"),
        (Target(1.25, BARE), "≤ 1.25 mpi4py"),
        (Target(15e6, BARE, beyond=True), "≤ mpi4py + 15 MB"),
    ],
)
def test_targets_are_written(target, text):
    assert target_text(target, "bytes") == text


def test_marks_and_unknown_ratios():
    (judged,) = judge(row(work(targets=(Target(1 / 2, STDLIB),))))
    assert judged_text(judged, "seconds", named=False) == "✓ ≤ 1/2"
    assert ratio_text(None) == "-"
