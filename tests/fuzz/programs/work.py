"""What pools and children are given to do: functions of a module that every process can import."""

from __future__ import annotations

import os
import sys


def square(x: int) -> int:
    return x * x


def same(x: object) -> object:
    return x


def add(a: int, b: int) -> int:
    return a + b


def fail(x: object) -> None:
    raise ValueError(f"no {x!r}")


def fail_on_three(x: int) -> int:
    if x == 3:
        raise KeyError(x)
    return x


def divide(a: int, b: int) -> float:
    return a / b


def long(x: int) -> str:
    return "y" * 1000 * x


def leave(status: object) -> None:
    sys.exit(status)  # type: ignore[arg-type]


def vanish(status: int) -> None:
    os._exit(status)


def end() -> None:
    """An ordinary end."""
