"""Python in colours: a program as lines of HTML, each complete in itself."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup, escape
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String

from mpiprocessing.compare.visible import visible

__all__ = ["highlight"]

_CLASSES = (
    (Comment, "c"),
    (String, "s"),
    (Number, "m"),
    (Keyword, "k"),
    (Operator.Word, "k"),
    (Name.Function, "d"),
    (Name.Class, "d"),
    (Name.Decorator, "d"),
    (Name.Builtin, "b"),
)


def highlight(source: str) -> list[Markup]:
    """Colour a program.

    Args:
        source: its text, which need not be one that Python understands.

    Returns:
        Its lines, counted as `aligned.lines_of` does; a class of one letter says what a word is: comment, string,
        number (m), keyword, name that is defined, builtin.
    """
    if not source:
        return []
    lines: list[list[Markup]] = [[]]
    for text, kind in _words(visible(source).removesuffix("\n")):
        for number, piece in enumerate(text.split("\n")):
            if number:
                lines.append([])
            if piece:
                word = escape(piece)
                lines[-1].append(Markup("<b class={}>{}</b>").format(kind, word) if kind else word)
    return [Markup("").join(line) for line in lines]


def _words(source: str) -> Iterator[tuple[str, str]]:
    lexer = PythonLexer(stripnl=False, ensurenl=False)
    for token, text in lexer.get_tokens(source):
        yield text, next((name for kind, name in _CLASSES if token in kind), "")
