"""What a pool says of the tasks that were lost with a worker."""

from __future__ import annotations

import functools
import operator
import pickle

import pytest

from mpiprocessing.core import payload
from mpiprocessing.core.errors import WorkerDied
from mpiprocessing.core.failures import Death
from mpiprocessing.core.homes.tasks import Task
from mpiprocessing.pools.losses import Loss, describe
from mpiprocessing.pools.worker import APPLY, CALL, MAP, STARCALL, STARMAP


class Unseen:
    def __repr__(self) -> str:
        raise ValueError


@pytest.mark.parametrize(
    ("how", "data", "said"),
    [
        (APPLY, ((1, "b"), {"c": 3}), "mul(1, 'b', c=3)"),
        (CALL, 17, "task 4, mul(17)"),
        (CALL, (1, 2), "task 4, mul((1, 2))"),
        (STARCALL, (1, 2), "task 4, mul(1, 2)"),
        (MAP, (1, 2), "task 4, mul for each of [1, 2]"),
        (
            STARMAP,
            ((1, 2), (3, 4), (5, 6), (7, 8)),
            "task 4, mul for each of [1, 2, 3, 4, 5, 6, … (4 in all)]",
        ),
    ],
)
def test_a_task_is_described_as_its_caller_knows_it(how, data, said):
    task = Task(9, 1, how, payload.dumps(data), part=4)
    assert describe(task, payload.dumps(operator.mul)) == said
    assert describe(task, payload.dumps(functools.partial(operator.mul, 2))) == said


def test_arguments_that_are_long_are_cut():
    task = Task(9, 1, CALL, payload.dumps("x" * 10_000), part=4)
    assert len(describe(task, payload.dumps(len))) < 100


def test_what_cannot_be_shown_is_named_all_the_same():
    task = Task(9, 1, CALL, payload.dumps(Unseen()), part=4)
    assert "Unseen" in describe(task, payload.dumps(operator.mul)) or "cannot be shown" in describe(
        task, payload.dumps(operator.mul)
    )


def test_the_error_of_a_task_says_where_and_is_the_same_after_a_journey():
    task = Task(9, 1, CALL, payload.dumps(17), part=4, deaths=3)
    loss = Loss(Death(2, "node7", 11), "PoolWorker-2", [], [(task, payload.dumps(len))])
    error = loss.error(*loss.given_up[0])
    assert "task 4, len(17), was given up: 3 workers have died of it" in str(error)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is WorkerDied and str(copy) == str(error)
    assert (copy.rank, copy.host, copy.signal, copy.process, copy.task) == (
        *(2, "node7", 11, "PoolWorker-2"),
        "task 4, len(17)",
    )
