"""The shape of a pattern's page: what is taken, and how each fault is named."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from docgen.site import shape  # noqa: E402  # found only now
from docgen.site.words import LANGUAGES, WORDS, Language  # noqa: E402


def page(language: Language = "en") -> str:
    """A page that is as it should be."""
    below = {0: "<!-- twins -->", 1: "<!-- output -->", 2: "<!-- diagram -->", 4: "<!-- costs -->"}
    parts = ["# A heading of its own", "An introduction."]
    for place, heading in enumerate(WORDS[language].headings):
        parts += [f"## {heading}", below.get(place, "Prose."), "And more."]
    return "\n\n".join(parts) + "\n"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_whole_page_has_no_fault(language: Language) -> None:
    assert shape.faults(page(language), language) == []


def test_the_other_language_has_other_headings() -> None:
    assert shape.faults(page("zh"), "en")


@pytest.mark.parametrize("name", ["<!-- twins -->", "<!-- output -->", "<!-- diagram -->", "<!-- costs -->"])
def test_a_directive_that_is_not_there(name: str) -> None:
    (fault,) = shape.faults(page().replace(name, ""), "en")
    assert "its directives are" in fault


def test_a_directive_below_another_heading() -> None:
    text = page().replace("<!-- costs -->", "Prose.").replace("Prose.", "<!-- costs -->", 1)
    assert shape.faults(text, "en") == ["<!-- costs --> must stand below 'What it costs'"]


@pytest.mark.parametrize(
    "comment", ["<!-- twin -->", "<!-- costs: queue -->", "<!-- TODO: more -->", "<!--twins-->"]
)
def test_an_unknown_directive(comment: str) -> None:
    assert shape.faults(page() + comment + "\n", "en") == [f"unknown directive {comment}"]


def test_a_directive_within_a_line() -> None:
    text = page() + "Look: <!-- program: broken -->\n"
    assert shape.faults(text, "en") == ["<!-- program: broken --> must stand alone on its line"]


def test_programs_beside_the_twins_may_stand_anywhere() -> None:
    assert shape.faults(page() + "\n<!-- program: broken -->\n\n<!-- output: broken -->\n", "en") == []


@pytest.mark.parametrize("fence", ["```python", "```py", "~~~python", "    ```python"])
def test_code_that_never_ran(fence: str) -> None:
    (fault,) = shape.faults(f"{page()}\n{fence}\nprint()\n{fence.split('p')[0]}\n", "en")
    assert "comes from a file that ran" in fault


def test_a_comment_of_a_shell_is_no_heading() -> None:
    text = page() + "\n```console\n# a comment\n## another\n$ ls\n```\n"
    assert shape.faults(text, "en") == []
    assert "a comment" not in shape.headings(text, 1)


def test_two_headings_of_the_first_level() -> None:
    assert shape.faults(page() + "# Another\n", "en") == ["has 2 headings of the first level, must have one"]


def test_other_pages_may_show_patterns() -> None:
    assert shape.prose_faults("<!-- columns: processes/spawn -->\n\n<!-- begin: rooms (written) -->") == []
    assert shape.prose_faults("<!-- twins -->") == ["unknown directive <!-- twins -->"]
    assert shape.prose_faults("<!-- columns: spawn -->") == ["<!-- columns: spawn --> must name a pattern"]


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("The way of one item", "the-way-of-one-item"),
        ("Where do I put …", "where-do-i-put-"),
        ("何时会卡住", "何时会卡住"),
    ],
)
def test_headings_are_named_as_where_there_is_no_site(heading: str, name: str) -> None:
    assert shape.slug(heading) == name


def test_directives_are_written_as_they_are_read() -> None:
    text = "<!-- twins -->\n\n<!-- program: broken_both_send -->\n"
    assert re.findall(r"<!--.*-->", text) == [str(directive) for directive in shape.directives(text)]


def test_chinese_lines_are_joined_and_code_is_left_alone() -> None:
    text = "一行，\n又一行 MPI\n再一行；\n`code` 完。\n\n- 一项，\n  更多\n- 又一项\n\n```console\n一\n二\n```\n\n| 表 |\n"
    assert shape.joined(text) == (
        "一行，又一行 MPI\n再一行；`code` 完。\n\n- 一项，更多\n- 又一项\n\n```console\n一\n二\n```\n\n| 表 |\n"
    )
