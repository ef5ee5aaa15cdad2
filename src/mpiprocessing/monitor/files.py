"""The directory of a job's status: how rank 0 and those who look at the job meet, with nothing but a shared disk between them.

    status.json      written by rank 0: under another name first, then renamed, so that nobody ever reads half of it
    ask-NAME         made by who looks: "3" for the stack of rank 3, "all" for all
    told-NAME        rank 0's answer; who asked takes it away

No port, no ssh, no other rank. Shared disks are slow to show what another host has made (NFS: up to a minute), so an answer may
take its time.
"""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from time import monotonic_ns
from typing import Any

__all__ = ["FILE", "answer", "ask", "prepare", "read", "requests", "take_answer", "withdraw", "write"]

FILE = "status.json"

_ASK, _TOLD = "ask-", "told-"

_LONGEST = 64
"""Bytes of a question that are read."""


def prepare(directory: str) -> None:
    """Make the directory, and see that files can be made in it; what was asked of an earlier job goes.

    Raises:
        OSError: they cannot.
    """
    os.makedirs(directory, exist_ok=True)
    for name in os.listdir(directory):
        if name.startswith((_ASK, _TOLD)):
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(directory, name))
    _put(directory, FILE, "{}\n")


def write(directory: str, status: dict[str, Any]) -> None:
    """Put a new status in the place of the old one.

    Raises:
        OSError: it cannot be written.
    """
    _put(directory, FILE, json.dumps(status, ensure_ascii=False, indent=1) + "\n")


def read(directory: str) -> dict[str, Any]:
    """The status as it was written last.

    Raises:
        OSError: there is none.
        ValueError: it is none.
    """
    with open(os.path.join(directory, FILE), encoding="utf-8") as file:
        status = json.load(file)
    if not isinstance(status, dict):
        raise ValueError("it holds no status")
    return status


def ask(directory: str, what: str) -> str:
    """Ask for something. Returns the name of the question.

    Raises:
        OSError: it cannot be put there.
    """
    name = uuid.uuid4().hex[:12]
    _put(directory, _ASK + name, what)
    return name


def withdraw(directory: str, name: str) -> None:
    """Nobody waits for that answer any more."""
    for prefix in (_ASK, _TOLD):
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(directory, prefix + name))


def requests(directory: str) -> list[tuple[str, str]]:
    """What was asked since the last call, each with its name."""
    found = []
    try:
        names = sorted(name for name in os.listdir(directory) if name.startswith(_ASK))
    except OSError:
        return []
    for name in names:
        path = os.path.join(directory, name)
        with contextlib.suppress(OSError, ValueError):
            with open(path, encoding="ascii") as file:
                found.append((name.removeprefix(_ASK), file.read(_LONGEST).strip()))
        with contextlib.suppress(OSError):
            os.unlink(path)
    return found


def answer(directory: str, name: str, text: str) -> None:
    """Answer a question.

    Raises:
        OSError: it cannot be put there.
    """
    _put(directory, _TOLD + name, text)


def take_answer(directory: str, name: str) -> str | None:
    """The answer to a question; None as long as there is none."""
    path = os.path.join(directory, _TOLD + name)
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError:
        return None
    with contextlib.suppress(OSError):
        os.unlink(path)
    return text


def _put(directory: str, name: str, text: str) -> None:
    path = os.path.join(directory, name)
    new = os.path.join(directory, f".{name}.{os.getpid()}.{monotonic_ns()}")
    try:
        with open(new, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        os.replace(new, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(new)
        raise
