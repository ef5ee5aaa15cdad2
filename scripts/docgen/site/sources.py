"""Files of the project that pages link to: the site holds copies of them, as text that every browser shows."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from docgen.site.shape import DIRECTIVE, without_fences

__all__ = ["copy_of", "linked", "linked_outside", "to_other_language", "with_copies", "within_site"]

_LINK = re.compile(r"\]\((?![a-z]+:|#)([^)\s#]+)(#[^)\s]*)?\)")


def copy_of(path: str) -> str:
    """Where the site keeps a file of the project.

    Args:
        path: of the file, as seen from the project's folder.
    """
    return f"source/{path}.txt"


def linked_outside(root: Path, page: Path, text: str) -> dict[str, str]:
    """The links of a page that lead out of docs/.

    Args:
        root: the project's folder.
        page: the page.
        text: what stands on it.

    Returns:
        Each link as it is written, with the path of its file as seen from the project's folder.
    """
    found = {}
    for target, _ in _LINK.findall(without_fences(text)):
        path = (page.parent / target).resolve()
        if path.is_relative_to(root) and not path.is_relative_to(root / "docs"):
            found[target] = path.relative_to(root).as_posix()
    return found


def linked(root: Path, folder: Path) -> set[str]:
    """The files of the project that the pages of a folder link to, those of directives included.

    Raises:
        LookupError: a link leads to nothing, or to a folder.
    """
    found: set[str] = set()
    for page in sorted(folder.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        for target, path in linked_outside(root, page, text).items():
            if not (root / path).is_file():
                raise LookupError(f"{page.relative_to(root)} links to {target}, which is no file")
            found.add(path)
        about = PurePosixPath(page.relative_to(folder).as_posix()).with_suffix("")
        for name, argument in DIRECTIVE.findall(text):
            if name in ("twins", "program"):
                pattern, program = about.relative_to("catalogue").as_posix(), argument
            elif name == "columns":
                pattern, program = argument, ""
            else:
                continue
            files = [program] if program else ["with_multiprocessing", "with_mpi4py"]
            found |= {f"mpi_examples/{pattern}/{file}.py" for file in files}
    return found


def with_copies(root: Path, page: Path, text: str, site_path: str) -> str:
    """A page whose links out of docs/ lead to the site's copies.

    Args:
        root: the project's folder.
        page: the page.
        text: what stands on it.
        site_path: the page as seen from its language's folder, e.g. "catalogue/pools/pool_map.md".
    """
    up = "../" * site_path.count("/")
    for target, path in linked_outside(root, page, text).items():
        text = text.replace(f"]({target})", f"]({up}{copy_of(path)})")
        text = text.replace(f"]({target}#", f"]({up}{copy_of(path)}#")
    return text


_OTHER = re.compile(r"\]\(((?:\.\./)+)(en|zh)/([^)\s#]+)\.md(#[^)\s]*)?\)")
_MARK = "other-language:"  # MkDocs looks no further into what looks like an address of another kind


def to_other_language(text: str) -> str:
    """A page whose links into the other language are marked: MkDocs, which builds one, would not find them."""
    return _OTHER.sub(lambda link: f"]({_MARK}{link[2]}/{link[3]}.html{link[4] or ''})", text)


def within_site(html: str, site_path: str) -> str:
    """A page as HTML whose marked links lead across to the other language.

    Args:
        html: the page.
        site_path: the page as seen from its language's folder.
    """
    return html.replace(f'href="{_MARK}', 'href="' + "../" * (site_path.count("/") + 1))
