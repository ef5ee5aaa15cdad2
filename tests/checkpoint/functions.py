"""Functions and values whose fingerprints are compared between interpreters; run as a program it prints them."""

from __future__ import annotations

import datetime
import decimal
import functools
import json
import pathlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

LIMIT = 3
NAMES = frozenset({"alpha", "beta", "gamma"})


@dataclass
class Point:
    x: float
    tags: set[str] = field(default_factory=set)

    def norm(self) -> float:
        return helper(self.x)

    def __call__(self, y: float) -> float:
        return self.norm() + y


def helper(x: float) -> float:
    return second(x) if x > LIMIT else x


def second(x: float) -> float:
    return helper(x - 1)


def plain(x: Any, k: int = 2, *, names: Any = NAMES) -> Any:
    """Its docstring."""
    return [helper(x) * k for _ in range(3) if x in {"alpha", "beta"} or x not in NAMES]


@functools.lru_cache
def cached(x: int) -> int:
    return x + LIMIT


def closed(a: Any) -> Any:
    values = {"set": {"u", "v", "w"}, "a": a}

    def inner(x: Any) -> Any:
        return lambda: (inner, values, x)

    return inner


def circle() -> list[Any]:
    value: list[Any] = [1]
    value.append(value)
    return value


FUNCTIONS: dict[str, Any] = {
    "plain": plain,
    "lambda": lambda x: x + LIMIT,
    "cached": cached,
    "closed": closed(7),
    "partial": functools.partial(plain, k={"s", "t"}),
    "method": Point(2.0, {"m", "n"}).norm,
    "object": Point(2.0, {"m", "n"}),
    "class": Point,
    "builtin": len,
    "ufunc": np.sqrt,
    "bound builtin": [1, 2].index,
}

VALUES: dict[str, Any] = {
    "set": {"a", "b", "c", "d"},
    "nested": {"k": [{"x", "y"}, (1, 2.5, None, True, b"z", 1j)], frozenset({"p", "q"}): "v"},
    "array": np.arange(12.0).reshape(3, 4)[:, ::2],
    "empty": np.zeros((0, 3), dtype="i2"),
    "dates": np.array(["2024-01-01"], dtype="M8[D]"),
    "structured": np.zeros(2, dtype=[("a", "i4"), ("b", "f8")]),
    "objects": np.array([{"r", "s"}, "t"], dtype=object),
    "scalar": np.float32(1.5),
    "object": Point(1.0, {"e", "f", "g"}),
    "rest": [
        datetime.date(2024, 1, 2),
        decimal.Decimal("1.5"),
        pathlib.PurePosixPath("a/b"),
        range(3),
        slice(1, 2),
    ],
    "ordered": OrderedDict(a=1, b=2),
    "generator": np.random.default_rng(5),
    "circle": circle(),
}


def fingerprints() -> dict[str, Any]:
    from mpiprocessing.checkpoint.fingerprint import of_function, of_value

    found: dict[str, Any] = {name: of_function(function) for name, function in FUNCTIONS.items()}
    return {**found, **{f"value {name}": of_value(value).hex() for name, value in VALUES.items()}}


if __name__ == "__main__":
    print(json.dumps(fingerprints()))
