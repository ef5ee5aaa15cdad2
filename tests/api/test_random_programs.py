"""Random programs on every kind of object give the same on mpiprocessing as on the standard library.

`python -m tests.fuzz programs --seconds 600 --seed 1` plays others. What was found so far has become behaviours of
`tests/contract`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.programs import generator
from tests.fuzz.programs.duel import Duel, show


@pytest.mark.parametrize("first", [0, 5000])
def test_programs_give_the_same_on_both_libraries(first: int, tmp_path: Path) -> None:
    duel = Duel(tmp_path, limit=50.0)
    different = duel.play([generator.make(first + number) for number in range(10)])
    assert not different, "\n".join(show(difference) for difference in different)


def test_every_kind_of_object_and_every_verb_is_played() -> None:
    programs = [generator.make(seed) for seed in range(400)]
    kinds = {kind for program in programs for kind, *_ in program.objects.values()}
    assert kinds == {*generator.KINDS, "Pool"}
    verbs = {step.verb for program in programs for step in program.steps}
    assert verbs >= {
        "call",
        "take",
        "pool",
        "scene",
        "child",
        "make",
        "drop",
        "any",
        "attribute",
        "assign",
        "item",
        "repr",
    }
    scenes = {step.on for program in programs for step in program.steps if step.verb == "scene"}
    assert scenes == set(generator.SCENES)


def test_a_program_is_the_same_for_the_same_seed() -> None:
    assert repr(generator.make(7)) == repr(generator.make(7))
