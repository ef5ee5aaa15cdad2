"""The shape of a pattern's page: which headings, which directives, in which order; and whether a page has it.

A directive is a comment alone on a line, `<!-- NAME -->` or `<!-- NAME: ARGUMENT -->`. What stands in its place when the
site is built, fragments.py makes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from docgen.site.words import WORDS, Language

__all__ = [
    "ANYWHERE",
    "DIRECTIVE",
    "Directive",
    "directives",
    "faults",
    "headings",
    "joined",
    "prose_faults",
    "slug",
]

DIRECTIVE = re.compile(r"^<!-- ([a-z]+)(?:: ([\w/]+))? -->$", re.MULTILINE)
ORDER = ("twins", "output", "diagram", "costs")  # each once on a pattern's page, each below its own heading
BESIDE = ("program", "output")  # with the name of a program beside the twins, wherever the page wants it
ANYWHERE = ("columns", "catalogue", "diagram")  # on pages that are no pattern's
NOTES = ("begin", "end", "file", "an excerpt of")  # comments that other tools read
PLACE = {"twins": 0, "output": 1, "diagram": 2, "costs": 4}  # directive → below which of the headings


_SIGN, _STOP = (
    "\u2014\u2026\u4e00-\u9fff",
    "\u3000-\u303f\uff00-\uffef",
)  # Chinese characters; their punctuation
_SEAM = re.compile(rf"(?<=[{_SIGN}{_STOP}])\n *(?=[{_SIGN}{_STOP}])|(?<=[{_STOP}])\n *(?=[A-Za-z\[]|`(?!``))")


@dataclass(frozen=True)
class Directive:
    """A place on a page where something is put that ran.

    Attributes:
        name: what is put there.
        argument: of which program or pattern, "" for the page's own.
    """

    name: str
    argument: str = ""

    def __str__(self) -> str:
        """The comment as it stands on the page."""
        return f"<!-- {self.name}: {self.argument} -->" if self.argument else f"<!-- {self.name} -->"


def directives(text: str) -> list[Directive]:
    """The directives of a page, in their order, known or not."""
    return [Directive(name, argument) for name, argument in DIRECTIVE.findall(without_fences(text))]


def headings(text: str, level: int) -> list[str]:
    """The headings of one level, in their order."""
    return re.findall(rf"^{'#' * level} (.+)$", without_fences(text), re.MULTILINE)


def slug(heading: str, separator: str = "-") -> str:
    """A heading as links name it, by the rule of the places where people read Markdown without a site."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", separator)


def joined(text: str) -> str:
    """A Chinese page whose lines are joined: where a browser sees the end of a line, it shows a space between the signs."""
    pieces = re.split(r"^( *)(```+|~~~+)(.*?^\1\2) *$", text, flags=re.MULTILINE | re.DOTALL)
    for place in range(0, len(pieces), 4):
        pieces[place] = _SEAM.sub("", pieces[place])
    return "".join(pieces)


def without_fences(text: str) -> str:
    """A page without its fenced blocks: a comment line of a shell is no heading."""
    return re.sub(r"^( *)(```+|~~~+).*?^\1\2 *$", "", text, flags=re.MULTILINE | re.DOTALL)


def faults(text: str, language: Language) -> list[str]:
    """What a pattern's page lacks, or has too much.

    Args:
        text: the page, as it is written.
        language: whose headings it must have.

    Returns:
        One sentence for each fault; none for a page that is as it should be.
    """
    return [*_headings_at_fault(text, language), *_directives_at_fault(text, language), *_code_at_fault(text)]


def prose_faults(text: str) -> list[str]:
    """What is wrong with a page that is no pattern's: a directive that nothing can be put in place of."""
    found = []
    plain = re.sub(r"`[^`\n]+`", "", without_fences(text))
    for comment in re.findall(r"<!--(.*?)-->", plain, re.DOTALL):
        name = comment.strip().partition(":")[0]
        if name not in (*ANYWHERE, *NOTES):
            found.append(f"unknown directive <!--{comment}-->")
    for directive in directives(text):
        if directive.name in ("columns", "diagram") and "/" not in directive.argument:
            found.append(f"{directive} must name a pattern")
    return found


def _headings_at_fault(text: str, language: Language) -> Iterator[str]:
    titles, wanted = headings(text, 1), list(WORDS[language].headings)
    if len(titles) != 1:
        yield f"has {len(titles)} headings of the first level, must have one"
    if (found := headings(text, 2)) != wanted:
        yield f"its headings are {found}, must be {wanted}"


def _directives_at_fault(text: str, language: Language) -> Iterator[str]:
    plain = without_fences(text)
    for comment in re.findall(r"<!--.*?-->", plain, re.DOTALL):
        match = DIRECTIVE.fullmatch(comment)
        known = match and (match[1] in BESIDE if match[2] else match[1] in ORDER)
        if not known:
            yield f"unknown directive {comment}"
        elif comment not in plain.splitlines():
            yield f"{comment} must stand alone on its line"
    own = [one.name for one in directives(text) if one.name in ORDER and not one.argument]
    if sorted(own) != sorted(ORDER):
        yield f"its directives are {own}, must be {list(ORDER)}"
        return
    sections = re.split(r"^## (.+)$", plain, flags=re.MULTILINE)
    below = dict(zip(sections[1::2], sections[2::2], strict=True))
    for name, place in PLACE.items():
        heading = WORDS[language].headings[place]
        if f"<!-- {name} -->" not in below.get(heading, ""):
            yield f"<!-- {name} --> must stand below {heading!r}"


def _code_at_fault(text: str) -> Iterator[str]:
    if re.search(r"^ *(?:```+|~~~+) *(?:python|py)\b", text, re.MULTILINE):
        yield "has a block of Python: every line of code comes from a file that ran"
