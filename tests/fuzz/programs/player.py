"""The player: plays programs in one job, one after the other, and records what every step gave.

    python -m tests.fuzz.programs.player PROGRAMS RECORD
    mpiexec -n 6 python -m mpiprocessing -m tests.fuzz.programs.player PROGRAMS RECORD

PROGRAMS is a pickle that `duel.py` made. The record has one line of JSON when a program begins and one when it has ended,
written at once: after a crash or a hang the culprit is the one that began and did not end.
"""

from __future__ import annotations

import array
import fcntl
import gc
import hashlib
import json
import multiprocessing as mp
import os
import pickle
import re
import sys
import termios
import time
from collections.abc import Callable
from multiprocessing.managers import BaseProxy
from typing import Any

from tests.fuzz.programs import scenes
from tests.fuzz.programs.generator import ACTORS, Program, Ref, Step

PATIENCE = 30.0  # seconds, for what must come

Table = dict[str, Any]


def neutral(text: str) -> str:
    """The same without addresses and without the names of modules: classes say whose they are."""
    return re.sub(r"\b(?:\w+\.)+(?=[A-Za-z_])", "", re.sub(r"0x[0-9a-f]+", "0x", text))


def shown(value: Any) -> str:
    """What a value looks like on either library."""
    text = neutral(repr(value)).replace(r"\x80\x05", r"\x80\x04")  # pickles: ours have the newer protocol
    if len(text) > 300:
        text = f"{text[:100]}… {len(text)} {hashlib.sha256(text.encode()).hexdigest()[:12]}"
    return text


def raised(error: BaseException) -> str:
    """What an exception looks like: its type and the first line of its text.

    The text of a TypeError is nobody's design: it names whatever line came first to the wrong object.
    """
    kind = type(error).__name__
    if isinstance(error, TypeError | AttributeError):
        return f"! {kind}"
    line = (str(error).splitlines() or [""])[0]
    return f"! {kind}: {neutral(line)}"


def outcome(work: Callable[[], Any], table: Table, keep: str = "") -> str:
    """Do it, and tell what came of it."""
    try:
        value = work()
    except BaseException as error:
        error.__traceback__ = None
        return raised(error)
    if isinstance(value, BaseProxy) or hasattr(value, "recv"):
        if keep:
            table[keep] = value
        return type(value).__name__
    return shown(value)


# ---- verbs ----------------------------------------------------------------------------------------------------------


def waiting_bytes(queue: Any) -> int:
    """How many bytes are in the kernel's pipe of a queue of the standard library."""
    count = array.array("i", [0])
    fcntl.ioctl(queue._reader.fileno(), termios.FIONREAD, count)
    return count[0]


def call(it: Any, method: str, *args: Any, **kwargs: Any) -> Any:
    """Call a method. The standard library's queues are given the time that their threads take: what was put is there."""
    if not (method.startswith("put") and hasattr(it, "_notempty") and not it._closed):
        return getattr(it, method)(*args, **kwargs)
    before = waiting_bytes(it)
    result = getattr(it, method)(*args, **kwargs)
    deadline = time.monotonic() + PATIENCE
    while waiting_bytes(it) <= before and time.monotonic() < deadline:
        time.sleep(0.0005)
    return result


def take(it: Any, method: str, *args: Any, **kwargs: Any) -> Any:
    """Receive, if there is something: nothing here waits for ever."""
    there = not it.empty() if method == "get" else it.poll(0)
    if not there:
        return "nothing"
    result = getattr(it, method)(*args, **kwargs)
    return (result, bytes(args[0])) if method == "recv_bytes_into" else result


def use(it: Any) -> Any:
    """Something that came out of another object: whatever it is, it can be used."""
    if hasattr(it, "poll"):
        return it.closed, it.closed or it.poll(0)
    return str(it) if isinstance(it, BaseProxy) and hasattr(it, "__len__") else type(it).__name__


def assign_item(it: Any, index: Any, value: Any) -> None:
    it[index] = value


def delete_item(it: Any, index: Any) -> None:
    del it[index]


VERBS: dict[str, Callable[..., Any]] = {
    "call": call,
    "take": take,
    "any": use,
    "attribute": getattr,
    "assign": setattr,
    "delete": delattr,
    "item": lambda it, index: it[index],
    "set_item": assign_item,
    "delete_item": delete_item,
    "len": len,
    "iterate": list,
    "contains": lambda it, item: item in it,
    "add": lambda it, other: it + other,
    "repr": repr,
    "str": str,
}


def pool_call(pool: Any, method: str, *args: Any, **kwargs: Any) -> Any:
    """Have a pool do something, and tell all that came of it."""
    result = getattr(pool, method)(*args, **kwargs)
    if method.endswith("_async"):
        return result.get(PATIENCE)
    if not method.startswith("imap"):
        return result
    found = []
    while True:
        try:
            found.append(shown(result.next(PATIENCE)))
        except StopIteration:
            break
        except mp.TimeoutError:
            raise
        except Exception as error:
            found.append(raised(error))
            if len(found) > 20:
                break
    return sorted(found) if method == "imap_unordered" else found


def child(target: Any, args: Any) -> Any:
    """A process of its own, from beginning to end."""
    process = mp.Process(target=target, args=args, name="child")
    stages: list[Any] = [process.exitcode, process.is_alive()]
    process.start()
    process.join(PATIENCE)
    stages += [process.exitcode, process.is_alive()]
    process.close()
    try:
        process.join()
    except ValueError as error:
        stages.append(str(error))
    return stages


