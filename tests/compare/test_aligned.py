"""Two programs side by side: no line is lost, moved or doubled, and the same steps stand beside each other."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi_examples.catalogue import CATALOGUE
from mpiprocessing.compare.aligned import align, lines_of

LINES = st.sampled_from(
    [
        "",
        "import os",
        "X = 1",
        "def f():",
        "def g():",
        "    return 1",
        "    pass",
        "class A:",
        "\x0c",
        "(",
        "# é\u2028",
    ]
)
SOURCES = st.lists(LINES, max_size=14).map("\n".join) | st.text()


def rows(left, right):
    a, b = lines_of(left), lines_of(right)
    return [
        (None if p.left is None else a[p.left], None if p.right is None else b[p.right])
        for p in align(left, right)
    ]


def assert_complete(left, right):
    pairs = align(left, right)
    assert [pair.left for pair in pairs if pair.left is not None] == list(range(len(lines_of(left))))
    assert [pair.right for pair in pairs if pair.right is not None] == list(range(len(lines_of(right))))
    assert all(pair.left is not None or pair.right is not None for pair in pairs)
    a, b = lines_of(left), lines_of(right)
    assert all(a[pair.left].strip() == b[pair.right].strip() for pair in pairs if pair.same)


@given(SOURCES, SOURCES)
def test_every_line_stands_in_one_row_in_its_order(left, right):
    assert_complete(left, right)


@given(SOURCES)
def test_a_program_beside_itself_is_the_same_line_by_line(source):
    assert [(pair.left, pair.right, pair.same) for pair in align(source, source)] == [
        (number, number, True) for number in range(len(lines_of(source)))
    ]


@pytest.mark.parametrize("pattern", CATALOGUE, ids=str)
def test_the_twins_of_a_pattern_have_their_functions_beside_each_other(pattern):
    left, right = pattern.multiprocessing_source, pattern.mpi4py_source
    assert_complete(left, right)
    shown = rows(left, right)
    assert ("def main():", "def main():") in shown
    assert ('if __name__ == "__main__":', 'if __name__ == "__main__":') in shown


def test_parts_of_one_name_stand_beside_each_other_whatever_is_between():
    left = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"
    right = "def one():\n    a = 3\n    b = 4\n    return 1\n\n\nclass Between:\n    pass\n\n\ndef two():\n    return 2\n"
    shown = rows(left, right)
    for line in ("def one():", "    return 1", "def two():", "    return 2"):
        assert (line, line) in shown
    assert (None, "class Between:") in shown


def test_lines_that_are_alike_stand_beside_each_other():
    left = "x = 1\nitem = queue.get()\nprint(item)\n"
    right = "comm = MPI.COMM_WORLD\nitem = queue.recv()\nprint(item)\n"
    assert ("item = queue.get()", "item = queue.recv()") in rows(left, right)


def test_a_part_in_several_places_does_no_harm():
    left = "A = 1\n\n\ndef f():\n    pass\n\n\nB = 2\n\n\nif A:\n    f()\n"
    assert_complete(left, textwrap.dedent("def f():\n    pass\nA = 1\nif A:\n    f()\n"))
