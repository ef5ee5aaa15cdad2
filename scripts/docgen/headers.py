"""What the headers of the modules say: their first sentences, and what differs from the standard library."""

from __future__ import annotations

import ast
import re
from pathlib import Path

__all__ = ["differences", "differences_of", "header", "parts", "rooms"]

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
        lines.append(f"| [{name}](../../src/mpiprocessing/{name}) | {_cell(sentence)} |")
    return "\n".join(lines)


def differences_of(path: Path) -> list[str]:
    """The items below "Differs from the stdlib in:" in a module's header, as they stand there."""
    _, found, rest = header(path).partition(_DIFFERS)
    if not found:
        return []
    body = rest.strip("\n").split("\n\n")[0]
    return [" ".join(item.split()).rstrip(";.") for item in re.split(r"^- ", body, flags=re.MULTILINE)[1:]]


def differences(root: Path) -> dict[str, list[str]]:
    """The lists of all modules, by the name of the module or of the folder that it is in."""
    source = root / "src" / "mpiprocessing"
    found: dict[str, list[str]] = {}
    for path in sorted(source.rglob("*.py")):
        name = path.relative_to(source).parts[0].removesuffix(".py")
        found.setdefault(name, []).extend(differences_of(path))
    return {name: items for name, items in found.items() if items}


def parts(root: Path, page: str) -> dict[str, str]:
    """The lists as parts of a page: "traps of NAME" where it has a place for that name, all others in "other traps"."""
    found = differences(root)
    wanted = re.findall(r"<!-- begin: traps of (\w+) ", page)
    parts = {f"traps of {name}": _list(found.pop(name, [])) for name in wanted}
    others = [f"`{name}`:\n\n{_list(items)}" for name, items in found.items()]
    return {**parts, "other traps": "\n\n".join(others)}


def _list(items: list[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
