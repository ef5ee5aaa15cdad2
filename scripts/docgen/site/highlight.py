"""Programs and terminals as HTML, with the classes that the theme has colours for."""

from __future__ import annotations

from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

__all__ = ["block", "python", "terminal"]


def python(source: str) -> str:
    """A piece of a Python program, coloured."""
    return block(highlight(source, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)).rstrip("\n"))


def terminal(commands: list[str], output: str) -> str:
    """Commands as they are typed, and below them what was printed."""
    typed = "".join(f'<span class="gp">$ </span>{escape(command)}\n' for command in commands)
    return block(f'{typed}<span class="go">{escape(output)}</span>'.rstrip("\n"))


def block(inside: str) -> str:
    """A block of code around what is HTML already."""
    return f'<div class="highlight"><pre><code>{inside}</code></pre></div>'
