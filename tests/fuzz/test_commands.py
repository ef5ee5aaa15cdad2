"""Command lines that nobody would write; `python -m tests.fuzz commands` goes on from there."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.commands import COMMANDS, attempt, draw


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_any_words_are_refused_or_are_a_plan(name: str) -> None:
    r = random.Random(name)
    statuses = {attempt(name, draw(r, name)) for _ in range(100)}
    assert 2 in statuses and 0 in statuses


@pytest.mark.parametrize("words", [["-n", "0", "x.py"], ["-n", "3", "--timeout", "nan", "x.py"], ["-n", "9" * 30, "x.py"],
                                   ["-n", "3", "--timeout=-1", "x.py"], ["-n", "3"], []])  # fmt: skip
def test_the_launcher_refuses_what_cannot_be_started(words: list[str]) -> None:
    assert attempt("launch", words) == 2
