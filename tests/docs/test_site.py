"""The site's own tools: links that are checked, files that are copied, and the navigation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from mpi_examples.catalogue import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from docgen.site import check, navigation, sources  # noqa: E402  # found only now
from docgen.site.words import LANGUAGES, WORDS, Language  # noqa: E402


def site(folder: Path, **pages: str) -> Path:
    for name, html in pages.items():
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return folder


def pages_in(menu: Any) -> list[str]:
    """The pages of a navigation, in order."""
    if isinstance(menu, str):
        return [menu]
    below = menu.values() if isinstance(menu, dict) else menu
    return [page for part in below for page in pages_in(part)]


# --- links --------------------------------------------------------------------------------------------------


def test_good_links_are_no_faults(tmp_path: Path) -> None:
    a = '<a href="b.html#place">b</a> <a href="#top">up</a> <p id="top"></p> <a href="https://example.org/">out</a>'
    assert check.faults(site(tmp_path, a=a, b='<h2 id="place">b</h2>')) == []


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<a href="c.html">c</a>', "a.html: links to c.html, which does not exist"),
        ('<a href="b.html#nowhere">b</a>', "a.html: links to b.html#nowhere, which has no such place"),
        ('<a href="#nowhere">b</a>', "a.html: links to #nowhere, which has no such place"),
        ('<p id="x"></p><p id="x"></p>', "a.html: the id 'x' is there twice"),
        ('<img src="c.png">', "a.html: links to c.png, which does not exist"),
        (
            '<script src="https://example.org/x.js"></script>',
            "a.html: loads https://example.org/x.js from elsewhere",
        ),
    ],
)
def test_each_fault_is_named(tmp_path: Path, html: str, fault: str) -> None:
    assert check.faults(site(tmp_path, a=html, b="")) == [fault]


def test_chinese_places_are_found(tmp_path: Path) -> None:
    assert check.faults(site(tmp_path, a='<h2 id="输出"></h2><a href="#%E8%BE%93%E5%87%BA">x</a>')) == []


# --- files of the project -----------------------------------------------------------------------------------


def test_links_out_of_docs_lead_to_copies() -> None:
    page = ROOT / "docs" / "en" / "catalogue" / "x" / "y.md"
    text = "See [queues](../../../../src/mpiprocessing/queues.py), [b](../b.md), [c](https://example.org)."
    copied = sources.with_copies(ROOT, page, text, "catalogue/x/y.md")
    assert "](../../source/src/mpiprocessing/queues.py.txt)" in copied
    assert "](../b.md)" in copied and "](https://example.org)" in copied


def test_a_link_to_a_file_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "docs" / "en").mkdir(parents=True)
    (tmp_path / "docs" / "en" / "a.md").write_text("[x](../../src/x.py)", encoding="utf-8")
    with pytest.raises(LookupError, match=r"links to \.\./\.\./src/x\.py, which is no file"):
        sources.linked(tmp_path, tmp_path / "docs" / "en")


def test_links_into_the_other_language() -> None:
    marked = sources.to_other_language("[house](../en/house.md#the-floors)")
    assert sources.within_site(f'<a href="{marked[8:-1]}">', "house.md") == (
        '<a href="../en/house.html#the-floors">'
    )


# --- the navigation -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_navigation_has_every_page_once_in_reading_order(language: Language) -> None:
    assert pages_in(navigation.navigation(language)) == navigation.all_pages()


@pytest.mark.parametrize("language", LANGUAGES)
def test_families_are_named_in_the_order_of_the_catalogue(language: Language) -> None:
    assert list(WORDS[language].families) == list(dict.fromkeys(pattern.family for pattern in CATALOGUE))


def test_what_is_not_there_is_not_in_the_navigation() -> None:
    assert pages_in(navigation.navigation("en", {"index.md", "faq.md"})) == ["index.md", "faq.md"]
