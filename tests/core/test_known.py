"""The functions that a worker knows are for each task what they were when they were sent."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from mpiprocessing.core import payload
from mpiprocessing.pools.known import Known

LARGE = 1 << 20
"""Bytes that travel beside their message."""


class Model:
    def __init__(self, size: int) -> None:
        self.seen: list[int] = []
        self.data = np.zeros(size, np.uint8)

    def ask(self, item: int) -> tuple[list[int], int]:
        self.seen.append(item)
        self.data += 1
        return self.seen, int(self.data.max())


def known(function: Any) -> Known:
    content = payload.dumps(function)
    return Known(payload.owned(content))


@pytest.mark.parametrize("size", [8, LARGE])
def test_what_a_task_changes_is_not_found_by_the_next(size: int) -> None:
    function = known(Model(size).ask)
    assert [function.for_task()(item) for item in range(4)] == [([item], 1) for item in range(4)]


def test_what_a_task_keeps_stays_what_it_was() -> None:
    function = known(Model(LARGE).ask)
    kept: Any = function.for_task()
    kept(0)
    assert function.for_task()(1) == ([1], 1)
    assert kept(2) == ([0, 2], 2)


def test_the_memory_of_the_last_task_is_used_again() -> None:
    function = known(Model(LARGE).ask)

    def address() -> int:
        method: Any = function.for_task()
        return int(method.__self__.data.__array_interface__["data"][0])

    assert address() == address()


def test_arguments_of_a_partial() -> None:
    function = known(functools.partial(np.add.at, np.zeros(LARGE), 0))
    for _ in range(2):
        task: Any = function.for_task()
        task(1)
        assert task.args[0][0] == 1


@pytest.mark.parametrize(
    "function",
    [len, Model, functools.partial(int, "7"), dict.fromkeys],
    ids=["C", "class", "partial", "classmethod"],
)
def test_a_function_without_state_is_read_once(function: Any) -> None:
    one = known(function)
    assert one.for_task() is one.for_task()


def test_one_that_cannot_be_read_says_so_in_each_task() -> None:
    class Gone:
        def __reduce__(self) -> Any:
            return int, ("no number",)

    one = Known(payload.dumps(Gone()))
    for _ in range(2):
        with pytest.raises(ValueError, match="no number"):
            one.for_task()(1)
