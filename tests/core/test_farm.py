"""A task farm, message by message: who gets which task, what is called back, which functions are kept, how far imap reads."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from mpiprocessing.core import payload
from mpiprocessing.core.homes.functions import KEEP, KEEP_BYTES, Functions, halved
from mpiprocessing.core.homes.portions import GRAIN, MOST, MOST_BYTES, Portions
from mpiprocessing.core.homes.taskfarm import AHEAD, AHEAD_BYTES, MOST_DEATHS, TaskFarmHome, TaskFarmStub
from mpiprocessing.core.homes.tasks import Task
from mpiprocessing.core.messages import (
    Buffer,
    Message,
    Payload,
    PoolFunction,
    PoolJoin,
    PoolRan,
    PoolRecall,
    PoolReturned,
    PoolRun,
    PoolStop,
    Ref,
    ToHome,
    number,
)
from mpiprocessing.pools.lookahead import BUDGET, LEAST, Window
from mpiprocessing.pools.worker import Results

HOME = number(0, 1)


class Farm:
    """A farm and its workers, each on a rank of its own; messages are delivered at once, tasks are run when told."""

    def __init__(
        self, workers: int, limit: int | None = None, known: bool = True, once: bool = False
    ) -> None:
        self.ended: list[int] = []
        self.home = TaskFarmHome(HOME, self.note, limit=limit, once=once)
        self.function = self.home.define(payload.dumps("function"))
        if known:
            self.home._portions.ran(self.function, 0, 0.0)
        self.stubs: dict[int, TaskFarmStub] = {}
        self.sent: list[Message] = []
        for worker in range(1, workers + 1):
            self.join(worker)

    def note(self, results: list[tuple[Task, bool, Payload]]) -> None:
        self.ended += [task.number for task, _, _ in results]

    def join(self, worker: int) -> None:
        stub = self.stubs[worker] = TaskFarmStub(HOME, number(worker, 1), 0)
        self.tell(PoolJoin(HOME, stub.number, stub.next_seq(), worker))

    def die(self, worker: int) -> tuple[list[Task], list[Task]]:
        """A worker's rank dies: what it had goes back, or is given up."""
        del self.stubs[worker]
        again, given_up = self.home.died(self.home.gone(worker)[1])
        self.deliver(self.home.put_back(again))
        return again, given_up

    def tell(self, message: ToHome) -> None:
        self.deliver(self.home.receive(message))

    def deliver(self, letters: list[tuple[int, Message]]) -> None:
        for rank, message in letters:
            self.sent.append(message)
            stub = self.stubs.get(rank)
            for answer in stub.notice(message) if stub is not None else []:  # type: ignore[arg-type]
                self.sent.append(answer)
                self.tell(answer)

    def submit(self, *tasks: int, size: int = 1) -> None:
        content = Payload(b"", (Buffer(bytearray(size)),)) if size > 1 else payload.dumps(None)
        self.deliver(self.home.submit([Task(task, self.function, "call", content) for task in tasks]))

    def begin(self, worker: int) -> int:
        given = self.stubs[worker].begin()
        assert given is not None
        return given[0]

    def end(self, worker: int, *tasks: int, seconds: float = 1.0, asked: bool = False) -> None:
        stub = self.stubs[worker]
        results = [Payload(b"") for _ in tasks]
        self.tell(PoolRan(HOME, stub.number, stub.next_seq(), list(tasks), results, [], seconds, asked))

    def run(self, worker: int, seconds: float = 1.0) -> int:
        task = self.begin(worker)
        self.end(worker, task, seconds=seconds)
        return task

    def at(self, worker: int) -> list[int]:
        return [task for task, *_ in self.stubs[worker].tasks]

    def count(self, kind: type[Message]) -> int:
        return sum(isinstance(message, kind) for message in self.sent)


def test_few_tasks_go_to_as_many_workers() -> None:
    farm = Farm(3)
    farm.submit(1, 2, 3, 4)
    assert [farm.at(worker) for worker in (1, 2, 3)] == [[3], [2], [1]]
    assert farm.home.waiting == 1
    farm.run(2)
    assert farm.at(2) == [4]


def test_of_plenty_some_are_given_ahead() -> None:
    farm = Farm(2)
    farm.submit(*range(100))
    assert len(farm.at(1)) == len(farm.at(2)) == AHEAD + 1
    assert farm.count(PoolFunction) == 2


