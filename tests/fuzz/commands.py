"""Command lines that nobody would write: each is a usage error with status 2 or a plan that makes sense, never a traceback.

The commands are called in this process, with what would start programs replaced: it notes the plan, and checks that it is one.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import random
import sys
import tempfile
import time
import types
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from mpiprocessing import __main__ as command
from mpiprocessing.launch import mpiexec

__all__ = ["COMMANDS", "attempt", "draw", "run"]

_PROGRAM = "prog.py"
_OPTIONS = {
    "run": ("-m", "-c", "--trace", "--trace=", "--trace=t.json", "--keep-multiprocessing", "--help", "-h", "--",
            "--report-ranks", "--label", "--log-dir", "--log-dir=", "--status", "--status=s", "--progress", "--progress=bar",
            "--progress=3", "--progress=nan", "--report", "--report=r.json"),
    "status": ("--follow", "--stack", "--stack=1", "--timeout=1", "--all", "--json", "--help", "--"),
    "trace": ("-m", "-c", "--trace", "--trace=", "--trace=t.json", "--help", "-h", "--"),
    "compare": ("-n", "--ranks", "--json", "--html", "--trace", "--timeout", "--show-commands", "--help", "--", "-n3",
                "--timeout=5", "--ranks=2", "--no", "--j", "queue", "channels/queue"),
    "bench": ("-n", "--repeat", "--quick", "--peers", "--json", "--html", "--markdown", "--strict", "--list", "--help",
              "--show-commands", "pipes", "pools/*", "--"),
    "launch": ("-n", "--timeout", "-m", "-c", "--", "-n3", "--help"),
    "examples": ("show", "--help", "queue", "channels/queue", "-x", "--"),
}  # fmt: skip
_WORDS = (
    "", " ", "-", "--", "---", "-1", "0", "1", "2", "4", "007", "1e3", "1e400", "nan", "inf", "-inf", "٣", "²",
    "9" * 5000, "0x10",
    _PROGRAM, "no.py", ".", "/", "..", "/proc/version", "out", "no/such/out", "/dev/full/x", "é", "𝄞", "\udcff",
    "a b", "*", "[",
    "?[", "%s", "{}", "$HOME", "`id`", "\n", "\t", "\x1b[2J", "x" * 5000, "@file", "-m", "module", "print(1)", "[red]",
    "compare", "bench", "trace", "-nan", "--json=-", "--html=.", "--trace=.", "--timeout=0", "--timeout=-1", "--timeout=nan",
    "--timeout=inf", "--repeat=0", "--repeat=x", "--repeat=2", "--ranks=0", "--ranks=1",
)  # fmt: skip


def draw(r: random.Random, name: str) -> list[str]:
    """The words of a command line."""
    words = [r.choice(_OPTIONS[name] if r.random() < 0.6 else _WORDS) for _ in range(r.randint(0, 6))]
    if r.random() < 0.3:
        words.insert(r.randint(0, len(words)), _PROGRAM)
    return words


# ---- what would start something -------------------------------------------------------------------------------------


class BadPlanError(AssertionError):
    """A command line was accepted, and what it asks for cannot be done."""


def _check_run(program: Any, plan: Any, *, at_once: bool, wanted: Any) -> int:
    if program.kind not in ("script", "module", "code") or not all(
        isinstance(word, str) for word in program.argv
    ):
        raise BadPlanError(f"{program}")
    wanted.check()
    if not all(isinstance(text, str) for text in (wanted.log_dir, wanted.status, wanted.report)):
        raise BadPlanError(f"{vars(wanted)}")
    return 0


def _check_ranks(ranks: Any) -> None:
    if type(ranks) is not int or not 1 <= ranks < 1 << 31:
        raise BadPlanError(f"{str(ranks)[:50]} ranks")


def _check_launch(args: Any, ranks: Any, *, timeout: Any, **others: Any) -> mpiexec.Completed:
    _check_ranks(ranks)
    if not args or not timeout > 0 or math.isnan(timeout):
        raise BadPlanError(f"{args!r:.100} with a time limit of {timeout}")
    return mpiexec.Completed([], 0, "", "", 0.0, False)


def _check_compare(subjects: Any, runner: Any) -> list[Any]:
    for subject in subjects:
        for column in subject.columns:
            if column.ranks is not None:
                _check_ranks(column.ranks)
    if not runner._timeout > 0 or math.isnan(runner._timeout):
        raise BadPlanError(f"a time limit of {runner._timeout}")
    return []


def _check_bench(runner: Any, columns: Any, ranks: Any) -> Any:
    _check_ranks(ranks)
    if not list(runner.visits()):
        raise BadPlanError("nothing to measure")
    raise KeyboardInterrupt  # it would take minutes


def _main(*words: str) -> Callable[[list[str]], int]:
    def call(arguments: list[str]) -> int:
        with mock.patch.object(sys, "argv", ["mpiprocessing", *words, *arguments]):
            return command.main()

    return call


@contextlib.contextmanager
def _harmless() -> Iterator[None]:
    from mpiprocessing.bench import cli as bench
    from mpiprocessing.compare import cli as compare

    traced = types.SimpleNamespace(main=lambda arguments, file, usage: None)  # the module itself starts MPI
    name = "mpiprocessing.compare.counting"
    counting = types.ModuleType(name)
    counting.tracedprogram = traced  # type: ignore[attr-defined]
    with (
        mock.patch.object(command, "run", _check_run),
        mock.patch.object(compare, "_run", _check_compare),
        mock.patch.object(compare, "_show", lambda *args, **kwargs: None),
        mock.patch.object(compare.environment, "find", lambda ranks: "here"),
        mock.patch.object(compare.html, "page", lambda *args: ""),
        mock.patch.object(bench, "_measure", _check_bench),
        mock.patch.object(bench, "end_by_signal", lambda: None),
        mock.patch.object(compare, "end_by_signal", lambda: None, create=True),
        mock.patch.object(mpiexec, "end_by_signal", lambda: None),
        mock.patch.object(mpiexec, "run", _check_launch),
        mock.patch.dict(sys.modules, {name: counting}),
    ):
        yield


def _examples(arguments: list[str]) -> int:
    from mpi_examples.__main__ import main

    return main(arguments)


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "run": _main(),
    "trace": _main("trace"),
    "status": _main("status"),
    "compare": _main("compare"),
    "bench": _main("bench"),
    "launch": mpiexec.main,
    "examples": _examples,
}
"""What is attacked, by name."""

_ALLOWED = {0, 2, 130}


def attempt(name: str, words: list[str]) -> int:
    """Call a command with these words.

    Returns:
        Its status.

    Raises:
        AssertionError: it accepted what cannot be done, or ended in another way than with 0, or with 2 and a reason.
        Exception: what it raised; nothing may be.
    """
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", errors) for errors in ("strict", "backslashreplace"))
    with tempfile.TemporaryDirectory(prefix="mpiprocessing-fuzz-") as folder, contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        stack.enter_context(_harmless())
        here = os.getcwd()
        stack.callback(os.chdir, here)
        os.chdir(folder)
        with open(_PROGRAM, "w", encoding="utf-8") as file:
            file.write("print(1)\n")
        try:
            status = COMMANDS[name](list(words))
        except SystemExit as end:
            status = 0 if end.code is None else end.code if type(end.code) is int else 1
        err.flush()
        told = err.buffer.getvalue().decode("utf-8")  # type: ignore[attr-defined]
    assert status in _ALLOWED, f"status {status}: {told}"
    assert status != 2 or told.strip(), "status 2 without a reason"
    assert "Traceback" not in told, told
    return status


def run(seconds: float, seed: int) -> tuple[str, bool]:
    """Attack command lines until the time is over; see `frames.run`."""
    r, until, count, refused = random.Random(seed), time.monotonic() + seconds, 0, 0
    while time.monotonic() < until:
        name = r.choice(sorted(COMMANDS))
        words = draw(r, name)
        count += 1
        try:
            refused += attempt(name, words) == 2
        except Exception as error:
            print(f"{name} {words!r:.300}: {type(error).__name__}: {error!s:.300}")
            return f"commands: {count} command lines, the last one went wrong", False
    return f"commands: {count} command lines, {refused} refused", True
