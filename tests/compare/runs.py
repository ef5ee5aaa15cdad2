"""Runs made by hand, for the tests of the comparison that start nothing."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from mpiprocessing.compare.catalogue import Column, Subject
from mpiprocessing.compare.figures import Figures, Traffic
from mpiprocessing.compare.runner import Run
from mpiprocessing.compare.terminal import console_for

PLAIN = Column("multiprocessing", ("-m", "twin"), None)
OURS = Column("mpiprocessing", ("-m", "mpiprocessing", "-m", "twin"), 4)
BY_HAND = Column("mpi4py", ("-m", "mpiprocessing.compare.counted", "-m", "other"), 4)
FIGURES = Figures(4, {"send": Traffic(5, 2500), "bcast": Traffic(3, 54)}, 0.25)


def subject(**changes: Any) -> Subject:
    """A subject of three columns that expects nothing in particular."""
    return Subject(**{"name": "family/pattern", "columns": (PLAIN, OURS, BY_HAND), **changes})


def run(column: str, stdout: str, **changes: Any) -> Run:
    """A run that ended well within a second, with figures unless it is the standard library's."""
    figures = None if column == "multiprocessing" else FIGURES
    ended = {"status": 0, "stderr": "", "seconds": 1.0, "work_seconds": 0.25, "figures": figures}
    return Run(
        **{"column": column, "command": ("python", "-m", "twin"), "stdout": stdout, **ended, **changes}
    )


def shown(show: Any, *args: Any, width: int = 80) -> str:
    """What a function of the report prints on a terminal of this width."""
    console: Console = console_for(width=width)
    console.file = io.StringIO()
    show(console, *args)
    return console.file.getvalue()
