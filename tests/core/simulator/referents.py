"""Random programs on what a manager keeps: plain and other content, slow calls, proxies inside, ends in the middle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpiprocessing.core.serverthreads import ServerThreads
from mpiprocessing.managed.proxies import AutoProxy, DictProxy, ListProxy
from mpiprocessing.managed.server import Server
from mpiprocessing.managed.tokens import call
from mpiprocessing.synchronize import Lock
from tests.core.simulator.notes import here, me, note, noted
from tests.core.simulator.ranks import Task
from tests.core.simulator.world import World

__all__ = ["referents", "referents_counted", "referents_lost", "server"]


class SimulatedThreads(ServerThreads):
    """Every call is made by a thread of its own, and goes on when the schedule says so."""

    def __init__(self, world: World) -> None:
        super().__init__()
        assert world.running is not None
        self._world, self._runtime = world, world.running.runtime

    def submit(self, thread: int, job: Callable[[], None], awaited: bool = True) -> None:
        self._world.tasks.append(Task(self._world, self._runtime, job, main=False))


class Thing:
    """Content that is not plain."""

    def __init__(self, value: object) -> None:
        self.value = value


class Slow:
    """An object whose methods take their time."""

    def __init__(self) -> None:
        self.sums: list[int] = []

    def add(self, number: int, steps: int) -> int:
        """Give way some times, then count."""
        for _ in range(steps):
            me().give_way()
        self.sums.append(number)
        return number

    def fail(self, text: str) -> None:
        """Raise."""
        raise LookupError(text)


REGISTRY: dict[str, Any] = {
    "dict": (dict, DictProxy._exposed_, None, DictProxy),
    "list": (list, ListProxy._exposed_, None, ListProxy),
    "slow": (Slow, None, None, AutoProxy),
}


def server() -> Server:
    """A server in the process that runs."""
    return Server(REGISTRY, "Manager-1", SimulatedThreads(here()))


def make(keeper: Server, typeid: str, *args: Any) -> Any:
    """An object of that type and a proxy for it."""
    token, exposed = call(keeper.token, "create", (typeid, *args))
    return REGISTRY[typeid][-1](token, "pickle", exposed=exposed)


def referents(world: World) -> None:
    """What was set is there, each call is made once, and what nobody holds any more is let go."""
    world.run(referents_main, False)


def referents_lost(world: World) -> None:
    """The server ends while it is used: every caller is told, nobody waits for ever, nothing is left."""
    world.run(referents_main, True)


def referents_main(ending: bool) -> None:
    world, random = here(), here().random
    keeper = server()
    table, slow = make(keeper, "dict"), make(keeper, "slow")
    users = [world.start(user, number, table, slow, 5) for number in range(len(world.ranks))]
    victims = random.sample(users, random.randint(0, 1))
    use(99, table, slow, random.randint(0, 5))
    for victim in victims:
        world.terminate(victim)
    if ending:
        for _ in range(random.randint(0, 40)):
            me().give_way()
        keeper.end("has been shut down")
        world.join(*users)
        return
    world.join(*users)
    content = table.copy()
    for key, plain in noted("set"):
        assert key in content and (plain or content[key].value == key), f"{key} was set and is not there"
    added = slow._getvalue().sums
    for number in noted("added"):
        assert added.count(number) == 1, f"{number} was added {added.count(number)} times"


def user(number: int, table: Any, slow: Any, times: int) -> None:
    try:
        use(number, table, slow, times)
    except (OSError, EOFError):
        note("lost", number)


def use(number: int, table: Any, slow: Any, times: int) -> None:
    random = here().random
    for turn in range(times):
        key = (number, turn)
        what = random.choice(["plain", "plain", "told", "thing", "nested", "slow", "fail", "absent"])
        if what == "slow":
            serial = number * 1000 + turn
            assert slow.add(serial, random.randint(0, 6)) == serial
            note("added", serial)
        elif what == "nested":
            table[("inner", *key)] = table
            assert table[("inner", *key)]._id == table._id
            del table[("inner", *key)]
        elif what in ("fail", "absent"):
            expect_error(what, table, slow)
        elif what == "told":
            table[f"{number}.{turn}"] = turn
            assert table[f"{number}.{turn}"] == turn
        else:
            table[key] = key if what == "plain" else Thing(key)
            note("set", (key, what == "plain"))
            value = table[key]
            assert (value if what == "plain" else value.value) == key


def referents_counted(world: World) -> None:
    """Who gets a lock finds what its last holder has set, plain or not, although nobody waits for it."""
    world.run(counted_main)


def counted_main() -> None:
    world, random = here(), here().random
    table, guard, times = make(server(), "dict"), Lock(), random.randint(1, 6)
    table["count"] = 0
    users = [world.start(count_up, table, guard, times) for _ in range(len(world.ranks) - 1)]
    count_up(table, guard, times)
    world.join(*users)
    assert table["count"] == times * (len(users) + 1)


def count_up(table: Any, guard: Lock, times: int) -> None:
    for _ in range(times):
        with guard:
            if here().random.random() < 0.2:
                table["thing"] = Thing(1)
            table["count"] = table["count"] + 1


def expect_error(what: str, table: Any, slow: Any) -> None:
    try:
        if what == "fail":
            slow.fail("on purpose")
        else:
            table["absent"]
    except LookupError:
        return
    raise AssertionError("nothing was raised")
