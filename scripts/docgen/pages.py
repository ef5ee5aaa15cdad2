"""The pages with generated parts: between `<!-- begin: NAME -->` and `<!-- end: NAME -->` stands what the code says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from docgen import headers, protocol, sheet

__all__ = ["PARTS", "all_pages", "filled"]

PARTS: dict[str, dict[str, Callable[[Path], str]]] = {
    "house.md": {"rooms": headers.rooms},
    "protocol.md": {"messages": protocol.tables, "values": protocol.values},
    "differences.md": {"totals": sheet.totals},
}

_NOTE = " (written by scripts/docs)"


def all_pages(root: Path) -> Iterator[tuple[Path, str, str]]:
    """Each page, its text as it is, and as it should be."""
    for name, parts in PARTS.items():
        path = root / "docs" / "en" / name
        now = path.read_text(encoding="utf-8")
        made = {part: make(root) for part, make in parts.items()}
        if name == "differences.md":
            made |= headers.parts(root, now)
        yield path, now, filled(now, made)


def filled(text: str, parts: dict[str, str]) -> str:
    """A page with its parts put in place.

    Raises:
        ValueError: a part has no place on the page.
    """
    for part, content in parts.items():
        begin, end = f"<!-- begin: {part}{_NOTE} -->", f"<!-- end: {part} -->"
        pattern = re.compile(f"({re.escape(begin)}\n).*?({re.escape(end)})", re.DOTALL)
        text, count = pattern.subn(lambda match, made=content: f"{match[1]}{made}\n{match[2]}", text)
        if count != 1:
            raise ValueError(f"a page needs {begin!r} and {end!r} once each, and has them {count} times")
    return text
