"""The order of the pages, from the catalogue; and which page is which."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docgen.site.shape import headings
from docgen.site.words import LANGUAGES, WORDS, Language
from mpi_examples.catalogue import CATALOGUE
from mpi_examples.pattern import Pattern

__all__ = [
    "ABRIDGED",
    "INSIDE",
    "LEARNER",
    "all_pages",
    "navigation",
    "page_of",
    "pattern_of",
    "title_of",
    "wanting",
]

LEARNER = ("index.md", "tutorial.md", "dictionary.md", "faq.md", "tracing.md", "watch.md")
REFERENCE = (
    "doctor.md",
    "differences.md",
    "clients.md",
    "cluster.md",
    "launchers.md",
    "checkpoint.md",
    "reproducible.md",
    "benchmark.md",
    "waiting.md",
    "hangs.md",
    "monitoring.md",
    "exit-status.md",
    "faults.md",
    "security.md",
)
INSIDE = ("house.md", "protocol.md", "growth.md", "developing.md")
WHOLE = {
    "benchmark.md",
    "checkpoint.md",
    "cluster.md",
    "doctor.md",
    "faults.md",
    "growth.md",
    "launchers.md",
    "monitoring.md",
    "reproducible.md",
    "security.md",
}
ABRIDGED = {*REFERENCE, *INSIDE} - WHOLE  # in Chinese these are short, and lead to the English ones

_PATTERNS = {f"catalogue/{pattern}.md": pattern for pattern in CATALOGUE}


def page_of(pattern: Pattern) -> str:
    """The page of a pattern, below the folder of a language."""
    return f"catalogue/{pattern}.md"


def pattern_of(page: str) -> Pattern | None:
    """The pattern that a page is about, None for any other page."""
    return _PATTERNS.get(page)


def all_pages() -> list[str]:
    """Every page that each language has, in reading order."""
    return [*LEARNER[:2], *_PATTERNS, *LEARNER[2:], *REFERENCE, *INSIDE]


def navigation(language: Language, there: set[str] | None = None) -> list[Any]:
    """The navigation as MkDocs takes it; a page is called by its own heading.

    Args:
        language: whose words to use.
        there: the pages to name, None for all.
    """
    words = WORDS[language]

    def some(pages: Any) -> list[str]:
        return [page for page in pages if there is None or page in there]

    families = [
        {name: some(page_of(pattern) for pattern in CATALOGUE if pattern.family == family)}
        for family, name in words.families.items()
    ]
    menu: list[Any] = [
        *[{words.menu["home"]: page} for page in some(["index.md"])],
        {words.menu["tutorial"]: [*some(["tutorial.md"]), *families]},
        *some(LEARNER[2:]),
        {words.menu["reference"]: some(REFERENCE)},
        {words.menu["inside"]: some(INSIDE)},
    ]
    return _without_empty(menu)


def wanting(root: Path) -> list[str]:
    """The pages that should be there and are not, and those that nothing leads to.

    Args:
        root: the project's folder.
    """
    found = []
    for language in LANGUAGES:
        folder = root / "docs" / language
        there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.md")}
        found += [f"docs/{language}/{page} is missing" for page in all_pages() if page not in there]
        found += [
            f"docs/{language}/{page} has no place in the navigation"
            for page in sorted(there - {*all_pages()})
        ]
    return found


def title_of(root: Path, language: Language, page: str) -> str:
    """What a page is called: its heading."""
    path = root / "docs" / language / page
    titles = headings(path.read_text(encoding="utf-8"), 1) if path.is_file() else []
    return titles[0].replace("`", "") if titles else page


def _without_empty(menu: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for entry in menu:
        if isinstance(entry, dict):
            entry = {
                name: below if isinstance(below, str) else _without_empty(below)
                for name, below in entry.items()
            }
            if not any(entry.values()):
                continue
        kept.append(entry)
    return kept