def test_short_tasks_travel_together_and_so_do_their_results() -> None:
    farm = Farm(2)
    farm.submit(*range(1000))
    farm.end(1, farm.begin(1), seconds=GRAIN / 20)
    *_, run = (message for message in farm.sent if isinstance(message, PoolRun))
    assert len(run.tasks) == 20
    sent, given = farm.count(PoolRun), farm.at(1)
    farm.end(1, *(farm.begin(1) for _ in given), seconds=len(given) * GRAIN / 20)
    assert farm.count(PoolRun) == sent + 2
    assert len(farm.at(1)) == 40  # while the first half runs, the other one is there already


def test_towards_the_end_fewer_and_fewer_travel_together() -> None:
    farm = Farm(2)
    farm.submit(*range(300))
    while farm.home.waiting:
        for worker in (1, 2):
            farm.end(worker, *(farm.begin(worker) for _ in farm.at(worker)), seconds=0.0)
    sizes = [len(message.tasks) for message in farm.sent if isinstance(message, PoolRun)]
    assert max(sizes) > 40 and sizes[-3:] == [1, 1, 1] and farm.count(PoolRecall) <= 2


def test_tasks_of_several_functions_do_not_travel_together() -> None:
    farm = Farm(1)
    other = farm.home.define(payload.dumps("another function"))
    farm.submit(*range(10))
    farm.deliver(
        farm.home.submit([Task(task, other, "call", payload.dumps(None)) for task in range(10, 100)])
    )
    farm.deliver(
        farm.home.submit([Task(task, other, "apply", payload.dumps(None)) for task in range(100, 200)])
    )
    while farm.at(1):
        farm.end(1, *(farm.begin(1) for _ in farm.at(1)), seconds=0.0)
    runs = [message for message in farm.sent if isinstance(message, PoolRun)]
    kinds = [{(task >= 10) + (task >= 100) for task in run.tasks} for run in runs]
    assert all(len(kind) == 1 for kind in kinds) and max(len(run.tasks) for run in runs) > 10
    assert sorted(task for run in runs for task in run.tasks) == farm.ended == [*range(200)]


