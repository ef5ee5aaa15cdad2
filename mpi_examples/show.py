"""The two programs of a pattern, side by side in a terminal.

Theory of operation: the programs have the same functions in the
same order, so each is cut into its top-level parts and parts of
the same name share a row: however long one side is, the reader
finds the other side of the same function at the same height. A
terminal too narrow for two columns gets one above the other.
"""

from __future__ import annotations

import ast

from rich import box
from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from mpi_examples.catalogue import CATALOGUE, Pattern, after

__all__ = [
    "how_to_run",
    "parts",
    "render_catalogue",
    "render_pattern",
]

COLUMNS = 68  # what a line of a program may take
FRAME = 7  # what the table draws and pads around two columns


def render_catalogue() -> RenderableType:
    """The catalogue as a table: a row a pattern, in order."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("pattern", "ranks", "what it answers"):
        table.add_column(heading, overflow="fold")
    for pattern in CATALOGUE:
        ranks = f"{pattern.min_ranks}+"
        if pattern.max_ranks is not None:
            ranks = f"{pattern.min_ranks}-{pattern.max_ranks}"
        table.add_row(str(pattern), ranks, Text(pattern.question))
    return table


def render_pattern(pattern: Pattern, width: int) -> RenderableType:
    """Both programs of a pattern.

    Args:
        pattern: what to show.
        width: the columns of the terminal; two programs stand
            side by side from 143 on.

    Returns:
        What a rich Console prints.
    """
    if width >= 2 * COLUMNS + FRAME:
        sources: RenderableType = _side_by_side(pattern)
    else:
        sources = _stacked(pattern)
    return Group(_heading(pattern), sources)


def how_to_run(pattern: Pattern) -> str:
    """The commands for the three columns, and what to read next.

    Args:
        pattern: whose programs to run.

    Returns:
        Lines to be printed as they are: a command that a
        renderer has wrapped cannot be copied any more.
    """
    mpiexec = f"mpiexec -n {max(4, pattern.min_ranks)} python -m"
    module = pattern.multiprocessing_module
    lines = [
        "Run it:",
        f"  python -m {module}",
        f"  {mpiexec} mpiprocessing -m {module}",
        f"  {mpiexec} {pattern.mpi4py_module}",
    ]
    if pattern.broken:
        lines.append("How it hangs, and why (status 3):")
    for program in pattern.broken:
        module = pattern.broken_module(program)
        lines.append(f"  {mpiexec} mpiprocessing watch -m {module}")
    following = after(pattern)
    if following is not None:
        lines.append(f"Next: {following}, {following.title}")
    return "\n".join(lines)


def parts(source: str) -> dict[str, str]:
    """Cut a program into its top-level parts.

    Args:
        source: the text of the program.

    Returns:
        The text of each part: "docstring", "names" (imports and
        constants), each function and class under its own name,
        and "start" (what follows them). Together, with a blank
        line or two between them, they are the whole program.
    """
    lines = source.splitlines()
    cut: dict[str, list[str]] = {}
    end = 0
    for node in ast.parse(source).body:
        part = cut.setdefault(_part(node), [])
        part += lines[end : node.end_lineno]
        end = node.end_lineno or end
    return {name: "\n".join(cut[name]).strip("\n") for name in cut}


def _part(node: ast.stmt) -> str:
    match node:
        case ast.FunctionDef() | ast.ClassDef():
            return node.name
        case ast.Expr(value=ast.Constant()):
            return "docstring"
        case ast.If():
            return "start"
        case _:
            return "names"


def _side_by_side(pattern: Pattern) -> Table:
    left = parts(pattern.multiprocessing_source)
    right = parts(pattern.mpi4py_source)
    table = Table(box=box.MINIMAL, pad_edge=False, show_lines=True)
    table.add_column("with_multiprocessing.py", width=COLUMNS)
    table.add_column("with_mpi4py.py", width=COLUMNS)
    for name in left | right:
        sides = (left.get(name, ""), right.get(name, ""))
        table.add_row(*(_python(side) for side in sides))
    return table


def _stacked(pattern: Pattern) -> Group:
    return Group(
        Rule("with_multiprocessing.py"),
        _python(pattern.multiprocessing_source, word_wrap=True),
        Rule("with_mpi4py.py"),
        _python(pattern.mpi4py_source, word_wrap=True),
    )


def _python(source: str, *, word_wrap: bool = False) -> Syntax:
    return Syntax(
        source,
        "python",
        theme="ansi_dark",
        background_color="default",
        word_wrap=word_wrap,
    )


def _heading(pattern: Pattern) -> Text:
    return Text(f"{pattern}: {pattern.title}\n", style="bold")
