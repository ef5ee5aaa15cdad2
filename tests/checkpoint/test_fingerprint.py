"""Fingerprints: the same in every process, another for every change that counts, and named by what has changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpiprocessing.checkpoint.fingerprint import NoFingerprint, of_function, of_value
from mpiprocessing.launch.mpiexec import Completed

PROGRAM = Path(__file__).with_name("functions.py")


def printed(hash_seed: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(PROGRAM)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_same_in_every_run_and_under_our_runner(launch: Callable[..., Completed]) -> None:
    first = printed("0")
    for seed in ("1", "2", "12345"):
        assert printed(seed) == first
    done = launch(["-m", "mpiprocessing", str(PROGRAM)], ranks=1)
    assert json.loads(done.stdout) == first, done.stderr
    assert len({json.dumps(value) for value in first.values()}) == len(first)


BEFORE = """
FACTOR = 2
WORDS = ("a", "b")

def helper(x):
    return x + 1

def other(x):
    return x

class Model:
    rate = 0.5
    def run(self, x):
        return x * self.rate

def make(k):
    def work(x, y=1, *, z=2):
        '''Says what it does.'''
        return helper(x) * FACTOR + k + len(WORDS) + Model().run(y)
    return work

work = make(5)
"""


def module(source: str) -> Any:
    made = types.ModuleType("changing")
    sys.modules["changing"] = made
    try:
        exec(compile(source, "changing.py", "exec", dont_inherit=True), made.__dict__)
    finally:
        del sys.modules["changing"]
    return made


def changed(old: str, new: str) -> list[str]:
    """Which parts have another fingerprint when the source is changed so."""
    assert old in BEFORE
    before = of_function(module(BEFORE).work)[1]
    after = of_function(module(BEFORE.replace(old, new)).work)[1]
    return [label for label in {**before, **after} if before.get(label) != after.get(label)]


@pytest.mark.parametrize(
    ("old", "new", "labels"),
    [
        ("helper(x) *", "helper(x) /", ["the code of it"]),
        ("return x + 1", "return x + 2", ["the code of 'helper'"]),
        ("FACTOR = 2", "FACTOR = 3", ["the global 'FACTOR' in the code of it"]),
        ('("a", "b")', '("a", "c")', ["the global 'WORDS' in the code of it"]),
        ("y=1", "y=2", ["the default 'y' of it"]),
        ("z=2", "z=3", ["the default 'z' of it"]),
        ("make(5)", "make(6)", ["the variable 'k' around the code of it"]),
        ("rate = 0.5", "rate = 0.6", ["the attribute 'rate' of 'Model'"]),
        ("x * self.rate", "x / self.rate", ["the code of 'Model.run'"]),
        ("return x\n\nclass", "return -x\n\nclass", []),  # it calls that one nowhere
        ("def helper", "# a comment\n\n\ndef helper", []),
        ("Says what it does", "Says it in other words", []),
    ],
)
def test_what_has_changed_is_named(old: str, new: str, labels: list[str]) -> None:
    assert changed(old, new) == labels


def test_functions_that_all_call_each_other_take_no_longer_than_they_are_many() -> None:
    names = [f"f{n}" for n in range(60)]
    source = "".join(f"def {name}(x): return [{', '.join(f'{n}(x)' for n in names)}]\n" for name in names)
    name, parts = of_function(module(source).f0)
    assert name == "f0" and len(parts) == 60


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=3)
    | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=2), inner)
    ),
    max_leaves=6,
)


def typed(value: Any) -> Any:
    """A value with its types, as 1 == 1.0 == True."""
    if isinstance(value, list | tuple):
        return type(value), [typed(item) for item in value]
    if isinstance(value, dict):
        return dict, [(key, typed(item)) for key, item in sorted(value.items())]
    return type(value), repr(value)


@given(VALUES, VALUES)
def test_equal_if_and_only_if_the_values_are(one: Any, two: Any) -> None:
    assert (of_value(one) == of_value(two)) == (typed(one) == typed(two))


def test_neither_order_nor_identity_nor_layout_matter() -> None:
    word = "".join(["a", "b"])
    assert of_value([word, word]) == of_value(["ab", "".join(["a", "b"])])
    assert of_value({"a": 1, "b": 2}) == of_value({"b": 2, "a": 1})
    array = np.arange(6.0).reshape(2, 3)
    assert of_value(array) == of_value(np.asfortranarray(array))
    assert of_value(array) != of_value(array.reshape(3, 2))
    assert of_value(array) != of_value(array.astype("f4"))


def test_what_says_nothing_of_itself_is_refused() -> None:
    with pytest.raises(NoFingerprint, match="lock"):
        of_value([1, __import__("threading").Lock()])
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(NoFingerprint, match="nested"):
        of_value(deep)
