"""The player: it plays the behaviours of one topic in one job, one after the other, and keeps a record.

    python play.py RECORD TOPIC [NAME ...]
    mpiexec -n 5 python -m mpiprocessing play.py RECORD TOPIC [NAME ...]

The record has one JSON line when a behaviour is started and one when it has finished, written at once: after a
crash or a hang the culprit is the one that was started and did not finish. Its name goes to stderr as well, to
part what the behaviours write there. With CONTRACT_START_METHOD set, that method is chosen first; this is for the
standard library alone.
"""

from __future__ import annotations

import gc
import importlib
import json
import multiprocessing
import os
import sys
import traceback
from collections.abc import Callable
from typing import IO

PREFIX = "check_"


def greet(connection: multiprocessing.connection.Connection) -> None:
    """Stand for a target that is defined in the main module."""
    connection.send((multiprocessing.current_process().name, __name__))


def main(record: str, topic: str, names: list[str]) -> None:
    """Play behaviours of a topic.

    Args:
        record: the file to append to.
        topic: a module of `behaviours`.
        names: the behaviours without their prefix; all if empty.
    """
    if method := os.environ.get("CONTRACT_START_METHOD"):
        multiprocessing.set_start_method(method)
    module = importlib.import_module(f"behaviours.{topic}")
    known = [name.removeprefix(PREFIX) for name in vars(module) if name.startswith(PREFIX)]
    with open(record, "a") as file:
        note(file, event="playing", library=multiprocessing.Process.__module__)
        for name in names or known:
            note(file, event="started", name=name)
            print(f"=== {name}", file=sys.stderr, flush=True)
            trouble = play(getattr(module, PREFIX + name))
            note(file, event="finished", name=name, ok=not trouble, traceback=trouble)


def play(behaviour: Callable[[], None]) -> str:
    """Play one behaviour and tidy up after it.

    Returns:
        Its traceback, or who it left running; empty if all is well.
    """
    trouble = ""
    try:
        behaviour()
    except Exception:
        trouble = traceback.format_exc()
    gc.collect()  # a pipe or pool that nobody holds any more is gone before the next behaviour looks
    left = multiprocessing.active_children()
    for child in left:
        child.terminate()
        child.join()
    return trouble or (f"left running: {left}" if left else "")


def note(file: IO[str], **fields: object) -> None:
    """Add a line to the record, safe from a crash right after it."""
    file.write(json.dumps(fields) + "\n")
    file.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
