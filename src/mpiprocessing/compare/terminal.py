"""A terminal that shows text as it is: nothing that a program printed is obeyed, or taken for markup; a bar while it waits."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from mpiprocessing.compare.visible import visible

__all__ = ["bar", "console_for", "printable"]


def console_for(*, stderr: bool = False, width: int | None = None) -> Console:
    """Make a console that never takes a program's output for markup.

    Args:
        stderr: write to stderr instead of stdout.
        width: the number of columns, the terminal's own if None.

    Returns:
        The console.
    """
    return Console(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)


def printable(text: str, style: str = "") -> Text:
    """Make a program's output safe to show: no markup, and control characters as their pictures.

    Args:
        text: what a program printed, or what it or its file is called.
        style: of all of it.

    Returns:
        The same characters, an escape sequence being visible instead of obeyed.
    """
    return Text(visible(text), style=style)


def bar(console: Console, unit: str) -> Progress:
    """Make a bar that says how far something is: on a terminal only, and gone when it is done.

    Args:
        console: where.
        unit: what is counted, in the plural.

    Returns:
        The bar, without a task.
    """
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
