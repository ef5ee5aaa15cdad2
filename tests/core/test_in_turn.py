"""What is on its way to or from many ranks is looked at a few at a time, and all of it in turn."""

from __future__ import annotations

import pytest

from mpiprocessing.core.transport import in_turn


@pytest.mark.parametrize("entries", [0, 1, 16, 17, 40, 1000])
def test_every_entry_has_its_turn_and_a_look_is_short(entries: int) -> None:
    table = {number: str(number) for number in range(entries)}
    seen: list[int] = []
    while len(seen) < entries:
        look = dict(in_turn(table))
        assert 0 < len(look) <= 16 and all(table[number] == text for number, text in look.items())
        seen += look
    assert set(seen) == set(range(entries)) == set(table)


def test_what_ends_goes_and_what_comes_meanwhile_stands_last() -> None:
    table = dict.fromkeys(range(40), "")
    for number in [number for number, _ in in_turn(table)]:
        del table[number]
    table[0] = "again"
    assert next(iter(in_turn(table)))[0] == 16
    assert len(table) == 25
    assert list(table)[8] == 0  # the look has put 16 others behind it
