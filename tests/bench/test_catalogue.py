"""The works against the programmes: whatever the catalogue names is there, and nothing is left over."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mpiprocessing.bench import works as folder
from mpiprocessing.bench.catalogue import FAMILIES, UnknownWorkError, select, works
from mpiprocessing.bench.columns import BARE, COLUMNS, PEERS, STDLIB, column_of

PROGRAMS = Path(folder.__file__).parent
RANKS = (2, 3, 4, 16)
HERE = works(4)
PLAYED = [work for work in HERE if work.family != "startup"]

TABLE = {  # what is measured: by family, in order
    "pipes": "tuple bytes-8 bytes-1k bytes-64k bytes-1m bytes-8m bytes-64m array-1k array-64k array-1m array-8m array-64m",
    "queues": "1-1-small 1-1-8m n-1-small n-1-8m 1-n-small 1-n-8m n-n-small n-n-8m",
    "gates": "lock-alone lock-fight semaphore-alone semaphore-fight condition event barrier-2 barrier-3 barrier-4",
    "managers": "dict-set dict-get value-set value-get",
    "pools": "map-tiny-each map-tiny-auto map-even-each map-even-auto map-unequal-each map-unequal-auto apply imap",
    "life": "memory start-join",
    "startup": "job job-loaded import",
    "idleness": "idle-ranks idle-workers waiting first-message busy-queue busy-lock busy-dict",
    "oversubscription": "map-4 map-8 map-16 queue-4 queue-8 queue-16 barrier-4 barrier-8 barrier-16",
}


def table_of(program: Path) -> dict[str, str]:
    """The table WORKS of a programme, read without importing it: its library may not be there."""
    for node in ast.parse(program.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "WORKS":
            assert isinstance(node.value, ast.Dict)
            return {
                ast.literal_eval(key): ast.unparse(value)
                for key, value in zip(node.value.keys, node.value.values, strict=True)
            }
    raise AssertionError(f"{program} has no table WORKS")


def test_the_list_is_complete():
    assert TABLE.keys() == FAMILIES.keys()
    found = {family: " ".join(work.name for work in HERE if work.family == family) for family in FAMILIES}
    assert found == TABLE


@pytest.mark.parametrize("ranks", RANKS)
def test_names_are_unique_whatever_the_ranks(ranks):
    names = [str(work) for work in works(ranks)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("ranks", "parties"), [(2, [2]), (5, [2, 3, 4, 5]), (20, [2, 3, 4, 8, 16, 20])])
def test_barriers_are_there_for_numbers_of_processes_up_to_the_ranks(ranks, parties):
    assert [
        work.parties for work in works(ranks) if work.curve == "barrier" and work.family == "gates"
    ] == parties


@pytest.mark.parametrize("work", PLAYED, ids=str)
def test_every_column_has_a_programme_or_a_reason(work):
    for column in COLUMNS:
        program = PROGRAMS / work.folder / f"{column.programs}.py"
        able = program.exists() and work.function in table_of(program)
        if not column.peer:
            assert able or column.name in work.without, column.name
        elif column.name in work.peers:
            assert able, column.name


@pytest.mark.parametrize(
    "program", sorted(PROGRAMS.glob("*/with_*.py")), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_every_programme_is_used(program):
    columns = [column for column in COLUMNS if column.programs == program.stem]
    assert columns
    if program.parent.name == "startup":
        return
    used = {
        work.function
        for work in PLAYED
        if work.folder == program.parent.name and any(not c.peer or c.name in work.peers for c in columns)
    }
    assert table_of(program).keys() <= used


def test_targets_are_against_columns_that_do_the_work():
    for work in HERE:
        for target in work.targets:
            assert target.most > 0
            if target.against:
                assert target.against in (STDLIB, BARE, *work.peers)
                assert target.against not in work.without
        assert all(column_of(name).peer for name in work.peers)


def test_works_are_chosen_by_family_name_and_pattern():
    names = [str(work) for work in select(["pools/map-tiny-*", "life"], HERE)]
    assert names == ["pools/map-tiny-each", "pools/map-tiny-auto", "life/memory", "life/start-join"]
    assert select([], HERE) == HERE
    with pytest.raises(UnknownWorkError, match=r"no work fits 'pipe'; families: pipes, .*--list"):
        select(["pipes", "pipe"], HERE)


def test_peers_are_columns():
    assert set(PEERS) < {column.name for column in COLUMNS}
