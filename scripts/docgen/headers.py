"""What the headers of the modules say: their first sentences, and what differs from the standard library."""

from __future__ import annotations

import ast
import re
from pathlib import Path

__all__ = ["differences", "differences_of", "header", "rooms"]

_DIFFERS = "Differs from the stdlib in:"


def header(path: Path) -> str:
    """The docstring of a module; empty where there is none."""
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def rooms(root: Path) -> str:
    """One line per module: its first sentence."""
    source = root / "src" / "mpiprocessing"
    lines = ["| file | what it is for |", "| --- | --- |"]
    for path in sorted(source.rglob("*.py"), key=lambda path: (len(path.parts), path.as_posix())):
        name = path.relative_to(source).as_posix()
        sentence = " ".join(header(path).split("\n\n")[0].split())
        lines.append(f"| [{name}](../src/mpiprocessing/{name}) | {_cell(sentence)} |")
    return "\n".join(lines)


def differences_of(path: Path) -> list[str]:
    """The items below "Differs from the stdlib in:" in a module's header, as they stand there."""
    _, found, rest = header(path).partition(_DIFFERS)
    if not found:
        return []
    body = rest.strip("\n").split("\n\n")[0]
    return [" ".join(item.split()).rstrip(";.") for item in re.split(r"^- ", body, flags=re.MULTILINE)[1:]]


def differences(root: Path) -> str:
    """The lists of all modules, each under the module's name."""
    parts = []
    for path in sorted((root / "src" / "mpiprocessing").glob("*.py")):
        items = differences_of(path)
        if items:
            parts.append(f"`{path.stem}`:\n\n" + "\n".join(f"- {item}" for item in items))
    return "\n\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
