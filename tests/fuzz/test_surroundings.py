"""Whatever a program sets for its whole process, and its children for theirs, all objects go on."""

from __future__ import annotations

import pytest

from tests.fuzz.programs import surroundings


@pytest.mark.parametrize("group", surroundings.GROUPS)
def test_the_surroundings_of_a_program_are_its_own(launch, group):
    done = launch(["-m", "mpiprocessing", surroundings.__file__, group], ranks=4)
    assert (done.status, done.stdout, done.stderr) == (0, "fine\n", "")
