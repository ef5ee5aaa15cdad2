"""The few helpers that the behaviours share: children that must end well, errors with their text, waiting."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

PATIENCE = 20.0  # seconds; only a behaviour that fails ever waits so long


def start(target: Callable[..., object], *args: Any, **options: Any) -> multiprocessing.Process:
    """Start a child.

    Args:
        target: what it calls.
        *args: what it is called with.
        **options: further arguments of Process, such as `name` or `daemon`.

    Returns:
        The started process.
    """
    child = multiprocessing.Process(target=target, args=args, **options)
    child.start()
    return child


def finish(*children: multiprocessing.Process) -> None:
    """Join children; a child that failed an assertion of its own fails the behaviour here."""
    for child in children:
        child.join()
    codes = {child.name: child.exitcode for child in children}
    assert set(codes.values()) <= {0}, f"exit codes {codes}; the tracebacks are on stderr"


@contextlib.contextmanager
def raises(
    kind: type[BaseException], text: str | None = None, *, begins: str | None = None
) -> Iterator[None]:
    """Expect an exception of exactly this type.

    The standard library's text is the first line; further lines may add the rank and the way out.

    Args:
        kind: the type.
        text: the whole first line, if it matters.
        begins: how the first line begins, if the rest may vary.

    Raises:
        AssertionError: nothing, or something else, was raised.
    """
    try:
        yield
    except BaseException as error:
        if type(error) is not kind:
            raise AssertionError(f"{kind.__name__} expected, got {error!r}") from error
        line = (str(error).splitlines() or [""])[0]
        assert text is None or line == text, f"text {text!r} expected, got {line!r}"
        assert begins is None or line.startswith(begins), f"text {begins!r}... expected, got {line!r}"
        # What the frames hold, the end of a pipe or a buffer, must not live on until the collector comes.
        traceback.clear_frames(error.__traceback__)
    else:
        raise AssertionError(f"{kind.__name__} expected, nothing was raised")


def until(condition: Callable[[], object]) -> None:
    """Look again and again until a condition holds that no message announces, such as a number of waiters."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"did not come true in {PATIENCE:.0f} s: {condition}"
        time.sleep(0.002)


def shows(text: str, *tokens: str) -> bool:
    """Tell whether these words stand in a repr in this order; others may stand between them."""
    words = iter(text.strip("<>").split(" "))
    return all(token in words for token in tokens)


@contextlib.contextmanager
def scratch_file() -> Iterator[str]:
    """Lend the path of an empty file, the one memory that processes share without the library's help."""
    number, path = tempfile.mkstemp(prefix="contract-")
    os.close(number)
    try:
        yield path
    finally:
        os.unlink(path)


def append(path: str, word: str) -> None:
    """Add a word to a scratch file, in one write."""
    with open(path, "a") as file:
        file.write(word + " ")


def words(path: str) -> list[str]:
    """Read what a scratch file holds."""
    with open(path) as file:
        return file.read().split()