def made(table: Table, kind: str, *args: Any) -> Any:
    """Make an object."""
    source: Any = mp
    if kind.startswith("manager."):
        source, kind = table["manager"], kind.removeprefix("manager.")
    if kind == "Process":
        return type(mp.Process(*args)).__name__
    return getattr(source, kind)(*args)


def perform(table: Table, step: Step) -> str:
    """Take a step in this process."""
    if step.verb == "drop":
        dropped = table.pop(step.on, None) is not None
        gc.collect()
        return f"dropped {dropped}"
    if step.verb == "child":
        return outcome(lambda: child(*step.args), table)
    if step.verb == "make":
        return outcome(lambda: type(made(table, *step.args)).__name__, table)
    if step.verb == "part":
        part, me = scenes.SCENES[step.on], step.args[0]
        try:
            return shown(part(me, step.kwargs or table["scenes"][step.on]))
        except BaseException as error:
            return raised(error)
    it = table.get(step.on)
    if it is None:
        return "gone"
    args = [table.get(arg.name) if isinstance(arg, Ref) else arg for arg in step.args]
    verb = pool_call if step.verb == "pool" else VERBS[step.verb]
    return outcome(lambda: verb(it, *args, **step.kwargs), table, step.kept)


# ---- processes ------------------------------------------------------------------------------------------------------


def actor(orders: Any, table: Table) -> None:
    """One of the children: takes the steps that it is told to take."""
    orders.send("here")  # what the main process lets go from now on, this one holds
    for step in iter(orders.recv, None):
        orders.send(perform(table, step))


class Stage:
    """The processes of a program, and its objects."""

    def __init__(self, program: Program, manager: Any) -> None:
        self.told: list[str] = []
        self.table: Table = {}
        self.manager = manager
        for name, (kind, *args) in program.objects.items():
            self._make(name, kind, args)
        named = [step.on for step in program.steps if step.verb == "scene"]
        self.scenes = {name: scenes.objects(name, mp, manager) for name in named}
        self.children: list[Any] = []
        self.orders: list[Any] = []
        shared = {name: it for name, it in self.table.items() if name != "pool"}
        for number in range(1, ACTORS):
            ours, theirs = mp.Pipe()
            process = mp.Process(
                target=actor,
                args=(theirs, shared | {"scenes": self.scenes, "manager": None}),
                name=f"actor-{number}",
            )
            process.start()
            theirs.close()
            self.children.append(process)
            self.orders.append(ours)
            self._answer(number)
        self.table["manager"] = manager

    def _make(self, name: str, kind: str, args: list[Any]) -> None:
        source = self.manager if kind.startswith("manager.") else mp
        it = getattr(source, kind.rpartition(".")[2])(*args)
        if kind == "Pipe":
            self.table[f"{name}.0"], self.table[f"{name}.1"] = it
        else:
            self.table[name] = it

    def play(self, step: Step) -> str:
        """Take a step, wherever it is to be taken."""
        if step.verb == "scene":
            return self._scene(step.on)
        if step.by == 0:
            return perform(self.table, step)
        return self._told(step.by, step)

    def _told(self, by: int, step: Step) -> str:
        self.orders[by - 1].send(step)
        return self._answer(by)

    def _answer(self, by: int) -> str:
        orders = self.orders[by - 1]
        if not orders.poll(3 * PATIENCE):
            raise TimeoutError(f"actor {by} gives no answer")
        answer: str = orders.recv()
        return answer

    def _scene(self, name: str) -> str:
        for by in range(1, ACTORS):
            self.orders[by - 1].send(Step(by, "part", name, (by,)))
        parts = [perform({}, Step(0, "part", name, (0,), self.scenes[name]))]
        parts += [self._answer(by) for by in range(1, ACTORS)]
        return str(together(name, parts))

    def close(self) -> str:
        """The end: everybody goes home."""
        pool = self.table.pop("pool", None)
        for orders in self.orders:
            orders.send(None)
        for process in self.children:
            process.join(PATIENCE)
        codes = [process.exitcode for process in self.children]
        if pool is not None:
            pool.terminate()
            pool.join()
        return f"exit codes {codes}"


def together(name: str, parts: list[str]) -> Any:
    """What the processes of a scene gave, as far as it is determined."""
    if any(part.startswith("!") for part in parts):
        return parts
    if name == "overfill":
        return sum(int(part.rpartition(" ")[2].rstrip(")")) for part in parts)
    return sorted(parts) if name == "meet" else parts


def play(program: Program, manager: Any, file: Any) -> list[str]:
    """Play a program, and note each step before it is taken; returns what each gave, and the end."""
    stage = Stage(program, manager)
    told = []
    try:
        for step in program.steps:
            note(file, event="step", step=repr(step)[:500])
            told.append(stage.play(step))
    finally:
        end = stage.close()
    return [*told, end]


def main(programs: str, record: str) -> None:
    """Play programs.

    Args:
        programs: the pickle.
        record: the file to append to.
    """
    with open(programs, "rb") as file:
        todo: list[Program] = pickle.load(file)
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - children that fail are part of it
    with mp.Manager() as manager, open(record, "a", encoding="utf-8") as file:
        for number, program in enumerate(todo):
            note(file, number=number, event="began", library=mp.Process.__module__)
            try:
                told = play(program, manager, file)
            except BaseException as error:
                told = [f"the player failed: {raised(error)}"]
            note(file, number=number, event="ended", told=told)


def note(file: Any, **fields: Any) -> None:
    file.write(json.dumps(fields) + "\n")
    file.flush()


if __name__ == "__main__":
    if method := os.environ.get("FUZZ_START_METHOD"):
        mp.set_start_method(method)
    main(sys.argv[1], sys.argv[2])