@pytest.mark.parametrize("content", [Payload(bytes(MOST_BYTES // 4)), Payload(b"", (Buffer(bytearray(1)),))])
def test_what_has_large_arguments_travels_with_few_or_alone(content: Payload) -> None:
    farm = Farm(1)
    farm.home.submit([Task(task, farm.function, "call", content) for task in range(100)])
    farm.end(1, 0, seconds=0.0)
    sizes = {len(message.tasks) for message in farm.sent if isinstance(message, PoolRun)}
    assert max(sizes) == (1 if content.buffers else 4)


def test_how_many_travel_together_follows_what_the_function_took_of_late() -> None:
    portions = Portions()
    assert portions.size(1, 1000) == 1
    portions.ran(1, 10, GRAIN)
    assert [portions.size(1, share) for share in (1000, 15, 6, 5, 0)] == [10, 5, 2, 1, 1]
    assert portions.size(2, 1000) == 1
    portions.ran(1, 1, 100 * GRAIN)
    assert portions.size(1, 1000) == 1
    for _ in range(100):
        portions.ran(1, 100, 0.0)
    assert portions.size(1, 10_000) == MOST
    portions.ran(2, 1, GRAIN)
    assert portions.size(1, 10_000) == MOST and portions.size(2, 10_000) == 1
    portions.waits(1)
    assert (
        portions.size(1, 10_000) == 1
        and not portions.ahead(1)
        and portions.ahead(2)
        and not portions.ahead(3)
    )
    for function in range(3, 200):
        portions.ran(function, 1, GRAIN)
    assert len(portions._known) <= 64


def test_what_comes_in_costs_the_same_with_many_workers() -> None:
    """Counted in steps of the interpreter, not in time."""
    steps = []
    for workers in (10, 1000):
        farm = Farm(workers)
        farm.submit(*range(2 * workers))
        steps.append(interpreted(lambda farm=farm: [farm.run(1), farm.submit(10_000), farm.run(2)]))  # type: ignore[misc]
    assert steps[0] == steps[1]


def interpreted(step: Callable[[], object]) -> int:
    lines = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal lines
        lines += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        step()
    finally:
        sys.settrace(before)
    return lines


class Rank:
    """What results need of their rank."""

    def __init__(self, stub: TaskFarmStub) -> None:
        self.stub = stub
        self.rank = 1
        self.runtime = self.node = self
        self.later: list[Callable[[], None]] = []
        self.sent: list[PoolRan] = []

    def post(self, stub: TaskFarmStub, kind: Callable[[int, int, int], PoolRan]) -> None:
        self.sent.append(kind(stub.home, stub.number, stub.next_seq()))


def test_results_leave_with_the_last_task_that_came_along_or_when_somebody_looks() -> None:
    rank: Any = Rank(TaskFarmStub(HOME, number(1, 1), 0))
    results = Results(rank)
    content = Payload(b"")
    results.add(1, True, content, 0.25, more=True)
    results.add(2, False, content, 0.5, more=True)
    assert rank.sent == [] and len(rank.later) == 1
    results.add(3, True, content, 1.0, more=False)
    assert [(ran.tasks, ran.failed, ran.seconds) for ran in rank.sent] == [([1, 2, 3], [2], 1.75)]
    rank.later.pop()()
    results.send()
    assert len(rank.sent) == 1  # there was nothing left
    results.add(4, True, content, 1.0, more=True)
    rank.later.pop()()
    results.add(5, True, content, 1.0, more=True)
    results.add(6, True, Payload(b"", (Buffer(bytearray(1)),)), 1.0, more=True)  # large: at once
    assert [ran.tasks for ran in rank.sent[1:]] == [[4], [5, 6]]


def test_of_a_new_function_nothing_is_given_ahead() -> None:
    farm = Farm(2, known=False)
    farm.submit(*range(100))
    assert farm.at(1) == [1] and farm.at(2) == [0]
    farm.end(2, farm.begin(2))
    assert farm.at(1) == [1] and len(farm.at(2)) > 1


def test_of_a_function_that_asks_other_processes_nothing_is_given_ahead() -> None:
    """The next task may wait for the one behind it, which must not be behind it on the same worker."""
    farm = Farm(2, known=False)
    farm.submit(*range(100))
    farm.end(2, farm.begin(2), seconds=GRAIN / 20, asked=True)
    assert [len(farm.at(worker)) for worker in (1, 2)] == [1, 1]


def test_what_was_on_its_way_to_a_worker_that_waits_is_called_back() -> None:
    farm = Farm(2)
    farm.submit(*range(100))
    farm.begin(1)
    stub = farm.stubs[1]
    crossing, stub.tasks = stub.tasks, type(stub.tasks)()  # it has said so before these came
    said = stub.waiting(HOME, stub.number, stub.next_seq())
    stub.tasks = crossing
    farm.tell(said)
    assert not farm.at(1)


def test_what_is_behind_a_task_that_waits_goes_back_and_nothing_follows() -> None:
    farm = Farm(2)
    farm.submit(*range(100))
    waits = farm.begin(1)
    assert len(farm.at(1)) > 1
    stub = farm.stubs[1]
    farm.tell(stub.waiting(HOME, stub.number, stub.next_seq()))
    assert farm.at(1) == []
    ran = []
    while farm.at(2):
        ran.append(farm.run(2))
    assert sorted([waits, *ran]) == [*range(100)] and farm.at(1) == []
    farm.submit(100, 101, 102, 103)
    assert farm.at(1) == [] and len(farm.at(2)) == 1, "the function is known to wait"
    farm.end(1, waits)
    assert len(farm.at(1)) == 1


def test_large_arguments_are_not_given_ahead() -> None:
    farm = Farm(2)
    farm.submit(*range(100), size=AHEAD_BYTES)
    assert len(farm.at(1)) == len(farm.at(2)) == 1


def test_what_waits_behind_a_long_task_is_called_back_for_whoever_is_idle() -> None:
    farm = Farm(2)
    farm.submit(*range(12))
    first = farm.begin(1)
    ran = []
    while farm.at(2):
        ran.append(farm.run(2))
    assert sorted([first, *ran]) == list(range(12))
    farm.end(1, first)
    assert sorted(farm.ended) == list(range(12))
    assert farm.count(PoolRecall) == farm.count(PoolReturned) <= 2


def test_an_idle_worker_that_comes_late_gets_what_others_have_not_begun() -> None:
    farm = Farm(1)
    farm.submit(0, 1, 2)
    farm.begin(1)
    assert farm.at(1) == [1]
    farm.join(2)
    farm.join(3)
    assert farm.at(2) == [2] and farm.at(3) == [1] and farm.at(1) == []


def test_a_worker_is_never_given_more_than_it_may_run() -> None:
    farm = Farm(2, limit=3)
    farm.submit(*range(100))
    assert len(farm.at(1)) == len(farm.at(2)) == 3
    for _ in range(3):
        farm.run(1)
    assert farm.at(1) == [] and farm.home.gone(1) == (True, [])
    farm.join(3)
    assert len(farm.at(3)) == 3


def test_tasks_that_are_called_back_do_not_count() -> None:
    farm = Farm(1, limit=4)
    farm.submit(0, 1, 2)
    farm.begin(1)
    farm.join(2)
    farm.join(3)
    assert [farm.at(worker) for worker in (1, 2, 3)] == [[], [2], [1]]
    farm.end(1, 0)
    farm.run(2)
    farm.run(3)
    farm.submit(*range(10, 40))
    assert [len(farm.at(worker)) for worker in (1, 2, 3)] == [3, 3, 3]


def test_a_worker_that_ends_leaves_its_tasks_in_order() -> None:
    farm = Farm(1)
    farm.submit(*range(10))
    farm.begin(1)
    joined, tasks = farm.home.gone(1)
    assert joined and [task.number for task in tasks] == [0, 1, 2, 3]
    farm.home.put_back(tasks[1:])
    farm.join(2)
    assert farm.at(2) == [1, 2, 3, 4]
    assert farm.home.gone(9) == (False, [])


def test_workers_of_a_closed_farm_leave_when_nothing_can_come_back() -> None:
    farm = Farm(2)
    farm.submit(*range(4))
    farm.deliver(farm.home.close())
    while farm.at(1):
        farm.run(1)
    assert farm.stubs[1].stopped is (len(farm.at(2)) < 2)
    while farm.at(2):
        farm.run(2)
    assert farm.stubs[1].stopped and farm.stubs[2].stopped and farm.count(PoolStop) == 2


def function(text: str, size: int = 0) -> Payload:
    return Payload(text.encode(), (Buffer(bytearray(size)),) if size else ())


def test_the_same_function_has_the_same_number() -> None:
    functions = Functions()
    one = functions.define(function("one"))
    assert functions.define(function("one")) == one != functions.define(function("two"))
    large = functions.define(function("one", 100_000))
    assert large not in (one, functions.define(function("one", 100_001)))
    assert functions.define(function("one", 100_000)) == large


def test_functions_travel_once_and_are_kept_for_a_while() -> None:
    functions = Functions()
    first = functions.define(function("first"))
    assert functions.knows(first)
    assert functions.copy_for(7, first) is not None and functions.copy_for(7, first) is None
    assert functions.release(first) == []
    forgotten = []
    for serial in range(KEEP):
        forgotten += functions.release(functions.define(function(str(serial))))
    assert [(number, stubs) for number, stubs, _ in forgotten] == [(first, [7])]
    assert not functions.knows(first)
    assert functions.define(function("first")) != first


def test_functions_that_tasks_name_are_never_forgotten() -> None:
    functions = Functions()
    used = functions.define(function("used"))
    for serial in range(3 * KEEP):
        functions.release(functions.define(function(str(serial))))
    assert functions.copy_for(7, used) is not None


def test_of_large_functions_the_last_is_kept() -> None:
    functions = Functions()
    numbers = [functions.define(function(str(serial), KEEP_BYTES)) for serial in range(3)]
    forgotten: list[Any] = []
    for number_ in numbers:
        forgotten += functions.release(number_)
    assert [number_ for number_, _, _ in forgotten] == numbers[:2]


@pytest.mark.parametrize("workers", [1, 3, 20])
def test_every_copy_of_a_function_has_a_share_of_its_handles(workers: int) -> None:
    functions = Functions()
    whole = Payload(b"pickle", (), (Ref(5, 0, 0, 2),))
    number_ = functions.define(whole)
    copies = [functions.copy_for(stub, number_) for stub in range(workers)]
    (left,) = functions.clear()
    shares = [content.refs[0].share for content in [*copies, left] if content is not None]
    assert sum(2.0**-share for share in shares) == 2.0**-2
    assert halved(Payload(b"nothing inside")) == Payload(b"nothing inside")


def test_imap_reads_two_items_for_each_worker_however_large() -> None:
    window = Window(3)
    for _ in range(6):
        assert window.has_room()
        window.enter(BUDGET)
    assert not window.has_room()
    window.answered(BUDGET, 1)
    assert not window.has_room(stopped=True)
    window.leave(1)
    assert window.has_room(stopped=True)


def test_imap_reads_so_many_small_items_and_goes_on_when_an_eighth_is_taken() -> None:
    window = Window(3)
    read = 0
    while window.has_room():
        window.enter(1)
        read += 1
    assert read == BUDGET // LEAST
    taken = 0
    while not window.has_room(stopped=True):
        window.leave(1)
        taken += 1
    assert taken == read // 8 + 1
    window.unbounded = True
    for _ in range(read):
        window.enter(1)
    assert window.has_room()


def test_results_count_instead_of_their_arguments() -> None:
    window = Window(1)
    for _ in range(4):
        window.enter(BUDGET // 4)
    assert not window.has_room()
    for _ in range(4):
        window.answered(BUDGET // 4, 10)
    assert window.has_room()


def test_a_task_runs_where_its_run_message_went() -> None:
    farm = Farm(2)
    farm.submit(1, 2)
    runs = [message for message in farm.sent if isinstance(message, PoolRun)]
    assert [(run.stub >> 32, run.tasks) for run in runs] == [(2, [1]), (1, [2])]


def test_a_farm_that_is_over_keeps_nothing() -> None:
    farm = Farm(2)
    content = payload.dumps(None)
    held = Payload(content.body, (), (Ref(number(0, 9), 0, 0, 3),))
    farm.deliver(farm.home.submit([Task(task, farm.function, "call", held) for task in range(12)]))
    waiting, given = farm.home.waiting, [len(farm.at(worker)) for worker in (1, 2)]
    farm.home.drop()
    shares = {ref.share for content in farm.home.discarded for ref in content.refs}
    assert (len(farm.home.discarded), shares) == (waiting + 1, {3})  # and the function
    farm.home.discarded.clear()
    joined, tasks = farm.home.gone(1)
    farm.deliver(farm.home.lost(tasks[0]))
    farm.deliver(farm.home.put_back(tasks[1:]))
    assert joined and len(tasks) == given[0]
    assert [ref.share for content in farm.home.discarded for ref in content.refs] == [4] * given[0]
    farm.home.discarded.clear()
    late = farm.home.define(payload.dumps("another function"))
    farm.deliver(farm.home.submit([Task(99, late, "call", held)]))
    farm.deliver(farm.home.release(late))
    assert len(farm.home.discarded) == 2 and not farm.home.waiting


# ---- workers that die ----------------------------------------------------------------------------------------------------


def test_what_a_dead_worker_had_counts_one_death_and_then_runs_alone() -> None:
    farm = Farm(2)
    farm.submit(*range(12))
    had = [task.number for task in farm.home._workers[farm.stubs[1].number].tasks.values()]
    assert len(had) > 1
    again, given_up = farm.die(1)
    assert [task.number for task in again] == had and not given_up
    assert {task.deaths for task in again} == {1}
    farm.join(3)
    assert farm.at(3) == had[:1], "the first of them is not alone"


def test_a_task_is_given_up_after_so_many_deaths() -> None:
    farm = Farm(0)
    farm.submit(1)
    for worker in range(1, MOST_DEATHS + 1):
        farm.join(worker)
        again, given_up = farm.die(worker)
        assert len(again) == (worker < MOST_DEATHS)
    assert [task.number for task in given_up] == [1]
    farm.deliver(farm.home.lost(given_up[0]))
    assert farm.home.waiting == 0


def test_where_tasks_begin_once_each_is_alone_and_none_runs_again() -> None:
    farm = Farm(2, once=True)
    farm.submit(*range(6))
    assert [len(stub.tasks) for stub in farm.stubs.values()] == [1, 1]
    again, given_up = farm.die(1)
    assert not again and len(given_up) == 1


def test_a_job_that_is_withdrawn_is_begun_no_more_and_others_go_on() -> None:
    farm = Farm(2)
    unbegun: list[int] = []
    farm.home._unbegun = lambda tasks: unbegun.extend(task.number for task in tasks)

    def task(number: int) -> Task:
        return Task(number, farm.function, "call", payload.dumps(None), job=number % 2)

    farm.deliver(farm.home.submit([task(number) for number in range(20)]))
    running = {farm.begin(worker) for worker in (1, 2)}
    assert any(number % 2 for worker in (1, 2) for number in farm.at(worker)), "some were given ahead"
    farm.deliver(farm.home.withdraw_job(1))
    assert set(unbegun) == {number for number in range(20) if number % 2} - running
    farm.deliver(farm.home.submit([task(21)]))
    assert unbegun.count(21) == 1
    for worker in (1, 2):
        farm.end(worker, *farm.home._workers[farm.stubs[worker].number].tasks.keys() & running)
    left = [even for even in range(0, 20, 2) if even not in running]
    assert sorted(farm.run(1 if farm.at(1) else 2) for _ in left) == left
    assert len(unbegun) == len(set(unbegun))
