"""The verdict: which columns agree, with each other and with what is expected."""

from __future__ import annotations

from mpiprocessing.compare.verdict import Result, judge
from tests.compare.runs import run, subject


def results(verdict):
    return [outcome.result for outcome in verdict.outcomes]


def test_columns_that_print_the_same_agree():
    runs = [run(name, "a\nb\n") for name in ("multiprocessing", "mpiprocessing", "mpi4py")]
    verdict = judge(subject(), runs)
    assert verdict.ok
    assert verdict.summary == "equal"


def test_expected_text_is_the_referee_even_against_the_standard_library():
    runs = [run("multiprocessing", "wrong\n"), run("mpiprocessing", "right\n"), run("mpi4py", "right\n")]
    verdict = judge(subject(expected="right\n"), runs)
    assert results(verdict) == [Result.DIFFERENT, Result.EQUAL, Result.EQUAL]
    assert not verdict.ok
    assert verdict.outcomes[0].diff[:2] == ("--- expected.txt", "+++ multiprocessing")
    assert verdict.outcomes[0].diff[-2:] == ("-right", "+wrong")


def test_without_expected_text_the_first_column_that_ended_well_is_the_referee():
    runs = [run("multiprocessing", "half", status=1), run("mpiprocessing", "a"), run("mpi4py", "b")]
    verdict = judge(subject(), runs)
    assert results(verdict) == [Result.FAILED, Result.EQUAL, Result.DIFFERENT]
    assert verdict.outcomes[2].diff[0] == "--- mpiprocessing"


def test_a_column_that_printed_the_right_text_but_failed_is_not_ok():
    runs = [run("multiprocessing", "a\n"), run("mpiprocessing", "a\n", status=3)]
    verdict = judge(subject(expected="a\n"), runs)
    assert results(verdict) == [Result.EQUAL, Result.FAILED]
    assert verdict.summary == "failed"


def test_the_time_limit_outweighs_everything_else():
    runs = [run("multiprocessing", "b\n"), run("mpiprocessing", "a\n", status=124, timed_out=True)]
    verdict = judge(subject(expected="a\n"), runs)
    assert results(verdict) == [Result.DIFFERENT, Result.TIMED_OUT]
    assert verdict.summary == "time limit"


def test_another_order_is_a_difference_in_the_catalogue():
    runs = [run("multiprocessing", "a\nb\n"), run("mpiprocessing", "b\na\n")]
    assert results(judge(subject(), runs)) == [Result.EQUAL, Result.DIFFERENT]


def test_another_order_is_allowed_where_children_print_as_they_like():
    runs = [run("multiprocessing", "a\nb\n"), run("mpiprocessing", "b\na\n")]
    verdict = judge(subject(ordered=False), runs)
    assert results(verdict) == [Result.EQUAL, Result.REORDERED]
    assert verdict.ok
    assert verdict.summary == "equal, other order"


def test_a_line_printed_twice_is_a_difference_in_any_order():
    runs = [run("multiprocessing", "a\nb\n"), run("mpiprocessing", "b\na\na\n")]
    assert not judge(subject(ordered=False), runs).ok


def test_nothing_run_is_not_ok():
    verdict = judge(subject(refusal="needs at least 3 ranks"), [])
    assert not verdict.ok
    assert verdict.summary == "not run"


def test_all_columns_failed_leaves_no_referee():
    verdict = judge(subject(), [run("multiprocessing", "a", status=1), run("mpiprocessing", "", status=1)])
    assert results(verdict) == [Result.FAILED, Result.FAILED]
